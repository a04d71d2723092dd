"""A source becomes a table: read once, so that the digest belongs to exactly what was parsed."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from descent.data.cells import numbers_among, to_dates
from descent.data.errors import ColumnError, TableError
from descent.data.names import find_column
from descent.data.reading.compression import unpack
from descent.data.reading.csv_text import delimiter_of, frame_of, parse_csv, rows_on_lines
from descent.data.reading.encoding import to_utf8
from descent.data.reading.parquet import parse_parquet
from descent.data.reading.sources import SUFFIXES, Files, is_url, read_files
from descent.data.reading.sql import is_database, read_query
from descent.data.spelling.marks import texts_of_none

if TYPE_CHECKING:
    from descent.data.reading.large import LargeTable

_FOREIGN = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook: unpack it, or save the sheet as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV UTF-8",
    b"BZh": "compressed with bzip2: unpack it, or compress it with gzip",
    b"\xfd7zXZ": "compressed with xz: unpack it, or compress it with gzip",
    b"ARROW1": "an Arrow file: save it as Parquet",
    b"SQLite format 3": "an SQLite database: name it as sqlite:///path in data.source, with a data.query",
}


@dataclass(frozen=True, eq=False)
class Table:
    """A table as it stands in its source.

    Attributes:
        frame: all rows and columns; numbers as numbers, texts as `str`, dates as `datetime64`, missing cells as such.
        digest: SHA-256 of the file's bytes, hexadecimal; of names and contents for a folder, of the cells for the rest.
        path: how to call the source in messages: as the user wrote it, but for passwords.
        missing: texts that the user said mean no value, beside the usual ones and ``?``.
        notes: what the user should know about how it was read.
        keep: of the usual texts for no value, those that are values in columns of texts.
        lines: whether row i stands on line i + 2 of the file (a CSV without empty lines or line breaks inside cells).
        whole: the table itself, where ``frame`` is but a sample of its rows, and ``rows`` their numbers in it.
        complete: whether ``frame`` holds all rows that have a target.
        marked: of each column of texts, the cells that said so that they have no value, by text: ``NA``, 12.
        doubtful: whether ``1,234`` may as well be a decimal, as in a CSV with semicolons.
    """

    frame: pd.DataFrame
    digest: str
    path: str
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    lines: bool = False
    whole: "LargeTable | None" = None
    rows: NDArray[np.intp] | None = None
    keep: tuple[str, ...] = ()
    complete: bool = True
    marked: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    doubtful: bool = False

    def row(self, position: int) -> str:
        """How to call a row in a message: counted from 1 below the header, with its line in the file where known."""
        return f"row {position + 1}" + (f" (line {position + 2})" if self.lines else "")


def read_table(
    source: str | Path,
    missing: Sequence[str] = (),
    *,
    keep: Sequence[str] = (),
    delimiter: str | None = None,
    encoding: str | None = None,
    query: str | None = None,
    name: str | None = None,
    texts: Collection[str] = (),
) -> Table:
    """Read a CSV (plain, gzip or Zstandard), Parquet (a file or a folder), or what a query gives.

    What a file is, its first bytes say.

    Args:
        source: a path, a URL that fsspec can open, or a database's URL of SQLAlchemy.
        missing: texts that mean no value, such as ``unknown`` or ``-999``; in columns of numbers they are compared as
            numbers. The usual ones (``NA``, ``null``, an empty cell, …) and a lone ``?`` need not be listed.
        keep: of the usual ones, those that are values in columns of texts.
        delimiter, encoding: of a CSV; None to detect them.
        query: what to ask a database.
        name: how to call the source in messages, where it holds a password.
        texts: columns of names, in which ``1.10`` is not 1.1 in a CSV.

    Raises:
        TableError: no such file, empty, damaged, not text, or a line that does not fit the header; a driver is not
            installed; a query fails.
        ColumnError: two columns of the same name.
    """
    source = str(source)
    where = name or source
    if query is not None or (is_url(source) and is_database(source)):
        return _from_database(source, query, where, missing, keep)
    read = read_cells_of(source, where, missing, delimiter=delimiter, encoding=encoding, texts=texts)
    return _table(
        read.frame, read.digest, where, missing, keep, read.notes, lines=read.lines, doubtful=read.doubtful
    )  # fmt: skip


@dataclass(frozen=True, eq=False)
class Cells:
    """A file's cells as they stand: numbers as numbers, texts with all that is in them; the rest as of `Table`."""

    frame: pd.DataFrame
    digest: str
    notes: tuple[str, ...]
    lines: bool = False
    doubtful: bool = False


