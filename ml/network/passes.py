"""Forward and backward through a whole fleet at once: a network is a sequence of layers, composed here.

Activations live features-first: (V, n + 1, B) for V variants and B rows, the last row being ones, so that a layer is
one matrix product, weights and bias have their gradient from one product, and elementwise work runs on contiguous
blocks. All buffers are made once for a fleet size and a number of rows; a step allocates nothing.

The core shape of every product, and how its factors lie in memory, depend on the model and B alone, never on V: a
variant computes the same bits alone and in company.
"""

import numpy as np

from descent.ml.network.layers.dense import Activate, Dense
from descent.ml.network.layers.dropout import Dropout, Noise
from descent.ml.network.layers.embedding import Waves
from descent.ml.network.layers.part import Buffers, Part, Units
from descent.ml.network.layers.residual import Residual
from descent.ml.network.layers.scale import Scale
from descent.ml.network.layers.table import InputUnits
from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.model import Model


class PassBuffers:
    """The buffers of one pass of ``variants`` over ``rows`` rows; with ``noise`` it is of training, with dropout."""

    def __init__(self, model: Model, variants: int, rows: int, dtype: str, noise: Noise | None = None):
        self.model, self.variants, self.rows = model, variants, rows
        self.out = np.empty((variants, model.outputs, rows), dtype)
        self.table, self.parts = compose(model, self.out, dtype, noise)
        self.upward = self.parts[::-1]
        self.loss = model.criterion(self.out.shape, dtype, model.huber_delta, model.shift)
        self.divisors: dict[int, Array] = {}

    def forward(self, parameters: LayerViews, x: Array) -> Array:
        """Outputs z (V, K, B) for ``x`` (V or 1, B, n + 1), rows first, with a last column of ones."""
        self.table.show(x)
        for part in self.parts:
            part.forward(parameters)
        return self.out

    def predict(self, parameters: LayerViews, x: Array) -> Array:
        """What the models say (V, K, B): numbers on the targets' scale, or logits of classes; ``x`` as of `forward`."""
        self.loss.predict(self.forward(parameters, x))
        return self.out

    def backward(self, parameters: LayerViews, delta: Array, gradients: LayerViews) -> None:
        """Write the gradients of the cost whose gradient over the outputs is ``delta`` (V, K, B), after `forward`."""
        e: Array | None = delta
        for part in self.upward:
            assert e is not None  # only the lowest layer has nothing below
            e = part.backward(parameters, e, gradients)

    def divisor(self, rows: int) -> Array:
        """``rows`` as an array without axes, which NumPy divides by faster than by a number."""
        if rows not in self.divisors:
            self.divisors[rows] = np.array(rows, self.out.dtype)
        return self.divisors[rows]


def compose(model: Model, out: Array, dtype: str, noise: Noise | None) -> tuple[InputUnits, list[Part]]:
    """The layers of a model from the rows up, and the rows; the last one fills ``out`` (V, K, B)."""
    V, _, B = out.shape
    inputs = model.layout.affine[0].inputs
    buffers = Buffers(V, B, max(inputs if model.prepared else 0, *model.hidden, 0), dtype)
    table = InputUnits(model.inputs, model.widths[1], turned=model.prepared)
    below: Units = table
    parts: list[Part] = []
    if model.embedding is not None:
        columns, waves, width = model.embedding.columns, model.embedding.waves, model.embedding.width
        parts.append(Waves(table, model.inputs, columns, waves, width, buffers))
        below = parts[-1].out
    if model.input_scale:
        parts.append(Scale(below, inputs, buffers))
        below = parts[-1].out
    for layer, h in enumerate(model.hidden):
        shape, branched = (V, h, B), model.residual or noise is not None
        activate = Activate(model.activation, Units(shape, dtype, ones=not branched), buffers)
        branch: list[Part] = [Dense(layer, below, activate.z, buffers), activate]
        if noise is not None:
            kept = Units(shape, dtype, ones=not model.residual)
            branch.append(Dropout(activate.out, kept, noise, buffers))
        if model.residual:
            branch = [Residual(layer, branch, below, Units(shape, dtype), buffers)]
        parts += branch
        below = parts[-1].out
    parts.append(Dense(len(model.hidden), below, out, buffers))
    return table, parts
