"""Several models as one: their predictions averaged, with weights chosen on rows that none of them had learned from."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.errors import OptionError

Array = NDArray[Any]
TINY = 1e-300
"""A probability below this counts as this, so that its logarithm is a number."""


def blend(task: str, outputs: Sequence[ArrayLike], weights: Sequence[float]) -> Array:
    """One model's outputs from those of several, with weights that sum to 1.

    Regression: the weighted mean of predictions (m,), all in the same unit. Classes: the logits of the weighted mean of
    *probabilities*, (m,) of the positive class or (m, K): a linear pool, which is never worse than its members are on
    average, in log loss as in squared error (both are convex).
    """
    if len(outputs) != len(weights) or not outputs:
        raise OptionError(f"{len(outputs)} models and {len(weights)} weights")
    if len(outputs) == 1:
        return np.asarray(outputs[0])
    if task == "regression":
        return np.asarray(sum(w * np.asarray(z, np.float64) for z, w in zip(outputs, weights, strict=True)))
    parts = [_log_probabilities(z) + np.log(max(w, TINY)) for z, w in zip(outputs, weights, strict=True)]
    found = np.logaddexp.reduce(parts)
    return np.asarray(found[:, 1] - found[:, 0] if np.ndim(outputs[0]) == 1 else found)


def greedy_weights(task: str, y: ArrayLike, outputs: Sequence[ArrayLike], picks: int) -> list[float]:
    """Weights (k,) of k models by forward selection with replacement, from their outputs on rows held out.

    Begins with the best and adds, ``picks`` times in all, the model whose vote lowers the cost of the average most; the
    shortest selection with the lowest cost counts (Caruana, Niculescu-Mizil, Crew & Ksikes 2004, "Ensemble selection
    from libraries of models", ICML). ``y`` are numbers or class codes, ``outputs`` as of `blend`.
    """
    votes = np.stack([_votes(task, y, z) for z in outputs])
    numbers = np.asarray(y, np.float64) if task == "regression" else None
    counts = np.zeros(len(votes), int)
    total = np.zeros(votes.shape[1])
    best, kept = np.inf, counts
    for pick in range(1, picks + 1):
        costs = [_cost((total + vote) / pick, numbers) for vote in votes]
        chosen = int(np.argmin(costs))
        counts = counts + (np.arange(len(votes)) == chosen)
        total = total + votes[chosen]
        if costs[chosen] < best:
            best, kept = costs[chosen], counts
    return [float(count) / float(kept.sum()) for count in kept]


def temperature(task: str, y: ArrayLike, outputs: ArrayLike) -> float:
    """T > 0 by which logits are divided so that −log p of the true classes is least on these rows.

    Guo, Pleiss, Sun & Weinberger 2017, "On calibration of modern neural networks", ICML. The cost is convex in 1/T and
    is minimised by Newton's method, within 1/20 to 20. ``y`` (m,) are class codes; 1 for numbers.
    """
    if task == "regression":
        return 1.0
    logs = _log_probabilities(outputs)
    codes = np.asarray(y, np.intp)
    true, rows = logs[np.arange(len(logs)), codes], len(logs)
    beta = 1.0
    for _ in range(50):
        chances = np.exp(_log_probabilities(beta * logs))
        mean = (chances * logs).sum(axis=1)
        slope = (mean - true).sum() / rows
        bend = ((chances * logs**2).sum(axis=1) - mean**2).sum() / rows
        step = slope / max(bend, TINY)
        next_beta = float(np.clip(beta - step, max(beta / 2, 0.05), min(2 * beta, 20.0)))
        if abs(next_beta - beta) < 1e-9:
            break
        beta = next_beta
    return 1 / beta


def _votes(task: str, y: ArrayLike, outputs: ArrayLike) -> Array:
    """What is averaged, by row: predictions, or the probability of the true class, which is all that log loss sees."""
    if task == "regression":
        return np.asarray(outputs, np.float64).ravel()
    logs = _log_probabilities(outputs)
    return np.asarray(np.exp(logs[np.arange(len(logs)), np.asarray(y, np.intp)]))


def _cost(votes: Array, y: Array | None) -> float:
    """J of averaged votes."""
    return float(-np.log(np.maximum(votes, TINY)).mean() if y is None else 0.5 * np.mean((votes - y) ** 2))


def _log_probabilities(outputs: ArrayLike) -> Array:
    """log p (m, K) from logits (m,) of the positive class or (m, K)."""
    z = np.asarray(outputs, np.float64)
    if z.ndim == 1:
        z = np.stack([np.zeros_like(z), z], axis=1)
    shifted = z - z.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))
