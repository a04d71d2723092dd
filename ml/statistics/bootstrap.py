"""How far a metric on a sample of rows may lie from its true value: bootstrap intervals. NumPy and the stdlib only.

Rows are drawn with replacement, targets and outputs together; a resample is a row of counts (how often each row was
drawn), so that every metric of a block of resamples is one array program instead of thousands of calls. The interval
is BCa, bias-corrected and accelerated: Efron 1987, *Better bootstrap confidence intervals*, JASA 82, 171-185; its
acceleration is taken from a jackknife that leaves out one of at most `GROUPS` groups of rows at a time.

Beyond `LARGE` rows the metric is as good as normal, and its standard error is that of random groups (Wolter 2007,
*Introduction to Variance Estimation*, ch. 2): the rows are dealt into `GROUPS` groups, and the values of the metric on
each of them lie √`GROUPS` times as far from each other as its values on all rows would. One pass over the rows, where
resamples would be hundreds.
"""

from collections.abc import Callable, Iterator
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.statistics import metrics
from descent.ml.statistics.rows import labels_of, log_losses, softmax

Array = NDArray[Any]
Counts = NDArray[np.float64]
Statistic = Callable[[Counts], NDArray[np.float64]]
"""Counts (B, m) of resamples to the metric of each (B,); NaN where it is undefined."""

MOST, FEWEST = 2000, 400
"""Resamples of small and of huge samples."""
WORK = 16_000_000
"""Rows drawn in all, between these: beyond 8,000 rows there are fewer resamples, about a second's work."""
BLOCK = 200_000
"""Counts held at a time."""
GROUPS = 200
LARGE, EACH = 100_000, 20
"""More rows (or things that rows belong to) than this, with at least so many rows of every class in every group, have
an interval from random groups."""


def intervals(
    task: str,
    y: ArrayLike,
    outputs: ArrayLike,
    *,
    confidence: float = 0.95,
    seed: int = 0,
    clusters: ArrayLike | None = None,
) -> dict[str, tuple[float, float]]:
    """Two-sided interval (low, high) of every metric that `metrics.evaluate` finds on these rows.

    ``y`` and ``outputs`` are as there, of one output for regression. ``clusters`` (m,) name the thing that a row
    belongs to: whole things are drawn then, because rows of one thing are no independent evidence. A metric that is
    undefined in more than half of the resamples has no interval.

    Raises:
        OptionError, ArrayError, TargetError: as `metrics.evaluate`.
    """
    found = metrics.evaluate(task, None, y, outputs)
    if not found:
        return {}
    true, z = np.asarray(y), np.asarray(outputs, np.float64)
    members = np.arange(len(true)) if clusters is None else np.unique(np.asarray(clusters), return_inverse=True)[1]
    rng = np.random.default_rng(seed)
    if _are_many(task, true, members):
        return _of_groups(task, true, z, members, found, confidence, rng)
    statistics = _statistics(task, true, z)
    drawn: dict[str, list[Array]] = {name: [] for name in found}
    for counts in _resamples(members, rng):
        for name in found:
            drawn[name].append(statistics[name](counts))
    left_out: dict[str, list[Array]] = {name: [] for name in found}
    for counts in _jackknife(members, rng):
        for name in found:
            left_out[name].append(statistics[name](counts))
    made = {}
    for name, value in found.items():
        values = np.concatenate(drawn[name])
        values = values[np.isfinite(values)]
        if 2 * len(values) > sum(map(len, drawn[name])):
            made[name] = _bca(value, values, np.concatenate(left_out[name]), confidence)
    return made


def _are_many(task: str, y: Array, members: Array) -> bool:
    rarest = len(y) if task == "regression" else int(np.unique(y, return_counts=True)[1].min())
    return int(members.max()) + 1 > LARGE and rarest >= GROUPS * EACH


def _of_groups(
    task: str, y: Array, z: Array, members: Array, found: dict[str, float], confidence: float, rng: np.random.Generator
) -> dict[str, tuple[float, float]]:
    """The normal interval about every metric, its standard error from the metric on each of the random groups."""
    group = (rng.permutation(int(members.max()) + 1) % GROUPS)[members]
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group, minlength=GROUPS))[:-1]
    values = [metrics.evaluate(task, tuple(found), y[rows], z[rows]) for rows in np.split(order, ends)]
    far = NormalDist().inv_cdf((1 + confidence) / 2) / np.sqrt(GROUPS)
    made = {}
    for name, value in found.items():
        each = [one[name] for one in values if name in one]
        if len(each) == GROUPS:
            error = far * float(np.std(each, ddof=1))
            made[name] = value - error, value + error
    return made


