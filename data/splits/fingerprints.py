"""Rows by their content: to see whether a row is one of those that a model has learned from."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.cells import to_dates, to_labels, to_numbers
from descent.data.errors import ColumnError

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
        whole = whole * np.uint64(31) + _cell_hashes(frame[name])
    return whole


def _cell_hashes(column: pd.Series) -> Hashes:
    """(m,) hashes that depend on a row's own cell alone, not on other rows or the kind that these give the column."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return pd.util.hash_array(to_dates(column)[0].to_numpy("datetime64[us]").view(np.int64))
    numbers, texts = to_numbers(column)
    hashes = pd.util.hash_array(numbers + 0.0)  # -0.0 is 0.0
    texts |= np.isnan(numbers) | pd.api.types.is_bool_dtype(column)  # with missing cells, True is a text
    if texts.any():
        hashes[texts] = pd.util.hash_array(np.asarray(to_labels(column[texts], ""), dtype=object))
    return hashes


def places(frame: pd.DataFrame, columns: Sequence[str], seed: int) -> NDArray[np.float64]:
    """(m,) a number in [0, 1) for each row that its cells and the seed decide, evenly spread over different rows.

    The hash is mixed with the seed by the finaliser of SplitMix64 (Steele, Lea & Flood 2014, *Fast splittable
    pseudorandom number generators*).

    Raises:
        ColumnError: a column is missing.
    """
    z = row_hashes(frame, columns) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)) / 2.0**53
