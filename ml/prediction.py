"""What one trained variant says about new rows."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from descent.ml.errors import ArrayError, OptionError
from descent.ml.machine.threads import one_thread
from descent.ml.network.blocks import spans
from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.model import Model
from descent.ml.network.passes import PassBuffers
from descent.ml.network.program import Program
from descent.ml.network.rows import make_inputs, make_rows
from descent.ml.statistics.rows import probabilities

ROWS = 112
"""Rows of every product of a prediction, beside those of both margins. OpenBLAS rounds products of other shapes
differently: with one shape for all, a row has the same bits alone and in any piece of a table. More would make one row
slow, fewer a table."""
MARGIN = 8
"""Unused rows before and behind: the Haswell kernels (OpenBLAS 0.3.31, float32) round the first and the last eight rows
of a product differently from all others, which are computed alike."""
_TOGETHER = 4
"""Products that go through the network at once, as one array program; what is left over goes one by one."""


class Forward:
    """A model and its parameters, ready to answer many times: the buffers of the network are kept, one set per thread.

    A row has the same outputs, bit for bit, whatever rows it comes with. Answers are those of `outputs`.
    """

    def __init__(self, model: Model, parameters: ArrayLike):
        self.model = model
        self._stack = _stack(model, parameters)
        self._matrices = LayerViews(model.layout, self._stack)
        self._kept = threading.local()

    @property
    def parameters(self) -> Array:
        """The parameters (P,)."""
        return np.asarray(self._stack[0])

    def outputs(self, x: ArrayLike) -> Array:
        """Outputs of the last layer, as of the function `outputs`."""
        rows = make_inputs(self.model, x, self._stack.dtype.name)
        z = np.empty((len(rows), self.model.outputs), self._stack.dtype)
        whole = len(rows) - len(rows) % (_TOGETHER * ROWS)
        with one_thread(), np.errstate(over="ignore", invalid="ignore", under="ignore"):
            for start, stop in spans(whole, _TOGETHER * ROWS):
                self._pass(rows[start:stop], z[start:stop], _TOGETHER)
            for start, stop in spans(len(rows) - whole, ROWS):
                self._pass(rows[whole + start : whole + stop], z[whole + start : whole + stop], 1)
        return z[:, 0] if self.model.outputs == 1 else z

    def _pass(self, rows: Array, z: Array, products: int) -> None:
        """Write the outputs (m, K) of rows (m, n + 1): as many as the products hold, or fewer in one."""
        workspace, x = self._buffers(products)
        m = len(rows) // products
        x[:, :, MARGIN : MARGIN + m] = rows.reshape(products, m, -1).transpose(0, 2, 1)
        out = workspace.predict(self._matrices, x.transpose(0, 2, 1))[:, :, MARGIN : MARGIN + m]
        z.reshape(products, m, -1)[...] = out.transpose(0, 2, 1)

    def _buffers(self, products: int) -> tuple[PassBuffers, Array]:
        """Those of this thread. The products take the axis of the variants: one set of parameters for all."""
        made: dict[int, tuple[PassBuffers, Array]] = self._kept.__dict__.setdefault("made", {})
        if products not in made:
            width, dtype = MARGIN + ROWS + MARGIN, self._stack.dtype.name
            x = np.zeros((products, self.model.inputs + 1, width), dtype)
            workspace = PassBuffers(self.model, products, width, dtype)
            workspace.table.turned = False  # rows are put into x turned
            made[products] = workspace, x
        return made[products]

    def probabilities(self, x: ArrayLike) -> Array:
        """Probabilities of the classes, as of `predict_proba`."""
        return probabilities_of(self.model.task, self.outputs(x))


def outputs(model: Model, parameters: ArrayLike, x: ArrayLike) -> Array:
    """Outputs of the last layer: predictions (m,) or (m, k) for regression, logits (m,) for binary, (m, K) else."""
    return Forward(model, parameters).outputs(x)


def outputs_of_all(model: Model, parameters: Sequence[ArrayLike], x: ArrayLike) -> tuple[Array, ...]:
    """`outputs` of several variants, in one pass over the rows; the last bits may differ."""
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


def probabilities_of(task: str, z: Array) -> Array:
    """Probabilities of the classes (m, K) from outputs as of `outputs`; raises `OptionError` for regression."""
    if task == "regression":
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
