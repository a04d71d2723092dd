"""Rows by their content: to see whether a row is one of those that a model has learned from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .cells import to_labels, to_numbers
from .errors import ColumnError

Hashes = NDArray[np.uint64]


def row_hashes(frame: pd.DataFrame, columns: Sequence[str]) -> Hashes:
    """(m,) 64-bit hashes of the cells of some columns, whatever their order: 1, 1.0 and "1" are the same cell.

    Two different rows have the same hash with a chance of 2⁻⁶⁴.

    Raises:
        ColumnError: a column is missing.
    """
    if absent := [name for name in columns if name not in frame.columns]:
        raise ColumnError(f"column {absent[0]!r} is missing")
    whole = np.zeros(len(frame), np.uint64)
    for name in sorted(columns):
        column = frame[name]
        if pd.api.types.is_datetime64_any_dtype(column):
            texts = column.astype("str").to_numpy(object)
        else:
            numbers, wrong = to_numbers(column)
            texts = to_labels(column, "")
            texts = np.where(wrong | np.isnan(numbers), texts, [repr(float(number)) for number in numbers])
        whole = whole * np.uint64(31) + pd.util.hash_array(np.asarray(texts, dtype=object))
    return whole
