"""How good predictions are: regression errors, and classification from logits. NumPy only.

Targets ``y`` are numbers (m,) or (m, k) for regression, class codes 0 … K−1 (m,) otherwise. Outputs are what the last
layer of a model gives: predictions like ``y``, logits (m,) of the positive class (binary), logits (m, K) (multiclass).
Where a metric is undefined (one class only, a constant target) a function answers NaN and `evaluate` leaves it out.
All sums are taken in float64.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.errors import ArrayError, TargetError, check_name
from descent.ml.statistics.rows import labels_of, log_losses, softmax

Array = NDArray[Any]

NAN = float("nan")


def rmse(y: ArrayLike, predictions: ArrayLike) -> float:
    """√(mean (ŷ − y)²); for several outputs the mean of the outputs' values."""
    residuals = _residuals(y, predictions)
    return float(np.sqrt(np.mean(residuals * residuals, axis=0)).mean())


def mae(y: ArrayLike, predictions: ArrayLike) -> float:
    """Mean |ŷ − y|; for several outputs the mean of the outputs' values."""
    return float(np.abs(_residuals(y, predictions)).mean())


def r2(y: ArrayLike, predictions: ArrayLike) -> float:
    """1 − Σ(ŷ − y)² / Σ(y − ȳ)²; for several outputs the mean of their values. NaN where a target is constant."""
    residuals = _residuals(y, predictions)
    targets = np.asarray(y, dtype=np.float64).reshape(residuals.shape)
    spread = targets - targets.mean(axis=0)
    total = (spread * spread).sum(axis=0)
    if np.any(targets.max(axis=0) == targets.min(axis=0)):
        return NAN
    return float(np.mean(1.0 - (residuals * residuals).sum(axis=0) / total))


def accuracy(y: ArrayLike, predicted: ArrayLike) -> float:
    """Share of rows whose predicted class code is the true one."""
    return float(np.mean(np.asarray(y) == np.asarray(predicted)))


def f1_macro(y: ArrayLike, predicted: ArrayLike) -> float:
    """Unweighted mean of F1 = 2TP / (2TP + FP + FN) over the classes that occur in ``y`` or among the predicted."""
    true, guess = np.asarray(y, dtype=np.intp), np.asarray(predicted, dtype=np.intp)
    classes = int(max(true.max(), guess.max())) + 1
    hits = np.bincount(true[true == guess], minlength=classes)
    seen = np.bincount(true, minlength=classes) + np.bincount(guess, minlength=classes)  # 2TP + FP + FN
    return float(np.mean(2.0 * hits[seen > 0] / seen[seen > 0]))


def log_loss(y: ArrayLike, logits: ArrayLike) -> float:
    """Mean −log p(true class), from logits by log-sum-exp: exact for logits of any size."""
    return float(np.mean(log_losses(y, logits)))


def roc_auc(y: ArrayLike, scores: ArrayLike) -> float:
    """Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counting half.

    For logits (m, K): the mean of one-vs-rest areas of the softmax probabilities over the classes that occur in ``y``.
    NaN where ``y`` has one class only. Source: Fawcett 2006, *An introduction to ROC analysis*.
    """
    true, z = np.asarray(y, dtype=np.intp), np.asarray(scores)
    if z.ndim == 1:
        return _area(*_counts_by_threshold(true == 1, z))
    present = np.flatnonzero(np.bincount(true, minlength=z.shape[1]))
    if len(present) < 2:
        return NAN
    probabilities = softmax(np.asarray(z, dtype=np.float64))
    return float(np.mean([_area(*_counts_by_threshold(true == k, probabilities[:, k])) for k in present]))


def average_precision(y: ArrayLike, scores: ArrayLike) -> float:
    """Σ (R_n − R_{n−1}) P_n over the distinct thresholds, without interpolation; binary. NaN without positives."""
    hits, misses = _counts_by_threshold(np.asarray(y) == 1, np.asarray(scores))
    if hits[-1] == 0:
        return NAN
    return float(np.sum(np.diff(hits, prepend=0) * (hits / (hits + misses))) / hits[-1])


