"""Forward and backward through a whole fleet at once.

Activations live features-first: (V, n + 1, B) for V variants and B rows, the last row being ones, so that a layer is
one matrix product, weights and bias have their gradient from one product, and elementwise work runs on contiguous
blocks. All buffers are made once for a fleet size and a number of rows; a step allocates nothing.

The core shape of every product, and how its factors lie in memory, depend on the model and B alone, never on V: a
variant computes the same bits alone and in company.
"""

import numpy as np

from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.layout import Array, Layout
from descent.ml.network.losses import LOSSES
from descent.ml.network.model import Model
from descent.ml.network.products import AS_IT_IS, Outer

_WIDE = 8
"""From so many units of the first layer on its product is worth turning the rows for."""


class Matrices:
    """Views into one flat buffer (V, P), by layer: parameters, or their gradients."""

    def __init__(self, layout: Layout, flat: Array):
        self.affine = [block.view(flat) for block in layout.affine]
        self.weights_T = [matrix[:, :, :-1].transpose(0, 2, 1) for matrix in self.affine]
        self.skips = [None if block is None else block.view(flat) for block in layout.skips]


class Workspace:
    """The buffers of one pass of ``variants`` over ``rows`` rows."""

    def __init__(self, model: Model, variants: int, rows: int, dtype: str):
        V, B = variants, rows
        self.model = model
        self.variants, self.rows = V, B
        widest = max(model.hidden, default=0)
        scratch = np.empty(V * widest * B, dtype)
        activation = ACTIVATIONS[model.activation]
        self.a, self.activations, self.g, self.z = [], [], [], []
        for h in model.hidden:
            a = np.ones((V, h + 1, B), dtype)
            self.a.append(a)
            self.activations.append(activation((V, h, B), scratch[: V * h * B].reshape(V, h, B)))
            # g(z) differs from a only where a skip is added; z from g(z) only where the derivative asks for it.
            g = np.empty((V, h, B), dtype) if model.residual else a[:, :h]
            self.g.append(g)
            self.z.append(g if activation.from_output else np.empty((V, h, B), dtype))
        self.inner = [a[:, :-1] for a in self.a]
        self.inner_T = [a.transpose(0, 2, 1) for a in self.inner]
        # The rows of a batch come rows first; turned, the first layer's product takes half the time
        # (`ml.network.products`).
        first = model.widths[1]
        self.turned = first >= _WIDE
        self.small = self.turned and first * (model.inputs + 1) <= AS_IT_IS
        self.x: dict[int, Array] = {}
        self.outers = [Outer(a, h) for a, h in zip(self.a, model.widths[2:], strict=True)]
        self.out = np.empty((V, model.outputs, B), dtype)
        assert model.loss is not None
        self.loss = LOSSES[model.loss]((V, model.outputs, B), dtype, model.huber_delta)
        # dJ/da of a layer and of the one below are alive together, so two buffers are enough.
        pair = [np.empty(V * widest * B, dtype) for _ in range(2)]
        self.lower = [pair[i % 2][: V * h * B].reshape(V, h, B) for i, h in enumerate(model.hidden)]
        self.spare = np.empty(V * widest * B, dtype) if model.residual else None
        self.divisors: dict[int, Array] = {}

    def forward(self, parameters: Matrices, x: Array) -> Array:
        """Outputs z (V, K, B) for ``x`` (V or 1, B, n + 1), rows first, with a last column of ones."""
        a = self._features_first(x)
        inner = a[:, :-1]
        for layer, activation in enumerate(self.activations):
            np.matmul(parameters.affine[layer], a, out=self.z[layer])
            activation.forward(self.z[layer], self.g[layer])
            a, below, inner = self.a[layer], inner, self.inner[layer]
            if self.model.residual:
                skip = parameters.skips[layer]
                if skip is None:
                    np.add(self.g[layer], below, out=inner)
                else:
                    np.matmul(skip, below, out=inner)
                    inner += self.g[layer]
        return np.matmul(parameters.affine[-1], a, out=self.out)

    def backward(self, parameters: Matrices, x: Array, delta: Array, gradients: Matrices) -> None:
        """Write the gradients of the cost whose gradient over the outputs is ``delta`` (V, K, B), after `forward`."""
        if self.model.residual:
            self._backward_residual(parameters, x, delta, gradients)
            return
        for layer in range(len(self.activations), 0, -1):
            below = layer - 1
            self.outers[below](delta, gradients.affine[layer])
            delta = self._down(parameters.weights_T[layer], delta, below)
            self.activations[below].backward(self.z[below], self.g[below], delta)
        self._first_gradient(delta, x, gradients.affine[0])

    def _backward_residual(self, parameters: Matrices, x: Array, delta: Array, gradients: Matrices) -> None:
        """As `backward`; e = dJ/da of a layer reaches the layer below through the branch and through the skip."""
        e: Array | None = None
        for layer in range(len(self.activations), 0, -1):
            below = layer - 1
            self.outers[below](delta, gradients.affine[layer])
            lower = self._down(parameters.weights_T[layer], delta, below)
            if e is not None:
                skip = parameters.skips[layer]
                lower += e if skip is None else np.matmul(skip.transpose(0, 2, 1), e)
            e = lower
            skip_gradient = gradients.skips[below]
            if skip_gradient is not None:
                np.matmul(e, self.inner_T[below - 1] if below else x[:, :, :-1], out=skip_gradient)
            assert self.spare is not None
            delta = self.spare[: e.size].reshape(e.shape)
            np.copyto(delta, e)
            self.activations[below].backward(self.z[below], self.g[below], delta)
        self._first_gradient(delta, x, gradients.affine[0])

    def _features_first(self, x: Array) -> Array:
        """Rows (V or 1, B, n + 1) as (V or 1, n + 1, B)."""
        if not self.turned:
            return x.transpose(0, 2, 1)
        if len(x) not in self.x:
            self.x[len(x)] = np.empty_like(x, shape=(len(x), x.shape[2], x.shape[1]), subok=False)
        np.copyto(self.x[len(x)], x.transpose(0, 2, 1))
        return self.x[len(x)]

    def _first_gradient(self, delta: Array, x: Array, out: Array) -> None:
        """The gradient of the first layer's matrix, from the rows as they came or as `forward` has turned them."""
        np.matmul(delta, self.x[len(x)].transpose(0, 2, 1) if self.small else x, out=out)

    def divisor(self, rows: int) -> Array:
        """``rows`` as an array without axes, which NumPy divides by faster than by a number."""
        if rows not in self.divisors:
            self.divisors[rows] = np.array(rows, self.out.dtype)
        return self.divisors[rows]

    def _down(self, weights_T: Array, delta: Array, layer: int) -> Array:
        """dJ/da (V, h, B) of a hidden layer from the delta of the layer above."""
        # From a single unit this is an outer product, which NumPy multiplies several times faster by broadcasting.
        down = np.multiply if delta.shape[1] == 1 else np.matmul
        return down(weights_T, delta, out=self.lower[layer])
