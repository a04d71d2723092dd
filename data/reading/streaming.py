"""The rows of a table some at a time, whatever its size: for predictions, which need no row to know of another.

Parquet is read by batches. A CSV is cut at the ends of lines, and each piece is read by the reader that reads whole
files, so a cell means the same in both. What is neither (a database, a URL, another encoding than UTF-8, lines that end
in carriage returns alone) is read whole.
"""

import codecs
import gzip
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from descent.data.errors import TableError
from descent.data.reading.compression import GZIP, ZSTD
from descent.data.reading.csv_text import frame_of, parse_csv, parse_plain
from descent.data.reading.dialect import NO_HEADER, UNSAID, Dialect, line_start, plain, runs_as_tabs
from descent.data.reading.large import LargeTable
from descent.data.reading.quotes import unescaped
from descent.data.reading.sniffer import HEAD, sniff
from descent.data.reading.sources import is_url
from descent.data.reading.tables import read_cells_of

PIECE = 1 << 24
"""Bytes of CSV in memory at a time: 16 MiB."""


def stream(
    source: str,
    where: str,
    missing: Sequence[str] = (),
    numbers: Collection[str] = (),
    dialect: Dialect = UNSAID,
    known: Collection[str] = (),
) -> Iterator[pd.DataFrame]:
    """Frames that together are the table, in its order, numbered through from 0, with the cells as they stand.

    ``numbers`` are the columns of plain numbers: of a CSV, all others are texts, whatever they look like. ``missing``
    are texts that mean no value in them. ``dialect`` and ``known`` as of `data.read_table`.

    Raises:
        TableError: as `data.read_table`; rows before the damage have been given by then.
    """
    large = LargeTable.open(source, where, missing)
    if large is not None:
        for first, table in large.tables():
            frame = table.to_pandas(date_as_object=False, ignore_metadata=True, types_mapper=_exact(table))
            frame.index = pd.RangeIndex(first, first + len(frame))
            yield frame
        return

    def whole() -> pd.DataFrame:
        return read_cells_of(source, where, missing, dialect=dialect, known=known, numbers=numbers).frame

    path = Path(source).expanduser()
    if is_url(source) or not path.is_file():
        yield whole()
        return
    first = 0
    for piece in _pieces(path, where, dialect, known):
        if not _is_utf8(piece.raw):  # the rows before it are ASCII, the same in all encodings, or the reader refuses
            yield whole().iloc[first:]
            return
        if piece.delimiter is None:
            table = parse_csv(piece.raw, where, missing, dialect=dialect, known=known, numbers=numbers).table
        else:
            delimiter, before = piece.delimiter, piece.before
            table = parse_plain(piece.raw, where, missing, delimiter=delimiter, before=before, numbers=numbers).table
        frame = frame_of(table)
        frame.index = pd.RangeIndex(first, first + len(frame))
        first += len(frame)
        yield frame


def _exact(table: Any) -> Any:
    """Whole numbers with empty cells among them stay whole: as floats, large ones would fall together."""
    gaps = any(pa.types.is_integer(column.type) and column.null_count for column in table.columns)
    return {pa.int64(): pd.Int64Dtype()}.get if gaps else None


class _Piece(NamedTuple):
    """Whole lines behind the header, with the delimiter; all of a file without line feeds, the delimiter being None."""

    raw: bytes
    delimiter: str | None
    before: int = 0
    """Lines of the file before, as `csv_text.parse_plain` counts them."""


def _pieces(path: Path, where: str, dialect: Dialect, known: Collection[str]) -> Iterator[_Piece]:
    with path.open("rb") as file, _unpacking(file) as text:
        head = _read(text, max(PIECE, HEAD), where).removeprefix(codecs.BOM_UTF8)
        lines = head[: head.rfind(b"\n") + 1]
        if not _is_utf8(lines) or not lines.strip():
            yield _Piece(head + _read(text, None, where), None)
            return
        seen = sniff(head, where, dialect, known)
        bare = seen.dialect.header == NO_HEADER
        header, _ = _first_line(plain(lines, seen.dialect, seen.first))
        body = head[line_start(head, seen.first) :]
        if not bare:
            body = _first_line(body)[1]
        if not body:  # a header alone
            yield _Piece(head + _read(text, None, where), None)
            return
        before, ready, rest, delimiter = seen.first - 1 - bare, b"", b"", str(seen.dialect.delimiter)
        for block in _blocks(text, body, where):
            rest += block
            cut = rest.rfind(b"\n") + 1 if block else len(rest)
            ready, rest = ready + _lines_of(rest[:cut], seen.dialect), rest[cut:]
            end = _end_of_lines(ready) if block else len(ready)
            if ready[:end].strip():
                yield _Piece(header + ready[:end], delimiter, before)
            before, ready = before + ready.count(b"\n", 0, end), ready[end:]


def _blocks(text: Any, body: bytes, where: str) -> Iterator[bytes]:
    """What was read already, what is still to be read, and an empty block at the end."""
    for start in range(0, len(body), PIECE):
        yield body[start : start + PIECE]
    while block := _read(text, PIECE, where):
        yield block
    yield b""


def _lines_of(raw: bytes, dialect: Dialect) -> bytes:
    """Whole lines in the plain dialect."""
    if dialect.blanks:
        raw = runs_as_tabs(raw, dialect.blanks)
    return unescaped(raw, str(dialect.delimiter))[0]


def _read(text: Any, size: int | None, where: str) -> bytes:
    try:
        return bytes(text.read(size))
    except (OSError, EOFError, zlib.error, pa.ArrowException) as error:
        raise TableError(f"{where}: the file is damaged or cut off ({error}): fetch it again") from None


def _unpacking(file: Any) -> Any:
    start = file.read(4)
    file.seek(0)
    if start[:2] == GZIP:
        return gzip.GzipFile(fileobj=file)
    return pa.CompressedInputStream(file, "zstd") if start == ZSTD else nullcontext(file)


def _is_utf8(piece: bytes) -> bool:
    try:
        piece.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return b"\x00" not in piece


def _first_line(block: bytes) -> tuple[bytes, bytes]:
    """The header with its line feed, blank lines before it left out, and the rest; quotes may hold line feeds."""
    block = block.lstrip(b"\r\n")
    at = quotes = 0
    while (end := block.find(b"\n", at)) >= 0:
        quotes += block.count(b'"', at, end)
        at = end + 1
        if quotes % 2 == 0:
            return block[:at], block[at:]
    return block, b""


def _end_of_lines(text: bytes) -> int:
    """Behind the last line feed that is not inside quotes; 0 if there is none. The text begins outside of quotes."""
    end = text.rfind(b"\n") + 1
    while end and text.count(b'"', 0, end) % 2:
        end = text.rfind(b"\n", 0, end - 1) + 1
    return end
