"""CSV bytes to a table: strict about the shape of every line, exact about every number.

Arrow's reader parses numbers to the nearest double, uses both cores and refuses lines with too few or too many cells,
which pandas' own reader fills up in silence. Only when it refuses is the file walked again, cell by cell, for the line.
"""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as arrow  # type: ignore[import-untyped]

from descent.data.errors import ColumnError, TableError
from descent.data.reading.csv_cells import read_as, read_cells
from descent.data.reading.dialect import NO_HEADER, UNSAID, Dialect, plain, shown, without_comments
from descent.data.reading.quotes import check_breaks, check_quotes, unescaped
from descent.data.reading.sniffer import sniff
from descent.data.spelling.marks import MISSING

LONGEST_LINE = 1 << 22
"""Bytes of a line, 4 MiB: hundreds of thousands of cells. A longer one is seldom a row of a table."""
_BLOCK = 1 << 22
_LONGEST_CELL = 1 << 30


class Parsed(NamedTuple):
    """A CSV as a table of Arrow, of which `frame_of` makes a frame."""

    table: pa.Table
    notes: list[str]
    """How it was read."""
    line: int
    """Where the first row stands in the file, if every row stands on a line of its own from there on; else 0."""


def parse_csv(
    raw: bytes,
    where: str,
    missing: Sequence[str] = (),
    *,
    dialect: Dialect = UNSAID,
    known: Collection[str] = (),
    texts: Collection[str] = (),
    numbers: Collection[str] | None = None,
) -> Parsed:
    """A CSV in whatever dialect: see `sniffer.sniff`.

    Args:
        raw: the file, decompressed, as UTF-8.
        where: the file's name, for messages.
        missing: texts that mean no value in columns of numbers, beside the usual ones. Texts stay as they stand.
        dialect: what the user said of how the file is written.
        known: names that the header must have, where they are known.
        texts: columns that hold names, even if they look like numbers.
        numbers: the columns of plain numbers, where that is known; all others are then texts.

    Raises:
        TableError: empty, no rows, a line that does not fit the header, a quote in disorder, or no header.
        ColumnError: two columns of the same name.
    """
    _check_lines(raw, where)
    seen = sniff(raw, where, dialect, known)
    bare = seen.dialect.header == NO_HEADER
    raw = plain(raw, seen.dialect, seen.first)
    delimiter, before = str(seen.dialect.delimiter), seen.first - 1 - bare
    parsed = parse_plain(raw, where, missing, delimiter=delimiter, before=before, texts=texts, numbers=numbers)
    return parsed._replace(notes=[*seen.notes, *parsed.notes])


