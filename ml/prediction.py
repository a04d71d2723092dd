"""What one trained variant says about new rows."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from descent.ml.errors import ArrayError, OptionError
from descent.ml.machine.threads import one_thread
from descent.ml.network.blocks import BLOCK
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.network.program import Program
from descent.ml.network.rows import make_inputs, make_rows
from descent.ml.statistics.rows import probabilities


class Forward:
    """A model and its parameters, ready to answer many times: the buffers of the network are kept, one set per thread.

    Answers are those of `outputs`, bit for bit.
    """

    def __init__(self, model: Model, parameters: ArrayLike):
        self.model = model
        self._stack = _stack(model, parameters)
        self._kept = threading.local()

    def outputs(self, x: ArrayLike) -> Array:
        """Outputs of the last layer, as of the function `outputs`."""
        dtype = self._stack.dtype.name
        if not hasattr(self._kept, "program"):
            self._kept.program = Program(self.model, 1, dtype)
        program: Program = self._kept.program
        with one_thread(), np.errstate(over="ignore", invalid="ignore", under="ignore"):
            z = program.outputs(self._stack, make_inputs(self.model, x, dtype))[0]
        for rows in program.workspaces.keys() - {1, BLOCK}:  # remainders are of any size: they would fill the memory
            del program.workspaces[rows]
        return np.asarray(z[:, 0] if self.model.outputs == 1 else z)

    def probabilities(self, x: ArrayLike) -> Array:
        """Probabilities of the classes, as of `predict_proba`."""
        return _probabilities(self.model, self.outputs(x))


def outputs(model: Model, parameters: ArrayLike, x: ArrayLike) -> Array:
    """Outputs of the last layer: predictions (m,) or (m, k) for regression, logits (m,) for binary, (m, K) else."""
    return Forward(model, parameters).outputs(x)


def outputs_of_all(model: Model, parameters: Sequence[ArrayLike], x: ArrayLike) -> tuple[Array, ...]:
    """`outputs` of several variants, in one pass over the rows."""
    stack = np.concatenate([_stack(model, one) for one in parameters])
    program = Program(model, len(stack), stack.dtype.name)
    with one_thread(), np.errstate(over="ignore", invalid="ignore", under="ignore"):
        z = program.outputs(stack, make_inputs(model, x, stack.dtype.name))
    return tuple(z[:, :, 0] if model.outputs == 1 else z)


def predict(model: Model, parameters: ArrayLike, x: ArrayLike) -> Array:
    """Predictions (m,) or (m, k) of a regression model; class codes (m,) of a classifier."""
    z = outputs(model, parameters, x)
    if model.task == "binary":
        return (z > 0).astype(np.int64)
    return z.argmax(axis=1) if model.task == "multiclass" else z


def predict_proba(model: Model, parameters: ArrayLike, x: ArrayLike) -> Array:
    """Probabilities of the classes (m, K), K = 2 for binary; rows sum to 1. Raises `OptionError` for regression."""
    return Forward(model, parameters).probabilities(x)


def _probabilities(model: Model, z: Array) -> Array:
    if model.task == "regression":
        raise OptionError("a regression model has no class probabilities; use predict")
    return probabilities(z)


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
