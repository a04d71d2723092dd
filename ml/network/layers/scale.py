"""A learned scale per input."""

import numpy as np

from descent.ml.network.layers.part import Buffers, Part, Units
from descent.ml.network.layers.table import InputUnits
from descent.ml.network.layout import Array, LayerViews


class Scale(Part):
    """s ⊙ a with s (n,) learned from 1 on: columns that say nothing can fade (RealMLP; Holzmüller et al. 2024)."""

    def __init__(self, below: Units, inputs: int, buffers: Buffers):
        self.below = below
        self.out = Units((buffers.variants, inputs, buffers.rows), buffers.dtype)
        self.learns_below = not isinstance(below, InputUnits)

    def forward(self, p: LayerViews) -> None:
        """Write s ⊙ a."""
        assert p.scale is not None
        np.multiply(p.scale, self.below.inner, out=self.out.inner)

    def backward(self, p: LayerViews, e: Array, g: LayerViews) -> Array | None:
        """ds = Σ over rows of e ⊙ a; gives s ⊙ e."""
        assert p.scale is not None and g.scale is not None
        np.vecdot(e, self.below.inner, out=g.scale[:, :, 0])
        return np.multiply(p.scale, e, out=e) if self.learns_below else None
