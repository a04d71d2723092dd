"""Parquet files, one or a folder of them, as one table."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from descent.data.errors import ColumnError, TableError

LARGEST = 1 << 31
"""Cells (rows times columns) that a table may have: 16 GiB of numbers. A run of one value costs few bytes."""
NOTHING = "__HIVE_DEFAULT_PARTITION__"
"""What stands in a folder's name for a missing value."""


def parse_parquet(files: list[tuple[str, bytes]], where: str) -> tuple[pd.DataFrame, list[str]]:
    """The rows of all files, one after the other, and notes. Folders named ``key=value`` become columns.

    ``files`` is empty afterwards: their bytes, the table of Arrow and the frame are never all in memory.

    Raises:
        TableError: damaged, no rows, too many cells, or files whose columns do not fit together.
        ColumnError: two columns of the same name.
    """
    names, tables = [name for name, _ in files], []
    for name in names:
        table = _table(files.pop(0)[1], f"{where}/{name}" if name else where)
        tables.append(_with_partitions(table, name, where))
    if len(tables) == 1:
        table = tables[0]
    else:
        try:
            table = pa.concat_tables(tables, promote_options="permissive")
        except (pa.ArrowException, ValueError) as error:
            raise misfit(where, len(names), error) from None
    tables.clear()
    notes = [f"{len(names)} Parquet files, one after the other by name"] if len(names) > 1 else []
    table = _numbered_partitions(table, names)
    for index in reversed(range(table.num_columns)):
        field = table.schema.field(index)
        if not is_cell(field.type):
            table = table.remove_column(index)
            notes.append(f"column {field.name!r} is left out: cells of type {field.type} are neither number nor text")
    if table.num_rows == 0:
        raise TableError(f"{where}: the table has columns but no rows: is it complete?")
    if table.num_columns == 0:
        raise TableError(f"{where}: the table has no column of numbers or texts: is it the right file?")
    try:
        # ignore_metadata: an index that pandas stored is a column like every other
        frame = table.to_pandas(date_as_object=False, ignore_metadata=True, self_destruct=True)
        del table  # its columns are gone
        return frame, notes
    except (pa.ArrowException, ValueError, OverflowError) as error:
        raise TableError(f"{where}: cells that cannot be read ({first_line(error)}): write the file again") from None


def _table(raw: bytes, where: str) -> pa.Table:
    if not raw:
        raise TableError(f"{where}: the file is empty: is it complete?")
    try:
        file = pq.ParquetFile(pa.BufferReader(raw))
        rows, columns = file.metadata.num_rows, file.metadata.num_columns
        if rows * columns > LARGEST:
            raise TableError(
                f"{where}: {rows:,} rows of {columns:,} columns are more than fit in memory: give fewer rows"
            )
        table = file.read()
    except TableError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, RuntimeError, MemoryError) as error:
        raise TableError(
            f"{where}: not readable as Parquet ({first_line(error)}): is the file complete, and really Parquet?"
        ) from None
    names = table.column_names
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ColumnError(
            f"{where}: the column name {twice[0]!r} occurs {names.count(twice[0])} times: rename or remove all but one"
        )
    return table


def misfit(where: str, files: int, error: BaseException) -> TableError:
    """What to say of Parquet files whose columns have different types."""
    return TableError(
        f"{where}: the {files} Parquet files do not match ({first_line(error)}): give their columns the same "
        "types, or name one file"
    )


def first_line(error: BaseException) -> str:
    """What an error of Arrow says, without the lines that only its authors read."""
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")[:200]


def partitions(name: str) -> list[tuple[str, str | None]]:
    """(key, value) for each folder ``key=value`` in the name of a file."""
    pairs = [folder.split("=", 1) for folder in name.split("/")[:-1] if "=" in folder]
    return [(unquote(key), None if value == NOTHING else unquote(value)) for key, value in pairs]


def _with_partitions(table: pa.Table, name: str, where: str) -> pa.Table:
    for key, value in partitions(name):
        if key in table.column_names:
            raise ColumnError(f"{where}: column {key!r} is in the file {name} and in the name of its folder: keep one")
        table = table.append_column(key, pa.array([value] * table.num_rows, pa.string()))
    return table


def _numbered_partitions(table: pa.Table, names: Sequence[str]) -> pa.Table:
    """Columns from folders' names as whole numbers, where all of their values are such."""
    for key, numbers in partition_kinds(names).items():
        if numbers:
            index = table.column_names.index(key)
            table = table.set_column(index, key, table.column(index).cast(pa.int64()))
    return table


def partition_kinds(names: Sequence[str]) -> dict[str, bool]:
    """The keys in folders' names, and whether all of a key's values are whole numbers."""
    values: dict[str, list[Any]] = {}
    for name in names:
        for key, value in partitions(name):
            values.setdefault(key, []).append(value)
    return {
        key: all(value is None or (value.lstrip("-").isdecimal() and len(value) < 18) for value in found)
        for key, found in values.items()
    }


def is_cell(kind: pa.DataType) -> bool:
    """Whether cells of this type are numbers, texts or dates; others are left out."""
    return not (pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind))
