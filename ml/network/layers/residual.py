"""Skip connections around a branch of layers (He et al. 2016)."""

from collections.abc import Sequence

import numpy as np

from descent.ml.network.layers.part import Buffers, Part, Units
from descent.ml.network.layout import Array, LayerViews


class Residual(Part):
    """branch(a) + S·a, S being the identity where the widths agree and else a projection without bias."""

    def __init__(self, layer: int, branch: Sequence[Part], below: Units, out: Units, buffers: Buffers):
        self.layer, self.branch, self.below, self.out = layer, branch, below, out
        self.spare = buffers.spare(out.shape[1])

    def forward(self, p: LayerViews) -> None:
        """Run the branch and add what it began with."""
        for part in self.branch:
            part.forward(p)
        found, skip = self.branch[-1].out.inner, p.skips[self.layer]
        if skip is None:
            np.add(found, self.below.inner, out=self.out.inner)
        else:
            np.matmul(skip, self.below.inner, out=self.out.inner)
            self.out.inner += found

    def backward(self, p: LayerViews, e: Array, g: LayerViews) -> Array | None:
        """e reaches what lies below through the branch and through the skip: dS = e·aᵀ, e_below = branch + Sᵀe."""
        gradient, skip = g.skips[self.layer], p.skips[self.layer]
        if gradient is not None:
            np.matmul(e, self.below.inner_T, out=gradient)
        lower: Array | None = self.spare
        np.copyto(self.spare, e)
        for part in reversed(self.branch):
            assert lower is not None  # only the lowest layer has nothing below
            lower = part.backward(p, lower, g)
        if lower is not None:
            lower += e if skip is None else np.matmul(skip.transpose(0, 2, 1), e)
        return lower