def _resamples(members: Array, rng: np.random.Generator) -> Iterator[Counts]:
    """Blocks of counts (B, m); ``members`` (m,) are codes 0 … c−1 of what is drawn."""
    rows, things = len(members), int(members.max()) + 1
    left = int(np.clip(WORK // rows, FEWEST, MOST))
    while left:
        size = min(left, max(1, BLOCK // rows))
        picked = rng.integers(things, size=(size, things)) + things * np.arange(size)[:, None]
        counts = np.bincount(picked.ravel(), minlength=size * things).reshape(size, things)
        yield (counts if things == rows else counts[:, members]).astype(np.float64)
        left -= size


def _jackknife(members: Array, rng: np.random.Generator) -> Iterator[Counts]:
    """Blocks of counts (B, m) that are 0 for one group of the things at a time and 1 for the others."""
    things = int(members.max()) + 1
    groups = min(things, GROUPS)
    group_of = rng.permutation(np.arange(things) % groups)[members]
    size = max(1, BLOCK // len(members))
    for first in range(0, groups, size):
        left_out = np.arange(first, min(first + size, groups))
        yield np.asarray(group_of[None, :] != left_out[:, None], np.float64)


def _bca(value: float, values: Array, left_out: Array, confidence: float) -> tuple[float, float]:
    """The BCa interval from the metric, its resampled ``values`` (B,) and its jackknife values (g,)."""
    normal = NormalDist()
    below = float(np.mean(values < value) + np.mean(values == value) / 2)
    shift = normal.inv_cdf(min(max(below, 1 / (len(values) + 1)), 1 - 1 / (len(values) + 1)))
    d = left_out[np.isfinite(left_out)]
    d = d.mean() - d if len(d) else np.zeros(1)
    spread = float((d * d).sum())
    skew = float((d**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    ends = []
    for share in ((1 - confidence) / 2, (1 + confidence) / 2):
        moved = shift + normal.inv_cdf(share)
        ends.append(normal.cdf(shift + moved / max(1 - skew * moved, 1e-6)))
    low, high = np.quantile(values, ends)
    return float(low), float(high)


def _statistics(task: str, y: Array, z: Array) -> dict[str, Statistic]:
    if task == "regression":
        residuals, centred = z - y, y - y.mean()
        squares = np.stack([residuals**2, np.abs(residuals), centred**2, centred], axis=1)

        def total(counts: Counts) -> Array:
            spread = counts @ squares[:, 2] - (counts @ squares[:, 3]) ** 2 / counts.sum(axis=1)
            return np.where(spread > 1e-12 * squares[:, 2].sum(), spread, np.nan)

        return {
            "rmse": lambda counts: np.sqrt(counts @ squares[:, 0] / counts.sum(axis=1)),
            "mae": lambda counts: counts @ squares[:, 1] / counts.sum(axis=1),
            "r2": lambda counts: 1 - counts @ squares[:, 0] / total(counts),
        }
    guess = labels_of(z)
    losses, hit = log_losses(y, z), (guess == y).astype(np.float64)
    found: dict[str, Statistic] = {
        "log_loss": lambda counts: counts @ losses / counts.sum(axis=1),
        "accuracy": lambda counts: counts @ hit / counts.sum(axis=1),
        "f1_macro": _f1_macro(y, guess),
    }
    if task == "binary":
        ranked = _Ranked(y == 1, z)
        return found | {"roc_auc": ranked.area, "average_precision": ranked.precision}
    chances = softmax(z)
    curves = [_Ranked(y == k, chances[:, k]) for k in range(z.shape[1])]

    def roc_auc(counts: Counts) -> Array:
        """Mean of the areas of the classes that a resample has; NaN where it has one only."""
        areas = np.stack([curve.area(counts) for curve in curves])
        known = np.isfinite(areas)
        many = known.sum(axis=0) > 1
        return np.where(many, np.where(known, areas, 0).sum(axis=0) / np.maximum(known.sum(axis=0), 1), np.nan)

    return found | {"roc_auc": roc_auc}


def _f1_macro(y: Array, guess: Array) -> Statistic:
    classes = np.arange(int(max(y.max(), guess.max())) + 1)
    true, said = (y[:, None] == classes).astype(np.float64), (guess[:, None] == classes).astype(np.float64)
    both, seen = true * said, true + said

    def f1(counts: Counts) -> Array:
        hits, rows = 2 * (counts @ both), counts @ seen
        return np.asarray((hits / np.maximum(rows, 1e-300)).sum(axis=1) / (rows > 0).sum(axis=1))

    return f1


class _Ranked:
    """Rows in the order of their scores, highest first, ties together."""

    def __init__(self, positive: Array, scores: Array) -> None:
        self.order = np.argsort(-scores, kind="stable")
        ranked = scores[self.order]
        starts = np.append(0, np.flatnonzero(ranked[1:] != ranked[:-1]) + 1)
        self.starts = None if len(starts) == len(ranked) else starts
        self.positive = positive[self.order].astype(np.float64)

    def _thresholds(self, counts: Counts) -> tuple[Array, Array]:
        """Positives and negatives (B, t) that each threshold adds to those above it."""
        ordered = np.take(counts, self.order, axis=1)
        gained = ordered * self.positive
        ordered -= gained
        if self.starts is None:
            return gained, ordered
        return np.add.reduceat(gained, self.starts, axis=1), np.add.reduceat(ordered, self.starts, axis=1)

    def area(self, counts: Counts) -> Array:
        """Area under the ROC curve (B,), as `metrics.roc_auc`: the positives of a threshold beat the negatives below
        it, and half of those at it."""
        gained, misses = self._thresholds(counts)
        above = np.cumsum(misses, axis=1)
        negatives, positives = above[:, -1].copy(), gained.sum(axis=1)
        above -= misses / 2
        with np.errstate(invalid="ignore", divide="ignore"):
            area = 1 - np.einsum("bt,bt->b", gained, above) / (positives * negatives)
        return np.asarray(np.where(positives * negatives > 0, area, np.nan))

    def precision(self, counts: Counts) -> Array:
        """Average precision (B,), as `metrics.average_precision`."""
        gained, misses = self._thresholds(counts)
        hits = np.cumsum(gained, axis=1)
        rows = np.cumsum(misses, axis=1) + hits
        np.divide(hits, np.maximum(rows, 1, out=rows), out=hits)
        with np.errstate(invalid="ignore", divide="ignore"):
            precision = np.einsum("bt,bt->b", gained, hits) / gained.sum(axis=1)
        return np.asarray(precision)
