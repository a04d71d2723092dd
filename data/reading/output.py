"""Frames written to a CSV or Parquet file as they come: the file appears when it is whole."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]

from descent.data.errors import TableError

SUFFIXES = (".parquet", ".pq", ".csv", ".csv.gz")


def check_output(path: Path) -> None:
    """Raise `TableError` if frames could not be written to this path."""
    if not str(path).endswith(SUFFIXES):
        raise TableError(f"{path}: predictions are written as {', '.join(SUFFIXES)}: choose one of these endings")
    check_place(path)


def check_place(path: Path) -> None:
    """Raise `TableError` if no file could be written to this path."""
    if path.is_dir():
        raise TableError(f"{path}: a folder: name a file in it")
    folder = path.absolute().parent
    if not folder.is_dir():
        raise TableError(f"{path}: the folder {folder} does not exist: make it first")
    if not os.access(folder, os.W_OK):
        raise TableError(f"{path}: the folder {folder} cannot be written: name another")


def write_frames(frames: Iterable[pd.DataFrame], path: Path) -> int:
    """Write frames of the same columns one after the other; returns the number of rows.

    Raises:
        TableError: the path cannot be written. Whatever is raised, no half of a file is left.
    """
    check_output(path)
    aside = path.with_name(f".{path.name}.{os.getpid()}{'.gz' if path.name.endswith('.gz') else ''}")
    rows = 0
    try:
        with _Parquet(aside) if path.suffix in (".parquet", ".pq") else _Csv(aside) as writer:
            for frame in frames:
                writer.write(frame)
                rows += len(frame)
        aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return rows


class _Csv:
    def __init__(self, path: Path) -> None:
        self.path, self.begun = path, False

    def write(self, frame: pd.DataFrame) -> None:
        frame.to_csv(self.path, mode="a" if self.begun else "w", header=not self.begun, index=False)
        self.begun = True

    def __enter__(self) -> "_Csv":
        return self

    def __exit__(self, *_: object) -> None:
        return


class _Parquet:
    """Types are those of the first frame; a later one must fit them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer: Any = None

    def write(self, frame: pd.DataFrame) -> None:
        if self.writer is None:
            self.writer = pq.ParquetWriter(self.path, pa.Schema.from_pandas(frame, preserve_index=False))
        self.writer.write_table(pa.Table.from_pandas(frame, self.writer.schema, preserve_index=False))

    def __enter__(self) -> "_Parquet":
        return self

    def __exit__(self, *_: object) -> None:
        if self.writer is not None:
            self.writer.close()
