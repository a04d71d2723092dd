"""CSV bytes to a DataFrame: strict about the shape of every line, exact about every number.

Arrow's reader parses numbers to the nearest double, uses both cores and refuses lines with too few or too many cells,
which pandas' own reader fills up in silence. Only when it refuses is the file walked again, cell by cell, for the line.
"""

import csv
import io
import re
from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.csv as arrow  # type: ignore[import-untyped]

from .errors import ColumnError, TableError

# What pandas takes for "no value" (pandas.read_csv, na_values).
MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_BLOCK = 1 << 22
_LONGEST_CELL = 1 << 30


def parse_csv(raw: bytes, where: str, missing: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """The table and notes on how it was read.

    Args:
        raw: the file, decompressed.
        where: the file's name, for messages.
        missing: texts that mean no value, beside the usual ones; a lone ``?`` is recognised by itself.

    Raises:
        TableError: empty, not UTF-8, no rows, or a line that does not fit the header.
        ColumnError: two columns of the same name.
    """
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    _check_text(raw, where)
    delimiter, names = _header(raw, where)
    if _ends_with_delimiter(raw, delimiter, len(names)):
        names.append("")
        start = len(raw) - len(raw.lstrip(b"\r\n"))
        end = min(at for at in (raw.find(b"\n", start), raw.find(b"\r", start), len(raw)) if at >= 0)
        raw = raw[:end] + delimiter.encode() + raw[end:]
    notes = [] if delimiter == "," else [f"columns are separated by {_DELIMITERS[delimiter]}"]
    if raw.count(b'"') % 2:
        _find_open_quote(raw, delimiter, where)
    decimal = "," if delimiter == ";" and _has_decimal_commas(raw) else "."
    if decimal == ",":
        notes.append("numbers are written with a decimal comma")
    tokens = [*MISSING, *missing]
    table = _read(raw, where, delimiter, decimal, tokens, names)
    if marked := _question_marks(table) if b"?" in raw else {}:
        table = _read(raw, where, delimiter, decimal, [*tokens, "?"], names)
        cells = ", ".join(f"{name} ({count})" for name, count in list(marked.items())[:8])
        more = f" and {len(marked) - 8} more columns" if len(marked) > 8 else ""
        notes.append(f"cells that only say ? are read as missing: {cells}{more}")
    if table.num_rows == 0:
        raise TableError(f"{where}: only a header line, no rows: is the file complete?")
    if names[-1] == "" and len(names) > 1 and table.columns[-1].null_count == table.num_rows:
        table = table.remove_column(len(names) - 1)
        notes.append("the last column has neither a name nor values (a separator ends every line): left out")
    unnamed = [name or f"Unnamed: {index}" for index, name in enumerate(table.column_names)]
    return table.rename_columns(unnamed).to_pandas(date_as_object=False, ignore_metadata=True), notes


def _check_text(raw: bytes, where: str) -> None:
    if not raw.strip():
        raise TableError(f"{where}: the file is empty: is it complete?")
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\x00" in raw[:4096]:
        raise TableError(
            f"{where}: not a CSV in UTF-8 (it holds zero bytes, as UTF-16 or a binary file would): "
            "save it as CSV UTF-8 or as Parquet"
        )
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        shown = raw[raw.rfind(b"\n", 0, error.start) + 1 :][:60].split(b"\n")[0].decode("utf-8", "replace")
        raise TableError(
            f"{where}: line {line}: byte 0x{raw[error.start]:02x} is not UTF-8 text ({shown!r}): convert the "
            f"file, for instance with `iconv -f WINDOWS-1252 -t UTF-8`"
        ) from None


def _header(raw: bytes, where: str) -> tuple[str, list[str]]:
    """Delimiter and column names; the delimiter is the one that the header has most of, a comma when in doubt."""
    lines = io.StringIO(raw[: 1 << 20].decode("utf-8", "ignore"), newline="")
    first = next((line for line in lines if line.strip()), "")
    bare = re.sub(r'"[^"]*"', "", first)
    delimiter = max(_DELIMITERS, key=bare.count)
    csv.field_size_limit(_LONGEST_CELL)  # of the whole process; the default refuses cells over 128 kB
    lines.seek(0)
    cells = next(row for row in csv.reader(lines, delimiter=delimiter) if any(cell.strip() for cell in row))
    names = [cell if cell.strip() else "" for cell in cells]
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        places = [str(index + 1) for index, name in enumerate(names) if name == twice[0]]
        raise ColumnError(
            f"{where}: the column name {twice[0]!r} stands {len(places)} times in the header "
            f"(columns {', '.join(places)}): rename or remove all but one"
        )
    return delimiter, names


def _ends_with_delimiter(raw: bytes, delimiter: str, width: int) -> bool:
    """Whether the rows end with a delimiter that the header lacks: seen from the first, held against all of them."""
    rows = (row for _, row in _rows(raw, delimiter) if row)
    next(rows, None)
    try:
        first = next(rows, [])
        if len(first) != width + 1 or first[-1].strip():
            return False
        return all(len(row) == width + 1 and not row[-1].strip() for row in rows)
    except csv.Error:
        return False


def _has_decimal_commas(raw: bytes) -> bool:
    head = raw[: 1 << 16]
    return len(re.findall(rb"[;\n]-?\d+,\d+(?=[;\r\n])", head)) > len(re.findall(rb"[;\n]-?\d+\.\d+(?=[;\r\n])", head))


def _read(raw: bytes, where: str, delimiter: str, decimal: str, tokens: Sequence[str], names: list[str]) -> pa.Table:
    spaced = [*tokens, *(f" {token}" for token in tokens)]  # "a, NA": some files put a space after the comma
    try:
        table = arrow.read_csv(
            pa.BufferReader(raw),
            arrow.ReadOptions(block_size=max(_BLOCK, min(len(raw), 1 << 28)) if b'"' in raw else _BLOCK),
            arrow.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in raw),
            arrow.ConvertOptions(null_values=spaced, strings_can_be_null=True, decimal_point=decimal),
        )
    except (pa.ArrowInvalid, pa.ArrowKeyError) as error:
        _find_ragged_line(raw, delimiter, where, len(names))
        raise TableError(f"{where}: not readable as CSV: {str(error).splitlines()[0]}") from None
    return table.rename_columns(names) if table.num_columns == len(names) else table


def _question_marks(table: pa.Table) -> dict[str, int]:
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    counts = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type):
            count = pc.sum(pc.equal(pc.utf8_trim_whitespace(column), "?")).as_py() or 0
            if count:
                counts[name] = count
    return counts


def _rows(raw: bytes, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """Line number where a row begins, and its cells."""
    reader = csv.reader(io.StringIO(raw.decode("utf-8"), newline=""), delimiter=delimiter, strict=True)
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
