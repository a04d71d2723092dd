"""A file becomes a table: read once, so that the digest belongs to exactly the bytes that were parsed."""

import gzip
import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from .cells import to_dates
from .csv_text import parse_csv
from .errors import ColumnError, TableError
from .names import find_column

SUFFIXES = (".csv", ".csv.gz", ".tsv", ".tsv.gz", ".txt", ".parquet", ".pq")
_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook: unpack it, or save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV UTF-8",
    b"BZh": "compressed with bzip2: unpack it, or compress it with gzip",
    b"\xfd7zXZ": "compressed with xz: unpack it, or compress it with gzip",
    b"(\xb5/\xfd": "compressed with Zstandard: unpack it, or compress it with gzip",
    b"ARROW1": "an Arrow file: save it as Parquet",
    b"SQLite format 3": "an SQLite database: export the table as CSV",
}


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in its file.

    Attributes:
        frame: all rows and columns; numbers as numbers, texts as `str`, dates as `datetime64`, missing cells as such.
        digest: SHA-256 of the file's bytes, hexadecimal.
        path: where it was read.
        missing: texts that the user said mean no value, beside the usual ones and ``?``.
        notes: what the user should know about how it was read.
        lines: whether row i stands on line i + 2 of the file (a CSV without empty lines or line breaks inside cells).
    """

    frame: pd.DataFrame
    digest: str
    path: Path
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: bool = False

    @property
    def name(self) -> str:
        """The path as the user wrote it."""
        return str(self.path)

    def row(self, position: int) -> str:
        """How to call a row in a message: counted from 1 below the header, with its line in the file where known."""
        return f"row {position + 1}" + (f" (line {position + 2})" if self.lines else "")


def read_table(source: str | Path, missing: Sequence[str] = ()) -> Table:
    """Read a CSV, a gzipped CSV or a Parquet file; which of them, the first bytes say.

    Args:
        source: path of the file.
        missing: texts that mean no value, such as ``unknown`` or ``-999``; in columns of numbers they are compared as
            numbers. The usual ones (``NA``, ``null``, an empty cell, …) and a lone ``?`` need not be listed.

    Raises:
        TableError: no such file, a folder, empty, damaged, not UTF-8, or a line that does not fit the header.
        ColumnError: two columns of the same name.
    """
    path = Path(source).expanduser()
    raw = _bytes_of(path)
    digest = hashlib.sha256(raw).hexdigest()
    where = str(path)
    lines = False
    if raw[:4] == b"PAR1" or path.suffix in (".parquet", ".pq"):
        frame, notes = _parse_parquet(raw, where)
    else:
        if raw[:2] == b"\x1f\x8b":
            raw = _decompress(raw, where)
        for magic, what in _FOREIGN.items():
            if raw.startswith(magic):
                raise TableError(f"{where}: not a CSV or Parquet file but {what}")
        frame, notes = parse_csv(raw, where, missing)
        lines = raw.rstrip(b"\r\n").count(b"\n") == len(frame)
    frame, more = _plain_columns(frame)
    frame = _without_missing_tokens(frame, missing)
    return Table(frame, digest, path, tuple(missing), (*notes, *more), lines)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise TableError(f"{path}: no such file{_similar_file(path)}") from None
    except IsADirectoryError:
        tables = sorted(entry.name for entry in path.iterdir() if entry.name.endswith(SUFFIXES))
        hint = f"it holds {', '.join(tables[:8])}" if tables else "it holds no CSV or Parquet file"
        raise TableError(f"{path}: a folder, not a file: {hint}; name one file") from None
    except OSError as error:
        raise TableError(f"{path}: cannot be read: {error.strerror or error}") from None


def _similar_file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        return f": the folder {folder} does not exist either"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(SUFFIXES))
    near = get_close_matches(path.name, names, n=1) or [name for name in names if name.startswith(path.stem + ".")][:1]
    return f": did you mean {folder / near[0]}?" if near else ": check the path (it starts in the current folder)"


def _decompress(raw: bytes, where: str) -> bytes:
    try:
        return gzip.decompress(raw)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError(f"{where}: the gzip file is damaged or cut off ({error}): fetch it again") from None


def _parse_parquet(raw: bytes, where: str) -> tuple[pd.DataFrame, list[str]]:
    from pyarrow import parquet

    if not raw:
        raise TableError(f"{where}: the file is empty: is it complete?")
    try:
        # ignore_metadata: an index that pandas stored is a column like every other
        table = parquet.read_table(pa.BufferReader(raw))
    except (pa.ArrowException, OSError) as error:
        raise TableError(
            f"{where}: not readable as Parquet ({str(error).splitlines()[0].rstrip('.')}): "
            "is the file complete, and really Parquet?"
        ) from None
    notes = []
    for index in reversed(range(table.num_columns)):
        field = table.schema.field(index)
        if pa.types.is_nested(field.type) or pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            table = table.remove_column(index)
            notes.append(f"column {field.name!r} is left out: cells of type {field.type} are neither number nor text")
    names = table.column_names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ColumnError(
            f"{where}: the column name {twice[0]!r} stands {names.count(twice[0])} times: rename or remove all but one"
        )
    if table.num_rows == 0:
        raise TableError(f"{where}: the table has columns but no rows: is it complete?")
    return table.to_pandas(date_as_object=False, ignore_metadata=True), notes


def _plain_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Every column as float, int, bool, `str` or naive datetime; infinite numbers become missing and are noted."""
    columns, infinite = {}, {}
    for name, column in frame.items():
        columns[str(name)] = plain = plain_column(column)
        if plain.dtype.kind == "f":
            values = plain.to_numpy()
            count = int(np.isinf(values).sum())
            if count:
                infinite[str(name)] = count
                columns[str(name)] = plain.where(np.isfinite(values))
    notes = []
    if infinite:
        cells = ", ".join(f"{name} ({count})" for name, count in infinite.items())
        notes.append(f"infinite numbers are treated as missing: {cells}")
    return pd.DataFrame(columns, index=frame.index), notes


