"""A table larger than memory: Parquet files whose rows are read some at a time, never all at once."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
from numpy.typing import NDArray

from descent.data.errors import ColumnError, TableError
from descent.data.reading.parquet import first_line, is_cell, misfit, partition_kinds, partitions
from descent.data.reading.plain import plain_frame
from descent.data.reading.sources import parquet_files, size_of
from descent.data.spelling.kinds import Spelling
from descent.data.spelling.marks import texts_of_none
from descent.data.spelling.table import applied

Indices = NDArray[np.intp]

BATCH = 1 << 17
"""Rows in memory at a time: some tens of megabytes, and few enough batches that starting one costs nothing."""
CSV = 3
"""Bytes of memory for a byte of CSV while it is read, about: the file and Arrow's table, then this and the frame. Where
most numbers have a digit or two it is more: each takes eight bytes."""
RUN = 4
"""Bytes of memory that a run takes beyond start-up for a byte of a table that it holds (benchmarks/runs/LARGE.md)."""
TEXT = 64
"""Bytes that a text takes in memory, about, where its column does not say more."""


@dataclass(frozen=True, eq=False)
class LargeTable:
    """Rows of Parquet files, one file after the other by name, numbered from 0.

    ``schema`` are the columns of all files together, those of folders named ``key=value`` included. ``path`` is how to
    call the table in messages, ``missing`` the texts that mean no value.
    """

    files: tuple[tuple[str, Path], ...]
    path: str
    missing: tuple[str, ...]
    rows: int
    schema: Any
    bytes: int
    """What a DataFrame of all of it would take, about."""
    keep: tuple[str, ...] = ()
    """Of the usual texts for no value, those that are values in columns of texts."""
    spellings: Mapping[str, Spelling] = field(default_factory=dict)
    """How the cells of a column are read, once that is known."""

    @classmethod
    def open(
        cls, source: str, where: str, missing: Sequence[str] = (), keep: Sequence[str] = ()
    ) -> "LargeTable | None":
        """The table of a file or folder; None if that is no Parquet, which only the first bytes say for sure.

        Raises:
            TableError: damaged, or files whose columns do not fit together.
            ColumnError: two columns of the same name.
        """
        files = parquet_files(source)
        if not files:
            return None
        rows, size, schemas = 0, 0, []
        for name, path in files:
            metadata = _opened(path, f"{where}/{name}" if name else where).metadata
            schema = metadata.schema.to_arrow_schema()
            if twice := sorted({one for one in schema.names if schema.names.count(one) > 1}):
                raise ColumnError(f"{where}: the column name {twice[0]!r} occurs more than once: rename all but one")
            rows += metadata.num_rows
            size += _bytes(metadata, schema)
            schemas.append(schema.remove_metadata())
        try:
            schema = pa.unify_schemas(schemas, promote_options="permissive")
        except (pa.ArrowException, ValueError) as error:
            raise misfit(where, len(files), error) from None
        for key, numbers in partition_kinds([name for name, _ in files]).items():
            if key in schema.names:
                raise ColumnError(f"{where}: column {key!r} is in a file and in the name of its folder: keep one")
            schema = schema.append(pa.field(key, pa.int64() if numbers else pa.string()))
        kept = pa.schema([field for field in schema if is_cell(field.type)])
        return cls(tuple(files), where, tuple(missing), rows, kept, size, tuple(keep))

    def digest(self) -> str:
        """SHA-256 as `data.read_table` gives it for the same files, read some at a time."""
        digests = [(name, _digest(path)) for name, path in self.files]
        if len(digests) == 1 and not digests[0][0]:
            return digests[0][1].hex()
        whole = hashlib.sha256()
        for name, digest in digests:
            whole.update(name.encode() + b"\0" + digest)
        return whole.hexdigest()

    def tables(self, columns: Sequence[str] | None = None) -> Iterator[tuple[int, Any]]:
        """All rows as they stand in the files, some at a time: the number of the first one, and a table of Arrow.

        Raises:
            TableError: a file was damaged or changed meanwhile.
        """
        wanted = pa.schema([field for field in self.schema if columns is None or field.name in columns])
        first = 0
        for name, path in self.files:
            of_folder, where = dict(partitions(name)), f"{self.path}/{name}" if name else self.path
            file = _opened(path, where)
            inside = [field.name for field in wanted if field.name in file.schema_arrow.names]
            try:
                for batch in file.iter_batches(BATCH, columns=inside):
                    yield first, _fitted(batch, wanted, of_folder)
                    first += batch.num_rows
            except (pa.ArrowException, OSError, ValueError) as error:
                raise TableError(f"{where}: cells that cannot be read ({first_line(error)})") from None
        pa.default_memory_pool().release_unused()
        if first != self.rows:
            raise TableError(f"{self.path}: the table changed while it was read: {self.rows:,} rows, then {first:,}")

    def batches(
        self, columns: Sequence[str] | None = None, chosen: NDArray[np.bool_] | None = None
    ) -> Iterator[tuple[int, pd.DataFrame]]:
        """The same as frames of the kinds that the rest of the package knows, the rows' numbers as their index.

        Of a mask ``chosen`` (rows,) only its rows are made into frames, and batches without any are left out.
        """
        for first, table in self.tables(columns):
            mask = None if chosen is None else chosen[first : first + len(table)]
            if mask is not None and not mask.any():
                continue
            numbers: Any = pd.RangeIndex(first, first + len(table))
            if mask is not None and not _kinds_hang_on_rows(table):  # else a frame of all rows says their kinds
                table, numbers, mask = table.filter(pa.array(mask)), numbers[mask], None
            frame = table.to_pandas(date_as_object=False, ignore_metadata=True)
            frame.index = numbers
            frame = plain_frame(frame, self.path, self.missing, self.keep)[0]
            frame = applied(frame, self.spellings, self.missing, texts_of_none(self.missing, self.keep))
            yield first, frame if mask is None else frame[mask]

    def columns(self, names: Sequence[str]) -> pd.DataFrame:
        """Some columns of all rows."""
        return pd.concat([frame for _, frame in self.batches(list(dict.fromkeys(names)))])

    def take(self, rows: Indices) -> pd.DataFrame:
        """The rows of these numbers, which ascend, under new numbers from 0."""
        chosen = np.zeros(self.rows, bool)
        chosen[rows] = True
        return pd.concat([frame for _, frame in self.batches(chosen=chosen)], ignore_index=True)

    def write(self, chosen: NDArray[np.bool_], path: Path) -> None:
        """Write the rows of a mask (rows,) as they stand into one Parquet file."""
        with pq.ParquetWriter(path, self.schema) as writer:
            for first, table in self.tables():
                writer.write_table(table.filter(pa.array(chosen[first : first + len(table)])))


def _kinds_hang_on_rows(table: Any) -> bool:
    """Whether whole numbers or truth values are missing: pandas has another kind for a column with such cells."""
    return any(
        column.null_count and (pa.types.is_integer(column.type) or pa.types.is_boolean(column.type))
        for column in table.columns
    )


def _opened(path: Path, where: str) -> Any:
    try:
        # Buffered ahead, every byte that was read would stay in memory until the end of the file.
        return pq.ParquetFile(path, pre_buffer=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise TableError(
            f"{where}: not readable as Parquet ({first_line(error)}): is the file complete, and really Parquet?"
        ) from None


def _fitted(batch: Any, wanted: Any, of_folder: dict[str, str | None]) -> Any:
    """A batch with the columns of the whole table: those of its folder's name, and nothing where its file has none."""
    arrays = []
    for wish in wanted:
        if wish.name in batch.schema.names:
            arrays.append(batch.column(wish.name).cast(wish.type))
        else:
            value = of_folder.get(wish.name)
            arrays.append(pa.array([value] * batch.num_rows, pa.string()).cast(wish.type))
    return pa.Table.from_arrays(arrays, schema=wanted)