def parse_plain(
    raw: bytes,
    where: str,
    missing: Sequence[str] = (),
    *,
    delimiter: str = ",",
    before: int = 0,
    texts: Collection[str] = (),
    numbers: Collection[str] | None = None,
) -> Parsed:
    """A CSV that begins with its header, as `dialect.plain` makes it; ``before`` are lines of the file before it.

    Raises:
        TableError, ColumnError: as `parse_csv`.
    """
    notes = []
    raw, escaped = unescaped(raw, delimiter)
    if escaped:
        notes.append('a backslash before a quote or a delimiter is read as part of the text: \\" is "')
    names = _header(raw, delimiter, where)
    raw, comments = without_comments(raw, delimiter, len(names))
    if comments:
        notes.append(f"{comments:,} line{'s that begin' if comments > 1 else ' that begins'} with # left out")
    if _ends_with_delimiter(raw, delimiter, len(names)):
        names.append("")
        start = len(raw) - len(raw.lstrip(b"\r\n"))
        end = min(at for at in (raw.find(b"\n", start), raw.find(b"\r", start), len(raw)) if at >= 0)
        raw = raw[:end] + delimiter.encode() + raw[end:]
    check_quotes(raw, delimiter, where, before)

    def read(raw: bytes, types: Mapping[str, Any], only: Sequence[str] | None) -> pa.Table:
        return _read(raw, delimiter, types, only, missing)

    try:
        table = read_cells(raw, read, delimiter, texts) if numbers is None else read_as(raw, read, numbers)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        _find_ragged_line(raw, delimiter, where, len(names), before)
        raise TableError(f"{where}: not readable as CSV: {str(error).splitlines()[0]}") from None
    if table.num_columns == len(names):
        table = table.rename_columns(names)
    if table.num_rows == 0:
        raise TableError(f"{where}: only a header line, no rows: is the file complete?")
    lines = _rows_on_lines(raw)
    line = before + 2 if not comments and lines == table.num_rows else 0
    notes += check_breaks(raw, delimiter, where, before, len(names), lines - table.num_rows)
    if names[-1] == "" and len(names) > 1 and _is_empty(table.columns[-1]):
        table = table.remove_column(len(names) - 1)
        notes.append("the last column has neither a name nor values (a separator ends every line): left out")
    unnamed = [name or f"Unnamed: {index}" for index, name in enumerate(table.column_names)]
    return Parsed(table.rename_columns(unnamed), notes, line)


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A table of Arrow as a frame; the table is empty afterwards, or its numbers would be in memory twice."""
    frame: pd.DataFrame = table.to_pandas(date_as_object=False, self_destruct=True)
    return frame


def _rows_on_lines(raw: bytes) -> int:
    """How many lines follow the header, empty ones at the end left out."""
    end = len(raw)
    while end and raw[end - 1] in b"\r\n":
        end -= 1
    return raw.count(b"\n", 0, end)


def _check_lines(raw: bytes, where: str) -> None:
    """Raise for an empty file, and for a line beyond `LONGEST_LINE`: each step goes to the last line end within it."""
    if not raw or raw.isspace():
        raise TableError(f"{where}: the file is empty: is it complete?")
    at, line = 0, 1
    while len(raw) - at > LONGEST_LINE:
        end = max(raw.rfind(b"\n", at, at + LONGEST_LINE), raw.rfind(b"\r", at, at + LONGEST_LINE))
        if end < 0:
            rest = min(found for found in (raw.find(b"\n", at), raw.find(b"\r", at), len(raw)) if found >= 0) - at
            raise TableError(
                f"{where}: line {line} has {rest:,} bytes, more than the {LONGEST_LINE:,} that a row of a table may "
                "have: is a line break missing, or is it another kind of file?"
            )
        line += raw.count(b"\n", at, end + 1)
        at = end + 1


def _header(raw: bytes, delimiter: str, where: str) -> list[str]:
    """Column names; an empty text for one that is blank."""
    csv.field_size_limit(_LONGEST_CELL)  # of the whole process; the default refuses cells over 128 kB
    lines = io.TextIOWrapper(io.BytesIO(raw[:LONGEST_LINE]), "utf-8", "ignore", newline="")
    try:
        cells = next(row for row in csv.reader(lines, delimiter=delimiter) if any(cell.strip() for cell in row))
    except (csv.Error, StopIteration) as error:
        raise TableError(f"{where}: the header line cannot be read ({str(error) or 'no column has a name'})") from None
    names = [cell if cell.strip() else "" for cell in cells]
    counts = Counter(name for name in names if name)
    if twice := sorted(name for name, count in counts.items() if count > 1):
        places = [str(index + 1) for index, name in enumerate(names) if name == twice[0]]
        raise ColumnError(
            f"{where}: the column name {twice[0]!r} occurs {len(places)} times in the header "
            f"(columns {', '.join(places[:8])}{', …' * (len(places) > 8)}): rename or remove all but one"
        )
    return names


def _ends_with_delimiter(raw: bytes, delimiter: str, width: int) -> bool:
    """Whether the rows end with a delimiter that the header lacks: seen from the first, held against all of them."""
    rows = (row for _, row in _rows(raw, delimiter) if row)
    try:
        next(rows, None)
        first = next(rows, [])
        if len(first) != width + 1 or first[-1].strip():
            return False
        return all(len(row) == width + 1 and not row[-1].strip() for row in rows)
    except csv.Error:
        return False


def _is_empty(column: Any) -> bool:
    if column.null_count == len(column):
        return True
    return bool(pa.types.is_string(column.type) and set(column.unique().to_pylist()) <= {"", None})


def _read(
    raw: bytes, delimiter: str, types: Mapping[str, Any], only: Sequence[str] | None, missing: Sequence[str]
) -> pa.Table:
    """Texts as they stand; of what means no value, columns of numbers alone are cleared.

    Raises:
        pa.ArrowInvalid: a line does not fit the header, or a cell its type.
    """
    tokens = [*MISSING, *missing]
    return arrow.read_csv(
        pa.BufferReader(raw),
        arrow.ReadOptions(block_size=max(_BLOCK, min(len(raw), 1 << 28)) if b'"' in raw else _BLOCK),
        arrow.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in raw),
        arrow.ConvertOptions(
            null_values=[*tokens, *(f" {token}" for token in tokens)],  # "a, NA": some put a space after the comma
            strings_can_be_null=False,
            column_types=dict(types),
            include_columns=only,
        ),
    )


def _rows(raw: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number where a row begins, and its cells; of the file as text, a little is in memory at a time."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(raw), "utf-8", newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for row in reader:
        yield begins, row
        begins = reader.line_num + 1


def _find_ragged_line(raw: bytes, delimiter: str, where: str, width: int, before: int) -> None:
    begins = 1
    try:
        for begins, row in _rows(raw, delimiter):
            if row and len(row) != width:
                raise TableError(
                    f"{where}: line {before + begins} has {len(row)} cell{'s' * (len(row) != 1)}, the header has "
                    f"{width}: "
                    + (
                        "add the missing cells"
                        if len(row) < width
                        else f"put quotes around texts with {delimiter!r} in them, or remove the extra cells"
                    )
                    + f" ({shown(row, delimiter)})"
                )
    except csv.Error as error:
        raise TableError(f"{where}: the row after line {before + begins} is broken: {error}") from None
