"""CSV bytes to a table: strict about the shape of every line, exact about every number.

Arrow's reader parses numbers to the nearest double, uses both cores and refuses lines with too few or too many cells,
which pandas' own reader fills up in silence. Only when it refuses is the file walked again, cell by cell, for the line.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as arrow  # type: ignore[import-untyped]

from descent.data.errors import ColumnError, TableError
from descent.data.reading.csv_cells import read_as, read_cells
from descent.data.spelling.marks import MISSING

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_RARE_DELIMITERS = ("^", "~", "\x1f", "\x1e", "\x01", "#", ":", "!", " ")
"""Taken only where the header has none of the usual ones, and every one of the first rows has as many of them."""
_LOOKED_AT = 50
LONGEST_LINE = 1 << 22
"""Bytes of a line, 4 MiB: hundreds of thousands of cells. A longer one is seldom a row of a table."""
_BLOCK = 1 << 22
_LONGEST_CELL = 1 << 30


def parse_csv(
    raw: bytes,
    where: str,
    missing: Sequence[str] = (),
    *,
    delimiter: str | None = None,
    texts: Collection[str] = (),
    numbers: Collection[str] | None = None,
) -> tuple[pa.Table, list[str]]:
    """The table, of which `frame_of` makes a frame, and notes on how it was read.

    Args:
        raw: the file, decompressed, as UTF-8.
        where: the file's name, for messages.
        missing: texts that mean no value in columns of numbers, beside the usual ones. Texts stay as they stand.
        delimiter: the character between cells; None to see it from the first rows.
        texts: columns that hold names, even if they look like numbers.
        numbers: the columns of plain numbers, where that is known; all others are then texts.

    Raises:
        TableError: empty, no rows, or a line that does not fit the header.
        ColumnError: two columns of the same name.
    """
    _check_lines(raw, where)
    given = delimiter is not None
    delimiter = delimiter or delimiter_of(raw)
    names = _header(raw, delimiter, where)
    if _ends_with_delimiter(raw, delimiter, len(names)):
        names.append("")
        start = len(raw) - len(raw.lstrip(b"\r\n"))
        end = min(at for at in (raw.find(b"\n", start), raw.find(b"\r", start), len(raw)) if at >= 0)
        raw = raw[:end] + delimiter.encode() + raw[end:]
    notes = []
    if delimiter != "," and not given:
        notes.append(f"columns are separated by {_DELIMITERS.get(delimiter, repr(delimiter))} (detected)")
    if raw.count(b'"') % 2:
        _find_open_quote(raw, delimiter, where)

    def read(raw: bytes, types: Mapping[str, Any], only: Sequence[str] | None) -> pa.Table:
        return _read(raw, delimiter, types, only, missing)

    try:
        table = read_cells(raw, read, delimiter, texts) if numbers is None else read_as(raw, read, numbers)
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        _find_ragged_line(raw, delimiter, where, len(names))
        raise TableError(f"{where}: not readable as CSV: {str(error).splitlines()[0]}") from None
    if table.num_columns == len(names):
        table = table.rename_columns(names)
    if table.num_rows == 0:
        raise TableError(f"{where}: only a header line, no rows: is the file complete?")
    if names[-1] == "" and len(names) > 1 and _is_empty(table.columns[-1]):
        table = table.remove_column(len(names) - 1)
        notes.append("the last column has neither a name nor values (a separator ends every line): left out")
    unnamed = [name or f"Unnamed: {index}" for index, name in enumerate(table.column_names)]
    return table.rename_columns(unnamed), notes


def _is_empty(column: Any) -> bool:
    return bool(
        column.null_count == len(column)
        or (pa.types.is_string(column.type) and set(column.unique().to_pylist()) <= {"", None})
    )


def frame_of(table: pa.Table) -> pd.DataFrame:
    """A table of Arrow as a frame; the table is empty afterwards, or its numbers would be in memory twice."""
    frame: pd.DataFrame = table.to_pandas(date_as_object=False, self_destruct=True)
    return frame


def rows_on_lines(raw: bytes) -> int:
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
                "have: is a line break lost, or is it another kind of file?"
            )
        line += raw.count(b"\n", at, end + 1)
        at = end + 1


def delimiter_of(raw: bytes) -> str:
    """The usual one that the header has most of; else a rare one that the first rows agree on; else a comma."""
    lines = [
        re.sub(r'"[^"]*"', "", line)
        for line in raw[: 1 << 20].decode("utf-8", "ignore").replace("\r", "\n").split("\n", _LOOKED_AT)[:_LOOKED_AT]
        if line.strip()
    ]
    if not lines:
        return ","
    usual = max(_DELIMITERS, key=lines[0].count)
    if usual in lines[0]:
        return usual
    for rare in _RARE_DELIMITERS:
        counts = {line.count(rare) for line in lines}
        if len(counts) == 1 and len(lines) > 1 and counts.pop() > 0:
            return rare
    return ","


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
            f"{where}: the column name {twice[0]!r} stands {len(places)} times in the header "
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
            strings_can_be_null=False, column_types=dict(types), include_columns=only,
        ),
    )  # fmt: skip


def _rows(raw: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number where a row begins, and its cells; of the file as text, a little is in memory at a time."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(raw), "utf-8", newline=""), delimiter=delimiter, strict=True)
    begins = 1
    for row in reader:
        yield begins, row
        begins = reader.line_num + 1


def _find_open_quote(raw: bytes, delimiter: str, where: str) -> None:
    """Raise if a quote is opened and never closed; odd quotes inside of cells (5" pipe) are no mistake."""
    line = 1
    try:
        for begins, row in _rows(raw, delimiter):
            line = begins + 1 + sum(cell.count("\n") for cell in row)
    except csv.Error as error:
        if "unexpected end" in str(error):
            raise TableError(
                f'{where}: line {line}: a quote (") is opened in this row and never closed: close it, or '
                "double the quotes that belong to the text"
            ) from None


def _find_ragged_line(raw: bytes, delimiter: str, where: str, width: int) -> None:
    begins = 1
    try:
        for begins, row in _rows(raw, delimiter):
            if row and len(row) != width:
                raise TableError(
                    f"{where}: line {begins} has {len(row)} cell{'s' * (len(row) != 1)}, the header has {width}: "
                    + (
                        "add what is missing"
                        if len(row) < width
                        else f"put quotes around texts with {delimiter!r} in them, or take out what is too much"
                    )
                    + f" ({_shown(row, delimiter)})"
                )
    except csv.Error as error:
        raise TableError(f"{where}: the row after line {begins} is broken: {error}") from None


def _shown(row: Sequence[str], delimiter: str) -> str:
    text = delimiter.join(row)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