def _bytes(metadata: Any, schema: Any) -> int:
    """What a DataFrame of a file's rows would take: eight bytes a number, and a text as long as it was written."""
    size = 0
    for index, part in enumerate(schema):
        if pa.types.is_primitive(part.type):
            size += 8 * metadata.num_rows
        elif is_cell(part.type):
            groups = range(metadata.num_row_groups)
            written = sum(metadata.row_group(group).column(index).total_uncompressed_size for group in groups)
            size += max(TEXT * metadata.num_rows, written)
    return size


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def open_large(
    source: str, where: str, missing: Sequence[str], budget: int, keep: Sequence[str] = ()
) -> LargeTable | None:
    """The table as one that is read some rows at a time; None if a run of all of it fits into ``budget`` bytes.

    Raises:
        TableError: it does not, but is no Parquet, and so can only be read as a whole.
    """
    table = LargeTable.open(source, where, missing, keep)
    if table is not None:
        return table if RUN * table.bytes > budget else None
    size = size_of(source)
    if size * CSV > budget:
        raise TableError(
            f"{where}: {size / 1e9:.3g} GB of text would take more memory than data.memory allows ({budget / 1e9:.3g} "
            'GB). Write it as Parquet, which is read some rows at a time: python -c "from pyarrow import csv, parquet; '
            f"r = csv.open_csv('{source}'); w = parquet.ParquetWriter('table.parquet', r.schema); "
            '[w.write_batch(b) for b in r]; w.close()"; or raise data.memory'
        )
    return None