def read_cells_of(
    source: str, where: str, missing: Sequence[str] = (), *, delimiter: str | None = None, encoding: str | None = None,
    texts: Collection[str] = (), numbers: Collection[str] | None = None,
) -> Cells:  # fmt: skip
    """Read a file; arguments as of `read_table` and `csv_text.parse_csv`."""
    files = read_files(source, where)
    digest = _digest(files)
    if len(files) > 1 or files[0][0] or files[0][1][:4] == b"PAR1" or source.endswith((".parquet", ".pq")):
        frame, notes = parse_parquet(files, where)
        release_memory()
        return Cells(frame, digest, tuple(notes))
    raw = unpack(files[0][1], where)
    del files
    for magic, what in _FOREIGN.items():
        if raw.startswith(magic):
            raise TableError(f"{where}: not a CSV or Parquet file but {what}")
    raw, notes = to_utf8(raw, where, encoding)
    table, more = parse_csv(raw, where, missing, delimiter=delimiter, texts=texts, numbers=numbers)
    lines = rows_on_lines(raw) == table.num_rows
    doubtful = (delimiter or delimiter_of(raw)) != ","
    del raw  # file, table and frame are never all in memory
    frame = frame_of(table)
    release_memory()
    return Cells(frame, digest, (*notes, *more), lines, doubtful)


def release_memory() -> None:
    """Give back what Arrow keeps for its next table: columns of Parquet lie in its memory, not in pandas'."""
    pa.default_memory_pool().release_unused()


def table_of(
    frame: pd.DataFrame, name: str = "DataFrame", missing: Sequence[str] = (), keep: Sequence[str] = ()
) -> Table:
    """A DataFrame as a table; its index is left out.

    Raises:
        TableError: no rows, no columns, or cells that are neither numbers, texts nor dates.
        ColumnError: two columns of the same name.
    """
    names = [str(column) for column in frame.columns]
    if twice := sorted({column for column in names if names.count(column) > 1}):
        raise ColumnError(f"{name}: {names.count(twice[0])} columns are named {twice[0]!r}: rename all but one")
    if not names or len(frame) == 0:
        raise TableError(f"{name}: {len(frame)} rows of {len(names)} columns: there is nothing to learn from")
    plain = frame.reset_index(drop=True)
    plain.columns = pd.Index(names)
    for column in names:
        nested = plain[column].dropna().map(lambda cell: isinstance(cell, list | dict | set | tuple | np.ndarray))
        if pd.api.types.is_object_dtype(plain[column]) and nested.any():
            raise ColumnError(
                f"{name}: column {column!r} has cells that hold several values: leave it out, or split it"
            )
    made = _table(plain, "", name, missing, keep, [])
    return replace(made, digest=_digest_of_cells(made.frame))


def _from_database(source: str, query: str | None, where: str, missing: Sequence[str], keep: Sequence[str]) -> Table:
    if not (is_url(source) and is_database(source)):
        raise TableError(
            f"{where}: data.query needs a database's URL in data.source, such as sqlite:///sales.db or "
            "postgresql://user@host/sales"
        )
    if query is None:
        raise TableError(
            f"{where}: a database: say in data.query what to read, such as SELECT * FROM sales ORDER BY id"
        )
    frame, notes = read_query(source, query, where)
    made = table_of(frame, where, missing, keep)
    return replace(made, notes=(*notes, *made.notes))


def _table(
    frame: pd.DataFrame, digest: str, where: str, missing: Sequence[str], keep: Sequence[str], notes: Sequence[str],
    *, lines: bool = False, doubtful: bool = False,
) -> Table:  # fmt: skip
    frame, more, marked = plain_frame(frame, where, missing, keep)
    asked = {name: counts["?"] for name, counts in marked.items() if "?" in counts}
    if asked:
        cells = ", ".join(f"{name} ({count})" for name, count in list(asked.items())[:8])
        others = f" and {len(asked) - 8} more columns" if len(asked) > 8 else ""
        more = [*more, f"cells that only say ? are read as missing: {cells}{others}"]
    return Table(
        frame, digest, where, tuple(missing), (*notes, *more), lines, keep=tuple(keep), marked=marked, doubtful=doubtful
    )