def evaluate(task: str, names: Sequence[str] | None, y: ArrayLike, outputs: ArrayLike) -> dict[str, float]:
    """Metrics of ``outputs`` by name: those in ``names``, or all of the task.

    What is undefined on these rows, or not finite because the outputs are not, is left out.

    Raises:
        OptionError: a task or name that is unknown, or a metric of another task.
        ArrayError: no rows, or outputs of another shape than the targets.
        TargetError: class codes outside 0 … K−1.
    """
    check_name("task", task, METRICS)
    names = METRICS[task] if names is None else names
    for name in names:
        check_name(f"metric of a {task} task", name, METRICS[task])
    targets, z = _checked(task, np.asarray(y), np.asarray(outputs))
    if not np.isfinite(z).all():
        return {}
    if task == "regression":
        found = {name: ALL[name].measure(targets, z) for name in names}
    else:
        predicted = labels_of(z)
        found = {name: ALL[name].measure(targets, predicted if ALL[name].of_labels else z) for name in names}
    return {name: value for name, value in found.items() if np.isfinite(value)}


def greater_is_better(name: str) -> bool:
    """Whether more of this metric is better: false for the errors ``rmse``, ``mae``, ``log_loss``."""
    check_name("metric", name, ALL)
    return not ALL[name].error


def default_metric(task: str) -> str:
    """The metric that selects when none is named: the one that J itself is made of."""
    check_name("task", task, METRICS)
    return METRICS[task][0]


@dataclass(frozen=True)
class Metric:
    """A function of targets and outputs, or predicted labels (``of_labels``); less of an ``error`` is better."""

    measure: Callable[[Array, Array], float]
    tasks: tuple[str, ...]
    error: bool = False
    of_labels: bool = False


_NUMBERS, _CLASSES = ("regression",), ("binary", "multiclass")
ALL = {
    "rmse": Metric(rmse, _NUMBERS, error=True),
    "mae": Metric(mae, _NUMBERS, error=True),
    "r2": Metric(r2, _NUMBERS),
    "log_loss": Metric(log_loss, _CLASSES, error=True),
    "accuracy": Metric(accuracy, _CLASSES, of_labels=True),
    "f1_macro": Metric(f1_macro, _CLASSES, of_labels=True),
    "roc_auc": Metric(roc_auc, _CLASSES),
    "average_precision": Metric(average_precision, ("binary",)),
}
METRICS: dict[str, tuple[str, ...]] = {
    task: tuple(name for name, metric in ALL.items() if task in metric.tasks) for task in (*_NUMBERS, *_CLASSES)
}
"""Names by task; the first is the one that J itself is made of."""


def _residuals(y: ArrayLike, predictions: ArrayLike) -> NDArray[np.float64]:
    """ŷ − y as (m, k)."""
    targets, guesses = np.asarray(y, dtype=np.float64), np.asarray(predictions, dtype=np.float64)
    return guesses.reshape(len(guesses), -1) - targets.reshape(len(targets), -1)


def _counts_by_threshold(positive: Array, scores: Array) -> tuple[Array, Array]:
    """True and false positives (t,) when the distinct scores, highest first, are the threshold one after another."""
    order = np.argsort(scores)[::-1]
    ranked = scores[order]
    last = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)  # the end of every tie
    hits = np.cumsum(positive[order])[last]
    return hits, last + 1 - hits


def _area(hits: Array, misses: Array) -> float:
    """Area under (misses, hits) from (0, 0), by trapezoids, as a share of its box."""
    if hits[-1] == 0 or misses[-1] == 0:
        return NAN
    heights = np.diff(misses, prepend=0) * (hits + np.append(0, hits[:-1]))
    return float(heights.sum() / (2.0 * hits[-1] * misses[-1]))


def _checked(task: str, y: Array, outputs: Array) -> tuple[Array, Array]:
    """Targets and outputs of fitting shapes."""
    if len(y) == 0:
        raise ArrayError("y has no rows; a metric needs at least one")
    expected = "(m,) like y" if task == "binary" else "(m, K)" if task == "multiclass" else f"{y.shape} like y"
    fits = {"regression": outputs.shape == y.shape, "binary": outputs.ndim == 1, "multiclass": outputs.ndim == 2}[task]
    if not fits or len(outputs) != len(y):
        raise ArrayError(f"outputs have shape {outputs.shape} for y of shape {y.shape}; allowed is {expected}")
    if task != "regression":
        classes = 2 if task == "binary" else outputs.shape[1]
        if y.ndim != 1 or y.min() < 0 or y.max() >= classes:
            raise TargetError(
                f"y of shape {y.shape} goes from {y.min()} to {y.max()}; "
                f"allowed are class codes (m,) from 0 to {classes - 1}"
            )
    return y, outputs
