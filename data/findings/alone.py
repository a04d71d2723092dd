"""How much each column tells about the target by itself, seen on rows that were not learned from."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.stats import rankdata
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from descent.data.cells import to_labels, to_numbers

Array = NDArray[Any]

SMOOTH = 5.0
"""Rows of the overall mean that are mixed into the mean of a category."""


@dataclass(frozen=True)
class Halves:
    """Rows to learn from and rows to be seen on, with their targets: (m,) numbers, or codes of ``classes`` classes."""

    fit: NDArray[np.intp]
    held: NDArray[np.intp]
    y: Array
    classes: int

    @classmethod
    def halves(cls, y: Array, classes: int, groups: pd.Series | None = None) -> Self:
        """Half of the rows to each side, whole groups where there are any; by chance but the same every time."""
        rng = np.random.default_rng(0)
        if groups is None:
            rows = rng.permutation(len(y))
            return cls(rows[: len(y) // 2], rows[len(y) // 2 :], y, classes)
        members = pd.factorize(groups, use_na_sentinel=False)[0]
        first = rng.permutation(int(members.max()) + 1) % 2 == 0
        return cls(np.flatnonzero(first[members]), np.flatnonzero(~first[members]), y, classes)

    def score(self, predicted: Array) -> float:
        """What predictions for the held rows are worth: area under the ROC curve for classes, else R² (0 if below).

        Predictions are (m,) numbers, or (m, K) shares of classes. Several classes: the mean over those that some but
        not all held rows have, each against the rest.
        """
        y = self.y[self.held]
        if not self.classes:
            total = float(((y - y.mean()) ** 2).sum())
            return 0.0 if total == 0 else max(0.0, 1 - float(((y - predicted) ** 2).sum()) / total)
        areas = [
            area(y == k, predicted[:, k])
            for k in (range(1, 2) if self.classes == 2 else range(self.classes))
            if 0 < int((y == k).sum()) < len(y)
        ]
        return float(np.mean(areas)) if areas else 0.5


def area(positive: Array, predicted: Array) -> float:
    """Area under the ROC curve: the share of pairs of one positive and one other row that are in order."""
    ones = int(positive.sum())
    pairs = ones * (len(positive) - ones)
    return float(rankdata(predicted)[positive].sum() - ones * (ones + 1) / 2) / pairs if pairs else 0.5


def score_alone(column: pd.Series, numeric: bool, question: Halves) -> float:
    """The score of the best guess from one column: a small tree over numbers, a mean per category."""
    return question.score(_tree(column, question) if numeric else _levels(column, question))


def shares(model: Any, x: Array, classes: int) -> Array:
    """(m, K) shares of classes that a classifier of scikit-learn predicts, absent classes being 0."""
    found = np.zeros((len(x), classes))
    found[:, model.classes_] = model.predict_proba(x)
    return found


def _tree(column: pd.Series, question: Halves) -> Array:
    x = to_numbers(column)[0][:, None]
    leaf = max(5, len(question.fit) // 100)
    kind = DecisionTreeClassifier if question.classes else DecisionTreeRegressor
    tree = kind(max_depth=6, min_samples_leaf=leaf, random_state=0).fit(x[question.fit], question.y[question.fit])
    held = x[question.held]
    return shares(tree, held, question.classes) if question.classes else np.asarray(tree.predict(held))


def _levels(column: pd.Series, question: Halves) -> Array:
    labels = pd.factorize(to_labels(column, ""))[0]
    y = np.eye(question.classes)[question.y] if question.classes else question.y[:, None]
    fit, levels = question.fit, int(labels.max()) + 1
    counts = np.bincount(labels[fit], minlength=levels)[:, None]
    sums = np.column_stack([np.bincount(labels[fit], weights=part, minlength=levels) for part in y[fit].T])
    means = (sums + SMOOTH * y[fit].mean(axis=0)) / (counts + SMOOTH)
    found = means[labels[question.held]]
    return np.asarray(found if question.classes else found[:, 0])
