"""Where each layer lives in the flat buffer of parameters; views, never copies.

One layer is one affine map stored as a matrix (n_out, n_in + 1) whose last column is the bias. Activations carry a
row of ones, so a layer is one matrix product forward, and one product gives the gradient of weights and bias
together. A network with skip connections has further matrices without bias, where widths differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class Block:
    """One matrix in the buffer: ``shape`` is (n_out, columns); ``bias`` says whether the last column is the bias."""

    name: str
    start: int
    shape: tuple[int, int]
    bias: bool

    @property
    def stop(self) -> int:
        """First index behind the block."""
        return self.start + self.shape[0] * self.shape[1]

    @property
    def inputs(self) -> int:
        """Number of incoming units, without the bias."""
        return self.shape[1] - self.bias

    def view(self, flat: Array) -> Array:
        """The block of every variant: a view (V, n_out, columns) into ``flat`` (V, P)."""
        return flat[:, self.start : self.stop].reshape(flat.shape[0], *self.shape)


@dataclass(frozen=True)
class Layout:
    """The matrices of one architecture: affine maps in order, then projections of skip connections.

    ``skips[l]`` belongs to hidden layer l; None is an identity (or no skip at all).
    """

    affine: tuple[Block, ...]
    skips: tuple[Block | None, ...]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every matrix, in the order of the buffer."""
        return self.affine + tuple(block for block in self.skips if block is not None)

    @property
    def size(self) -> int:
        """Number of parameters P."""
        return self.blocks[-1].stop

    @cached_property
    def penalised(self) -> NDArray[np.bool_]:
        """(P,) True where the parameter is a weight; biases are not penalised."""
        mask = np.ones(self.size, dtype=bool)
        for block in self.affine:
            block.view(mask[None])[:, :, -1] = False
        return mask


def make_layout(widths: Sequence[int], residual: bool) -> Layout:
    """Layout of a network with ``widths`` (inputs, hidden…, outputs); ``residual`` skips around every hidden layer."""
    affine, start = [], 0
    for number, (n, h) in enumerate(pairwise(widths), start=1):
        affine.append(Block(f"layer{number}", start, (h, n + 1), bias=True))
        start = affine[-1].stop
    skips: list[Block | None] = []
    for number, (n, h) in enumerate(pairwise(widths[:-1]), start=1):
        if residual and n != h:
            skips.append(Block(f"skip{number}", start, (h, n), bias=False))
            start += h * n
        else:
            skips.append(None)
    return Layout(tuple(affine), tuple(skips))
