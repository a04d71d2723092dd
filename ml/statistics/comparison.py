"""Is one model really better than another? Both predict the same rows; the rows are drawn again and again.

The bootstrap is paired: a row that is hard is hard for both models, and drawing it for both cancels that. Rows that
hang together (of one patient, of one week) are drawn together, as one *unit*.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.errors import ArrayError
from descent.ml.statistics import metrics
from descent.ml.statistics.rows import labels_of, log_losses, with_zero

Array = NDArray[Any]

DRAWS = 4000
DRAWS_OF_METRICS = 1000
"""For metrics that are no mean over rows and are computed anew in every draw."""
SPENT = 0.85
"""The part of the error 1 - confidence that the bound takes; the rest is for rows that are not as independent, and
tails that are not as light, as any bound has to suppose."""
UNITS = 4000
"""More units than this are put together at random: their means are as independent, and the time stays bounded."""
CELLS = 2_000_000
"""Numbers held at once while drawing."""


@dataclass(frozen=True)
class Comparison:
    """How much better the challenger is than the champion, positive being better.

    ``difference`` is the gain of ``measure`` on all rows; with the probability ``confidence`` the true gain is above
    ``lower`` (a little more: `SPENT`). ``units`` is the number of independent draws that the rows stand for.
    """

    measure: str
    difference: float
    lower: float
    confidence: float
    rows: int
    units: int

    @property
    def better(self) -> bool:
        """Whether the challenger is better with the confidence asked for."""
        return self.lower > 0


def row_losses(task: str, metric: str, y: ArrayLike, outputs: ArrayLike) -> tuple[str, NDArray[np.float64]] | None:
    """The loss of each row (m,) whose mean orders models as ``metric`` does, with its name; None if there is none.

    ``y`` and ``outputs`` as in `ml.statistics.metrics`; for regression both in the target's own units.
    """
    z = np.asarray(outputs, dtype=np.float64)
    if task == "regression":
        errors = z.ravel() - np.asarray(y, dtype=np.float64).ravel()
        return ("mean absolute error", np.abs(errors)) if metric == "mae" else ("mean squared error", errors * errors)
    codes = np.asarray(y, dtype=np.intp)
    if metric == "accuracy":
        return "share of wrong rows", (labels_of(z) != codes).astype(np.float64)
    if metric == "log_loss":
        return "log loss", log_losses(codes, with_zero(z) if z.ndim == 1 else z)
    return None


def compare(
    task: str,
    metric: str,
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    units: ArrayLike | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Comparison:
    """Compare two models' outputs on the same rows by ``metric``.

    Where the metric is a mean of losses over rows, or orders models as one does (rmse and r2 as the squared error),
    `lower_bound` bounds the mean gain. Else the metric's own gain is drawn, and its quantile bounds it.

    ``units``: (m,) the unit of each row; None takes every row for itself.

    Raises:
        ArrayError: fewer than two units.
    """
    codes = np.arange(len(np.asarray(y))) if units is None else np.unique(np.asarray(units), return_inverse=True)[1]
    count = int(codes.max()) + 1 if len(codes) else 0
    if count < 2:
        raise ArrayError(f"{count} units cannot be drawn from; a comparison needs at least two")
    rng, level = np.random.default_rng(seed), 1 - SPENT * (1 - confidence)
    old, new = row_losses(task, metric, y, champion), row_losses(task, metric, y, challenger)
    if old is not None and new is not None:
        gains = old[1] - new[1]
        difference, lower = float(gains.mean()), lower_bound(gains, codes, level, rng)
        return Comparison(old[0], difference, lower, confidence, len(gains), count)
    sign = 1.0 if metrics.greater_is_better(metric) else -1.0
    targets, before, after = np.asarray(y), np.asarray(champion), np.asarray(challenger)

    def gain(rows: Array) -> float:
        found = [metrics.evaluate(task, [metric], targets[rows], z[rows]).get(metric, np.nan) for z in (before, after)]
        return sign * (found[1] - found[0])

    every = np.arange(len(targets))
    return Comparison(metric, gain(every), _quantile_of(gain, codes, level, rng), confidence, len(targets), count)


def lower_bound(gains: ArrayLike, units: ArrayLike, confidence: float, rng: np.random.Generator) -> float:
    """Lower confidence bound of the mean of ``gains`` (m,) by the bootstrap-t, units drawn whole.

    The mean over rows is a ratio of sums over units; its standard error is that of the linearised ratio. Studentised,
    the bootstrap is right to second order: skewed gains, which squared errors are, do not promote too often. Of its
    quantile and Student's the stricter one counts: gains with heavy tails fool the bootstrap alone.
    Source: Efron & Tibshirani 1993, *An Introduction to the Bootstrap*, §12.5 and §22.
    """
    d, codes = np.asarray(gains, dtype=np.float64), np.asarray(units, dtype=np.intp)
    count = int(codes.max()) + 1
    if count > UNITS:
        codes, count = (rng.permutation(count) % UNITS)[codes], UNITS
    sums = np.bincount(codes, d, count)
    sizes = np.bincount(codes, minlength=count).astype(np.float64)
    mean, error = _ratio(sums[None], sizes[None])
    studentised = []
    for draws in _draws(count, DRAWS, rng):
        means, errors = _ratio(sums[draws], sizes[draws])
        with np.errstate(divide="ignore", invalid="ignore"):
            studentised.append((means - mean) / errors)
    t = np.nan_to_num(np.concatenate(studentised), nan=0.0, posinf=np.inf, neginf=-np.inf)
    drawn = float(np.quantile(t, confidence, method="higher"))
    return float(mean[0] - max(drawn, _student(confidence, count - 1)) * error[0]) if error[0] > 0 else float(mean[0])


def _ratio(sums: Array, sizes: Array) -> tuple[Array, Array]:
    """Σ sums / Σ sizes along the last axis, and its standard error."""
    count = sums.shape[1]
    means = sums.sum(axis=1) / sizes.sum(axis=1)
    residuals = sums - means[:, None] * sizes
    errors = np.sqrt((residuals * residuals).sum(axis=1) * count / (count - 1)) / sizes.sum(axis=1)
    return means, errors


def _draws(count: int, draws: int, rng: np.random.Generator) -> Iterator[Array]:
    """Numbers of units, drawn with replacement, some draws at a time."""
    step = max(1, CELLS // count)
    for at in range(0, draws, step):
        yield rng.integers(0, count, (min(step, draws - at), count))


def _quantile_of(gain: Callable[[Array], float], codes: Array, confidence: float, rng: np.random.Generator) -> float:
    """Lower bound by the percentile bootstrap, widened for few units.

    Source: Hesterberg 2015, *What Teachers Should Know About the Bootstrap*, §5.3 (expanded percentile interval).
    """
    order = np.argsort(codes, kind="stable")
    count = int(codes.max()) + 1
    members = np.split(order, np.cumsum(np.bincount(codes, minlength=count))[:-1])
    gains = []
    for draws in _draws(count, DRAWS_OF_METRICS, rng):
        for draw in draws:
            gains.append(gain(order[draw] if count == len(codes) else np.concatenate([members[i] for i in draw])))
    known = np.array(gains)[np.isfinite(gains)]
    if len(known) < len(gains) / 2:
        return float("-inf")  # one class only in most draws: nothing can be said
    tail = NormalDist().cdf(-sqrt(count / (count - 1)) * _student(confidence, count - 1))
    return float(np.quantile(known, tail, method="lower"))


def _student(p: float, freedom: int) -> float:
    """Quantile of Student's t, by its expansion around the normal one (Abramowitz & Stegun 1964, 26.7.5)."""
    z = NormalDist().inv_cdf(p)
    first, second = (z**3 + z) / 4, (5 * z**5 + 16 * z**3 + 3 * z) / 96
    return z + first / freedom + second / freedom**2
