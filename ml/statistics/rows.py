"""What the outputs of the last layer say of every row: its loss, its class, its probabilities.

Outputs z are those of `ml.outputs`: predictions, logits (m,) of the positive class, or logits (m, K).
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.errors import check_name

Array = NDArray[Any]
Costs = NDArray[np.float64]


def row_costs(task: str, y: ArrayLike, outputs: ArrayLike) -> Costs:
    """The loss of every row (m,): ½(z − y)² for regression, −log p(true class) from logits otherwise.

    ``y`` (m,) are numbers or class codes.
    """
    check_name("task", task, ("regression", "binary", "multiclass"))
    z = np.asarray(outputs, dtype=np.float64)
    if task == "regression":
        residuals = z - np.asarray(y, dtype=np.float64).reshape(z.shape)
        return np.asarray(0.5 * residuals**2)
    codes = np.asarray(y, dtype=np.intp)
    if task == "binary":  # as `log_losses`, but for the last place, which the figures of diagnoses depend on
        return np.asarray(np.logaddexp(0.0, np.where(codes == 1, -z, z)))
    return log_losses(codes, z)


def log_losses(y: ArrayLike, logits: ArrayLike) -> Costs:
    """−log p(true class) of every row (m,), by log-sum-exp: exact for logits (m,) or (m, K) of any size."""
    true, z = np.asarray(y, dtype=np.intp), np.asarray(logits, dtype=np.float64)
    if z.ndim == 1:
        against = np.where(true == 1, -z, z)  # −log σ(a) = log(1 + e^−a)
        return np.asarray(np.maximum(against, 0.0) + np.log1p(np.exp(-np.abs(against))))
    shifted = z - z.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(true)), true])


def softmax(logits: Array) -> Array:
    """Probabilities (m, K) of logits (m, K), in their dtype: e^z / Σ e^z, shifted by the largest: nothing overflows."""
    powers: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    powers /= powers.sum(axis=1, keepdims=True)
    return powers


def probabilities(logits: Array) -> Array:
    """Probabilities of the classes: (m, 2) of logits (m,) of the positive class, (m, K) of logits (m, K)."""
    return softmax(with_zero(logits) if logits.ndim == 1 else logits)


def with_zero(logits: Array) -> Array:
    """Logits (m, 2) whose softmax has the sigmoid of logits (m,) as its second column."""
    return np.stack([np.zeros_like(logits), logits], axis=1)


def labels_of(outputs: ArrayLike) -> Array:
    """Predicted class codes (m,) of logits (m,) or (m, K): the likeliest class, the lower code on a tie."""
    z = np.asarray(outputs)
    return (z > 0).astype(np.intp) if z.ndim == 1 else z.argmax(axis=1)
