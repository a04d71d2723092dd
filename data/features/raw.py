"""Columns of a table as arrays, before anything is learned from them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.cells import numbers_among
from descent.data.errors import FeatureError
from descent.data.features.calendar import calendar_values
from descent.data.features.columns import Columns
from descent.data.names import listed
from descent.data.spelling.kinds import Levels, Spelling

Array = NDArray[Any]

MISSING = "missing"
"""The level of a category that is not known."""


def refuse_absent(frame: pd.DataFrame, columns: Columns) -> None:
    """Raise `FeatureError` if a column that is needed is not there."""
    if absent := [name for name in columns.all if name not in frame.columns]:
        raise FeatureError(
            f"columns are missing: {listed(absent)}. The model needs every one; cells in it may be empty"
        )


def numbers(frame: pd.DataFrame, columns: Columns) -> Array:
    """(m, inputs) float64 with NaN for what is missing or infinite; the names are `Columns.inputs`.

    Raises:
        FeatureError: a text or a date where numbers were learned, or no date where dates were.
    """
    values = _plain_numbers(frame, columns)
    if values is None:
        values = _read_numbers(frame, columns)
    if not columns.sparse:
        return values
    return np.column_stack([values, ~np.isnan(values[:, list(columns.sparse_at)])])


def _read_numbers(frame: pd.DataFrame, columns: Columns) -> Array:
    """(m, numeric + calendar) the cells one column after the other."""
    found: list[Array] = []
    for name in columns.numeric:
        values, wrong = columns.spelling[name].read(frame[name], (*columns.missing, *columns.keep))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise FeatureError(
                f"column {name!r}, row {row + 1}: {str(frame[name].iloc[row])!r} where the model learned numbers"
            )
        found.append(values)
    return np.column_stack([*found, *calendar_values(frame, columns)])


def levels(frame: pd.DataFrame, names: Sequence[str], columns: Columns) -> Array:
    """(m, names) texts; a missing value is a level of its own."""
    return np.column_stack(
        [texts_of(frame[name], columns.spelling.get(name, Levels()), columns.none) for name in names]
    )


def texts_of(column: pd.Series, spelling: Spelling, none: Sequence[str]) -> Array:
    """(m,) the texts of a category's cells, `MISSING` where there is no value."""
    texts, _ = spelling.read(column, tuple(none))
    texts[pd.isna(texts)] = MISSING
    return texts


def _plain_numbers(frame: pd.DataFrame, columns: Columns) -> Array | None:
    """The same at a stroke, where every column holds plain numbers of which none means "no value"; else None."""
    if columns.calendar or numbers_among(tuple(columns.missing)):
        return None
    names = list(columns.numeric)
    part = frame if names == frame.columns.tolist() else frame[names]
    kinds = set(part.dtypes)
    if part.shape[1] != len(names) or not all(isinstance(kind, np.dtype) and kind.kind in "fiub" for kind in kinds):
        return None
    values = part.to_numpy(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        finite = np.isfinite(values.sum())
    if not finite:
        values = np.where(np.isinf(values), np.nan, values)
    return values