def plain_column(column: pd.Series) -> pd.Series:
    """One column in one of the five kinds that the rest of the package knows."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return plain_column(column.astype(dtype.categories.dtype if not column.isna().any() else object))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return to_dates(column)[0]
    if dtype.kind == "m":
        return pd.Series(column.dt.total_seconds())
    if pd.api.types.is_bool_dtype(dtype):
        return column.astype("bool") if not column.isna().any() else _texts(column)
    if pd.api.types.is_numeric_dtype(dtype):
        if isinstance(dtype, np.dtype):
            return column.astype("float64") if dtype.kind == "f" else column
        return column.astype("float64") if column.isna().any() or dtype.kind == "f" else column.astype("int64")
    if pd.api.types.is_object_dtype(dtype):
        return _plain_object(column)
    return column


def _plain_object(column: pd.Series) -> pd.Series:
    present = column.dropna()
    if present.empty:
        return pd.Series(np.nan, index=column.index, dtype="float64")
    kind = pd.api.types.infer_dtype(present)
    if kind in ("decimal", "integer", "floating", "mixed-integer-float"):
        return column.astype("float64")
    if kind in ("date", "datetime", "datetime64"):
        return plain_column(pd.to_datetime(column, utc=True, format="mixed"))
    return _texts(column)


def _texts(column: pd.Series) -> pd.Series:
    return column.map(str, na_action="ignore").astype("str")


def _without_missing_tokens(frame: pd.DataFrame, missing: Sequence[str]) -> pd.DataFrame:
    """Cells that equal one of the tokens become missing; ``-999`` also meets the number -999.0."""
    if not missing:
        return frame
    numbers = [number for number in map(_number, missing) if number is not None]
    columns = {}
    for name, column in frame.items():
        hit = (
            column.isin(numbers if column.dtype.kind in "iuf" else list(missing)) if column.dtype.kind != "M" else None
        )
        columns[name] = column if hit is None or not hit.any() else column.mask(hit)
    return pd.DataFrame(columns, index=frame.index)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


__all__ = ["SUFFIXES", "Table", "find_column", "plain_column", "read_table"]
