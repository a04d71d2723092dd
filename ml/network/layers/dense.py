"""Dense layers: an affine map, and what an activation makes of it (Rumelhart, Hinton & Williams 1986)."""

import numpy as np

from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.layers.part import Buffers, Part, Units
from descent.ml.network.layers.table import InputUnits
from descent.ml.network.layout import Array, LayerViews


class Dense(Part):
    """z = [W | b]·[a; 1], written to ``z`` (V, h, B), where the layer above wants it. ``layer`` counts from 0."""

    def __init__(self, layer: int, below: Units, z: Array, buffers: Buffers):
        self.layer, self.below, self.z = layer, below, z
        self.outer = below.outer(z.shape[1])
        self.lower = None if isinstance(below, InputUnits) else buffers.lower(below.shape[1])
        # From a single unit W·δ is an outer product, which NumPy multiplies several times faster by broadcasting.
        self.down = np.multiply if z.shape[1] == 1 else np.matmul

    def forward(self, p: LayerViews) -> None:
        """Write z."""
        np.matmul(p.affine[self.layer], self.below.whole, out=self.z)

    def backward(self, p: LayerViews, e: Array, g: LayerViews) -> Array | None:
        """d[W | b] = δ·[a; 1]ᵀ; gives Wᵀδ."""
        self.outer(e, g.affine[self.layer])
        return None if self.lower is None else self.down(p.weights_T[self.layer], e, out=self.lower)


class Activate(Part):
    """a = g(z), in ``out``; where g' follows from a alone, z has the same place in memory."""

    def __init__(self, name: str, out: Units, buffers: Buffers):
        kind = ACTIVATIONS[name]
        self.out, shape = out, out.shape
        self.z = out.inner if kind.from_output else np.empty(shape, buffers.dtype)
        self.activation = kind(shape, buffers.shaped(buffers.scratch, shape[1]))

    def forward(self, p: LayerViews) -> None:
        """Write a."""
        self.activation.forward(self.z, self.out.inner)

    def backward(self, p: LayerViews, e: Array, g: LayerViews) -> Array:
        """δ = e ⊙ g'(z), in place."""
        self.activation.backward(self.z, self.out.inner, e)
        return e
