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
from typing import Any

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from descent.data.errors import TableError
from descent.data.reading.compression import GZIP, ZSTD
from descent.data.reading.csv_text import delimiter_of, frame_of, parse_csv
from descent.data.reading.large import LargeTable
from descent.data.reading.sources import is_url
from descent.data.reading.tables import read_cells_of

PIECE = 1 << 24
"""Bytes of CSV in memory at a time: 16 MiB."""


def stream(
    source: str, where: str, missing: Sequence[str] = (), numbers: Collection[str] = ()
) -> Iterator[pd.DataFrame]:
    """Frames that together are the table, in its order, numbered through from 0, with the cells as they stand.

    ``numbers`` are the columns of plain numbers: of a CSV, all others are texts, whatever they look like. ``missing``
    are texts that mean no value in them.

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
    path = Path(source).expanduser()
    if is_url(source) or not path.is_file():
        yield read_cells_of(source, where, missing, numbers=numbers).frame
        return
    first = 0
    for piece, delimiter in _pieces(path, where):
        if not _is_utf8(piece):  # the rows before it are ASCII, the same in all encodings, or the reader refuses
            yield read_cells_of(source, where, missing, numbers=numbers).frame.iloc[first:]
            return
        frame = frame_of(parse_csv(piece, where, missing, delimiter=delimiter, numbers=numbers)[0])
        frame.index = pd.RangeIndex(first, first + len(frame))
        first += len(frame)
        yield frame


def _exact(table: Any) -> Any:
    """Whole numbers with empty cells among them stay whole: as floats, large ones would fall together."""
    gaps = any(pa.types.is_integer(column.type) and column.null_count for column in table.columns)
    return {pa.int64(): pd.Int64Dtype()}.get if gaps else None


def _pieces(path: Path, where: str) -> Iterator[tuple[bytes, str]]:
    """Whole lines behind the header, with the delimiter; all of a file without line feeds."""
    rest = header = b""
    delimiter = ""
    with path.open("rb") as file, _unpacking(file) as text:
        while True:
            block = _read(text, PIECE, where)
            if not header:
                block = block.removeprefix(codecs.BOM_UTF8)
                delimiter = delimiter_of(block)
                header, rest = _first_line(block)
                block = b""
                if not rest:  # a header alone, an empty file, or lines that end in carriage returns
                    yield header + _read(text, None, where), delimiter
                    return
            elif not block:
                if rest.strip():
                    yield header + rest, delimiter
                return
            rest += block
            end = _end_of_lines(rest)
            if end:
                if rest[:end].strip():
                    yield header + rest[:end], delimiter
                rest = rest[end:]


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
