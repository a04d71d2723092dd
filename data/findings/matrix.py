"""Columns as numbers for the trees that some checks grow; large tables in samples of rows."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.cells import to_labels, to_numbers
from descent.data.roles.inference import Inference

Array = NDArray[Any]
Indices = NDArray[np.intp]

MOST = 4000
"""Rows that a check with trees looks at: enough to see what matters, in tenths of a second."""


def evenly(rows: int, most: int) -> Indices:
    """At most so many row numbers, evenly spaced: the same every time."""
    return np.arange(rows) if rows <= most else np.linspace(0, rows - 1, most).astype(np.intp)


def spaced(rows: pd.DataFrame, most: int = MOST) -> pd.DataFrame:
    """At most so many rows, evenly spaced, in the order of the file."""
    return rows if len(rows) <= most else rows.iloc[evenly(len(rows), most)]


def glance(rows: int) -> Indices:
    """(s,) row numbers by chance, the same every time, with s² = 300 · rows: enough to see that values repeat.

    If 30 % of the rows equal another, there are at least 0.15 · rows equal pairs, of which a glance holds 45 on
    average: it misses all of them with a chance of e⁻⁴⁵. To count them takes all rows, and far longer.
    """
    return np.random.default_rng(0).permutation(rows)[: math.isqrt(300 * rows) + 1]


def inputs_of(inference: Inference) -> tuple[str, ...]:
    """Columns of numbers and categories that models see; dates are another matter."""
    return inference.of_role("numeric", "categorical", "boolean")


def codes(column: pd.Series, numeric: bool) -> Array:
    """(m,) float64: numbers as they are; categories by how frequent they are, the most frequent being 0."""
    if numeric:
        return to_numbers(column)[0]
    labels = pd.Series(to_labels(column, ""))
    order = {label: rank for rank, label in enumerate(labels.value_counts().index)}
    return labels.map(order).to_numpy(np.float64)


def matrix(rows: pd.DataFrame, inference: Inference, names: Sequence[str] | None = None) -> Array:
    """(m, n) float64 of `inputs_of`, or of those named, with NaN where a number is missing."""
    numeric = set(inference.of_role("numeric"))
    names = inputs_of(inference) if names is None else names
    if not names:
        return np.empty((len(rows), 0))
    return np.column_stack([codes(rows[name], name in numeric) for name in names])


def target_of(rows: pd.DataFrame, inference: Inference) -> Array:
    """(m,) float64 of a number to predict, or int codes of classes."""
    column = rows[inference.target]
    if inference.task == "regression":
        return column.to_numpy(np.float64)
    return np.asarray(pd.Index(inference.classes).get_indexer(pd.Index(column)))
