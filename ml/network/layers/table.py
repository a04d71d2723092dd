"""The rows of the table as what the first layer reads."""

from collections.abc import Callable

import numpy as np

from descent.ml.network.layers.part import Units
from descent.ml.network.layout import Array
from descent.ml.network.products import AS_IT_IS

_WIDE = 8
"""From so many units of the first layer on its product is worth turning the rows for."""


class InputUnits(Units):
    """A batch, features first: ``whole`` (V or 1, n + 1, B), the last row being ones.

    Rows come rows first; turned, the first layer's product takes half the time (`ml.network.products`). ``first`` is
    the number of units of the layer above.
    """

    def __init__(self, inputs: int, first: int, *, turned: bool):
        self.turned = turned or first >= _WIDE
        self.small = self.turned and first * (inputs + 1) <= AS_IT_IS
        self.buffers: dict[int, Array] = {}

    def show(self, x: Array) -> None:
        """Take the rows (V or 1, B, n + 1) of a pass."""
        self.x = x
        self.whole = x.transpose(0, 2, 1)
        if self.turned:
            if len(x) not in self.buffers:
                self.buffers[len(x)] = np.empty_like(x, shape=(len(x), x.shape[2], x.shape[1]), subok=False)
            np.copyto(self.buffers[len(x)], self.whole)
            self.whole = self.buffers[len(x)]
        self.inner = self.whole[:, :-1]
        self.inner_T = x[:, :, :-1]

    def outer(self, h: int) -> Callable[[Array, Array], None]:
        """δ, out ↦ δ·[x; 1]ᵀ, from the rows as they came or as they were turned."""
        return self._outer

    def _outer(self, delta: Array, out: Array) -> None:
        np.matmul(delta, self.whole.transpose(0, 2, 1) if self.small else self.x, out=out)
