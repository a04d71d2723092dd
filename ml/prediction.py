"""What one trained variant says about new rows."""

import numpy as np
from numpy.typing import ArrayLike

from .arrays import make_inputs, make_rows
from .errors import ArrayError, OptionError
from .layout import Array
from .models import Model
from .program import Program
from .threads import one_thread


def outputs(model: Model, parameters: ArrayLike, x: ArrayLike) -> Array:
    """Outputs of the last layer: predictions (m,) or (m, k) for regression, logits (m,) for binary, (m, K) else."""
    stack = _stack(model, parameters)
    dtype = stack.dtype.name
    with one_thread(), np.errstate(over="ignore", invalid="ignore", under="ignore"):
        z = Program(model, 1, dtype).outputs(stack, make_inputs(model, x, dtype))[0]
    return np.asarray(z[:, 0] if model.outputs == 1 else z)


def predict(model: Model, parameters: ArrayLike, x: ArrayLike) -> Array:
    """Predictions (m,) or (m, k) of a regression model; class codes (m,) of a classifier."""
    z = outputs(model, parameters, x)
    if model.task == "binary":
        return (z > 0).astype(np.int64)
    return z.argmax(axis=1) if model.task == "multiclass" else z


def predict_proba(model: Model, parameters: ArrayLike, x: ArrayLike) -> Array:
    """Probabilities of the classes (m, K), K = 2 for binary; rows sum to 1. Raises `OptionError` for regression."""
    if model.task == "regression":
        raise OptionError("a regression model has no class probabilities; use predict")
    z = outputs(model, parameters, x)
    if model.task == "binary":
        z = np.stack([np.zeros_like(z), z], axis=1)
    z = z - z.max(axis=1, keepdims=True)
    e = np.exp(z)
    return np.asarray(e / e.sum(axis=1, keepdims=True))


def cost(model: Model, parameters: ArrayLike, x: ArrayLike, y: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Unregularised J of one variant on any rows: the (weighted) mean loss."""
    stack = _stack(model, parameters)
    rows = make_rows(model, x, y, weights, stack.dtype.name)
    with one_thread(), np.errstate(over="ignore", invalid="ignore", under="ignore"):
        return float(Program(model, 1, stack.dtype.name).cost(stack, rows)[0])


def _stack(model: Model, parameters: ArrayLike) -> Array:
    flat = np.asarray(parameters)
    if flat.shape != (model.size,):
        raise ArrayError(f"parameters has shape {flat.shape}; the model has ({model.size},)")
    return np.ascontiguousarray(flat[None], np.float64 if flat.dtype == np.float64 else np.float32)