def plain_frame(
    frame: pd.DataFrame, where: str, missing: Sequence[str], keep: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[str], dict[str, dict[str, int]]]:
    """Every column in one of the five kinds that the rest of the package knows, without cells that mean no value.

    And notes, and how many cells of each text that means none there were in columns of texts.

    Raises:
        TableError: cells that cannot be read.
    """
    try:
        plain, notes = _plain_columns(frame)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise TableError(f"{where}: cells that cannot be read: {str(error).splitlines()[0]}") from None
    plain, marked = _without_missing_tokens(plain, missing, keep)
    return plain, notes, marked


def _digest(files: Files) -> str:
    if len(files) == 1 and not files[0][0]:
        return hashlib.sha256(files[0][1]).hexdigest()
    whole = hashlib.sha256()
    for name, raw in files:
        whole.update(name.encode() + b"\0" + hashlib.sha256(raw).digest())
    return whole.hexdigest()


def _digest_of_cells(frame: pd.DataFrame) -> str:
    """SHA-256 of names, types and 64-bit hashes of the cells, row after row: the same on any machine."""
    whole = hashlib.sha256()
    for name, column in frame.items():
        whole.update(f"{name}\0{column.dtype.kind}\0".encode())
        whole.update(pd.util.hash_pandas_object(column, index=False).to_numpy("<u8").tobytes())
    return whole.hexdigest()


def _plain_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Every column as float, int, bool, `str` or naive datetime; infinite numbers become missing and are noted."""
    columns, infinite = {}, {}
    changed = False
    for name, column in frame.items():
        columns[str(name)] = plain = plain_column(column)
        changed |= plain is not column or str(name) != name
        if plain.dtype.kind == "f":
            values = plain.to_numpy()
            count = int(np.isinf(values).sum())
            if count:
                infinite[str(name)] = count
                columns[str(name)] = plain.where(np.isfinite(values))
                changed = True
    notes = []
    if infinite:
        cells = ", ".join(f"{name} ({count})" for name, count in infinite.items())
        notes.append(f"infinite numbers are treated as missing: {cells}")
    # A frame that is plain already stays as it is: made anew, it would be in memory twice.
    return pd.DataFrame(columns, index=frame.index) if changed else frame, notes


def plain_column(column: pd.Series) -> pd.Series:
    """One column in one of the five kinds that the rest of the package knows."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return plain_column(column.astype(dtype.categories.dtype if not column.isna().any() else object))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return to_dates(column)[0]
    if isinstance(dtype, pd.SparseDtype):
        return plain_column(column.sparse.to_dense())
    if dtype.kind == "m":
        return pd.Series(column.dt.total_seconds())
    if pd.api.types.is_bool_dtype(dtype):
        return column.astype("bool") if not column.isna().any() else _texts(column)
    if pd.api.types.is_numeric_dtype(dtype):
        if isinstance(dtype, np.dtype):
            return column.astype("float64") if dtype.kind == "f" and dtype != np.float64 else column
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


def _without_missing_tokens(
    frame: pd.DataFrame, missing: Sequence[str], keep: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, dict[str, int]]]:
    """Cells that equal one of the tokens become missing; ``-999`` also meets the number -999.0. And how many of which
    token there were in each column of texts.
    """
    numbers, tokens = numbers_among(tuple(missing)), texts_of_none(missing, keep)
    emptied, marked = {}, {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.StringDtype):
            texts = pc.utf8_trim_whitespace(pa.array(column))
            hit = pc.fill_null(pc.is_in(texts, value_set=pa.array(tokens, pa.string())), False)
            if pc.any(hit).as_py():
                emptied[name] = column.mask(hit.to_numpy(zero_copy_only=False))
                counted = pc.value_counts(texts.filter(hit)).to_pylist()
                marked[str(name)] = {entry["values"]: entry["counts"] for entry in counted if entry["values"]}
        elif numbers and column.dtype.kind in "iuf" and (hits := column.isin(numbers)).any():
            emptied[name] = column.mask(hits)
    if emptied:
        frame = pd.DataFrame({**dict(frame.items()), **emptied}, index=frame.index)
    return frame, {name: counts for name, counts in marked.items() if counts}


__all__ = ["SUFFIXES", "Table", "find_column", "plain_column", "read_table", "release_memory", "table_of"]
