"""Matrices as files that training processes map into their memory together, and train on where they lie."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def write_matrix(path: Path, blocks: Iterable[Array], shape: tuple[int, int]) -> None:
    """A .npy of float32 with a last column of ones, from blocks of its rows; ``shape`` is (m, n) without that column.

    Raises:
        OSError: the disk is full. A file that is mapped to be written would end the process instead.
    """
    rows, width = shape
    written = 0
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, width + 1)}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            whole = np.ones((len(block), width + 1), "<f4")
            whole[:, :-1] = block
            file.write(whole.data)
            written += len(block)
    if written != rows:
        raise ValueError(f"{path}: {written:,} rows were given, {rows:,} announced")
