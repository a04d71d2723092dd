"""A source becomes a table: read once, so that the digest belongs to exactly what was parsed."""

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
from numpy.typing import NDArray

from descent.data.errors import ColumnError, TableError
from descent.data.reading.compression import unpack
from descent.data.reading.csv_text import frame_of, parse_csv
from descent.data.reading.dialect import UNSAID, Dialect
from descent.data.reading.encoding import to_utf8
from descent.data.reading.parquet import parse_parquet
from descent.data.reading.plain import plain_frame
from descent.data.reading.sources import Files, is_url, read_files
from descent.data.reading.sql import is_database, read_query

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
        line: where the first row stands in the file, if each stands on a line of its own from there on; else 0.
        whole: the table itself, where ``frame`` is but a sample of its rows, and ``rows`` their numbers in it.
        dialect: what the user said of how the CSV is written.
        complete: whether ``frame`` holds all rows that have a target.
        marked: of each column of texts, the cells that said so that they have no value, by text: ``NA``, 12.
        doubtful: whether ``1,234`` may as well be a decimal, as in a CSV with semicolons.
    """

    frame: pd.DataFrame
    digest: str
    path: str
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    line: int = 0
    whole: "LargeTable | None" = None
    rows: NDArray[np.intp] | None = None
    keep: tuple[str, ...] = ()
    dialect: Dialect = UNSAID
    complete: bool = True
    marked: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    doubtful: bool = False

    def row(self, position: int) -> str:
        """How to call a row in a message: counted from 1 below the header, with its line in the file where known."""
        return f"row {position + 1}" + (f" (line {self.line + position})" if self.line else "")


def read_table(
    source: str | Path,
    missing: Sequence[str] = (),
    *,
    keep: Sequence[str] = (),
    dialect: Dialect = UNSAID,
    encoding: str | None = None,
    known: Collection[str] = (),
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
        dialect, encoding: of a CSV; what they leave open is detected.
        known: names that the header of a CSV must have, where they are known.
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
    read = read_cells_of(source, where, missing, dialect=dialect, encoding=encoding, known=known, texts=texts)
    made = _table(read.frame, read.digest, where, missing, keep, read.notes)
    return replace(made, line=read.line, dialect=dialect, doubtful=read.doubtful)


@dataclass(frozen=True, eq=False)
class Cells:
    """A file's cells as they stand: numbers as numbers, texts with all that is in them; the rest as of `Table`."""

    frame: pd.DataFrame
    digest: str
    notes: tuple[str, ...]
    line: int = 0
    doubtful: bool = False


def read_cells_of(
    source: str,
    where: str,
    missing: Sequence[str] = (),
    *,
    dialect: Dialect = UNSAID,
    encoding: str | None = None,
    known: Collection[str] = (),
    texts: Collection[str] = (),
    numbers: Collection[str] | None = None,
) -> Cells:
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
    table, more, line = parse_csv(raw, where, missing, dialect=dialect, known=known, texts=texts, numbers=numbers)
    head = raw[: 1 << 16]
    del raw  # file, table and frame are never all in memory
    frame = frame_of(table)
    del table
    release_memory()
    return Cells(frame, digest, (*notes, *more), line, head.count(b";") > head.count(b","))


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
    if twice := sorted(column for column, times in Counter(names).items() if times > 1):
        raise ColumnError(f"{name}: {names.count(twice[0])} columns are named {twice[0]!r}: rename all but one")
    if not names or len(frame) == 0:
        raise TableError(f"{name}: {len(frame)} rows of {len(names)} columns: there is nothing to learn from")
    plain = frame.reset_index(drop=True)
    plain.columns = pd.Index(names)
    for column in names:
        if not pd.api.types.is_object_dtype(plain.dtypes[column]):
            continue
        if plain[column].dropna().map(lambda cell: isinstance(cell, list | dict | set | tuple | np.ndarray)).any():
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
    frame: pd.DataFrame, digest: str, where: str, missing: Sequence[str], keep: Sequence[str], notes: Sequence[str]
) -> Table:
    frame, more, marked = plain_frame(frame, where, missing, keep)
    asked = {name: counts["?"] for name, counts in marked.items() if "?" in counts}
    if asked:
        cells = ", ".join(f"{name} ({count})" for name, count in list(asked.items())[:8])
        others = f" and {len(asked) - 8} more columns" if len(asked) > 8 else ""
        more = [*more, f"cells that only say ? are read as missing: {cells}{others}"]
    return Table(frame, digest, where, tuple(missing), (*notes, *more), keep=tuple(keep), marked=marked)


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
