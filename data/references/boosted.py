"""Gradient-boosted trees on the columns of a table, as scikit-learn gives them: what people would use otherwise.

`HistGradientBoosting` with its own defaults (Friedman 2001, *Annals of Statistics* 29; Ke et al. 2017, "LightGBM",
NeurIPS 30): missing values as they are, categories as categories, parts of dates as numbers. It is no part of the
model: it stands beside it, so that nobody has to try it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.features import raw
from descent.data.features.columns import Columns

Array = NDArray[Any]

CELLS = 30_000_000
"""Of the training rows at most: more rows than fit are left out, evenly."""
TREES = 3_000
"""In all: one per round and class. With more classes than this allows for `ROUNDS` rounds there is no rival."""
ROUNDS = 100
LEVELS = 250
"""Of a category, the most frequent; scikit-learn takes 255."""


@dataclass(frozen=True, eq=False)
class Boosted:
    """Trained trees, ready to answer; ``rows`` they learned from."""

    columns: Columns
    levels: tuple[tuple[str, ...], ...]
    trees: Any
    task: str
    classes: int
    rows: int

    def outputs(self, frame: pd.DataFrame) -> Array:
        """Predictions (m,) in the target's units, or logits: (m,) of the positive class, (m, K) of several."""
        x = _matrix(frame, self.columns, self.levels)
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="openmp"):
            known = self.trees.predict(x) if self.task == "regression" else self.trees.predict_proba(x)
        if self.task == "regression":
            return np.asarray(known, np.float64)
        chances = np.full((len(x), self.classes), 1e-9)
        chances[:, self.trees.classes_.astype(int)] = np.maximum(known, 1e-9)
        logs = np.log(chances)
        return np.asarray(logs[:, 1] - logs[:, 0] if self.task == "binary" else logs)


def boosted(task: str, frame: pd.DataFrame, y: Array, columns: Columns, classes: int, seed: int) -> Boosted | None:
    """Train on all rows of a frame; ``y`` (m,) are numbers in their own units, or codes of the classes.

    None where there are so many classes that it would take longer than everything else, or one class alone.
    """
    if task != "regression" and (len(np.unique(y)) < 2 or max(1, classes if classes > 2 else 1) * ROUNDS > TREES):
        return None
    width = len(columns.inputs) + len(columns.categorical) + len(columns.coded)
    most = max(1, CELLS // max(width, 1))
    if len(frame) > most:
        kept = np.linspace(0, len(frame) - 1, most).astype(np.intp)
        frame, y = frame.iloc[kept], y[kept]
    levels = _levels(frame, columns)
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from threadpoolctl import threadpool_limits

    made = HistGradientBoostingRegressor if task == "regression" else HistGradientBoostingClassifier
    numbers = width - len(levels)
    which = [False] * numbers + [True] * len(levels)
    trees = made(max_iter=ROUNDS, categorical_features=which if levels else None, random_state=seed)
    x = _matrix(frame, columns, levels)
    with threadpool_limits(1, user_api="openmp"):  # two that wait for each other beside training are slower
        trees.fit(x, y)
    return Boosted(columns, levels, trees, task, classes, len(frame))


def _levels(frame: pd.DataFrame, columns: Columns) -> tuple[tuple[str, ...], ...]:
    names = (*columns.categorical, *columns.coded)
    if not names:
        return ()
    texts = raw.levels(frame, names, columns)
    return tuple(tuple(pd.Series(column).value_counts().index[:LEVELS]) for column in texts.T)


def _matrix(frame: pd.DataFrame, columns: Columns, levels: tuple[tuple[str, ...], ...]) -> Array:
    """(m, columns) float64; a level that was not learned is missing."""
    parts: list[Array] = []
    if columns.numeric or columns.calendar:
        parts.append(np.asarray(raw.numbers(frame, columns), np.float64))
    if levels:
        texts = raw.levels(frame, (*columns.categorical, *columns.coded), columns)
        for column, known in zip(texts.T, levels, strict=True):
            codes = pd.Index(known).get_indexer(pd.Index(column)).astype(np.float64)
            parts.append(np.where(codes < 0, np.nan, codes)[:, None])
    return np.hstack(parts)
