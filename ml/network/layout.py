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
    """The matrices of one architecture: affine maps in order, then projections of skip connections, then what inputs go
    through before the first map.

    ``skips[l]`` belongs to hidden layer l; None is an identity (or no skip at all). ``scale`` is (inputs, 1); ``waves``
    are frequencies (c, k), phases (c, k) and the linear maps (c·d, k + 1) of the first c columns.
    """

    affine: tuple[Block, ...]
    skips: tuple[Block | None, ...]
    scale: Block | None = None
    waves: tuple[Block, ...] = ()

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Every matrix, in the order of the buffer."""
        skips = tuple(block for block in self.skips if block is not None)
        return self.affine + skips + (() if self.scale is None else (self.scale,)) + self.waves

    @property
    def size(self) -> int:
        """Number of parameters P."""
        return self.blocks[-1].stop

    @cached_property
    def penalised(self) -> NDArray[np.bool_]:
        """(P,) True where the parameter is a weight; biases, scales, frequencies and phases are not penalised."""
        mask = np.ones(self.size, dtype=bool)
        for block in self.blocks:
            if block.bias:
                block.view(mask[None])[:, :, -1] = False
        for other in (self.scale, *self.waves[:2]):
            if other is not None:
                other.view(mask[None])[:] = False
        return mask


def make_layout(
    widths: Sequence[int], residual: bool, scale: bool = False, waves: tuple[int, int, int] | None = None
) -> Layout:
    """Layout of a network with ``widths`` (inputs, hidden…, outputs); ``residual`` skips around every hidden layer.

    ``scale``: inputs have a learned scale. ``waves`` (c, k, d): the first c columns become d more each, by k waves.
    """
    start = 0

    def block(name: str, shape: tuple[int, int], *, bias: bool) -> Block:
        nonlocal start
        made = Block(name, start, shape, bias)
        start = made.stop
        return made

    columns, count, width = waves or (0, 0, 0)
    inner = (widths[0] + columns * width, *widths[1:])
    affine = [block(f"layer{number}", (h, n + 1), bias=True) for number, (n, h) in enumerate(pairwise(inner), start=1)]
    skips = [
        block(f"skip{number}", (h, n), bias=False) if residual and n != h else None
        for number, (n, h) in enumerate(pairwise(inner[:-1]), start=1)
    ]
    scaled = block("scale", (inner[0], 1), bias=False) if scale else None
    embedding: tuple[Block, ...] = ()
    if waves is not None:
        embedding = (
            block("frequencies", (columns, count), bias=False),
            block("phases", (columns, count), bias=False),
            block("waves", (columns * width, count + 1), bias=True),
        )
    return Layout(tuple(affine), tuple(skips), scaled, embedding)


class LayerViews:
    """Views into one flat buffer (V, P), by layer: parameters, or their gradients."""

    def __init__(self, layout: Layout, flat: Array):
        self.affine = [block.view(flat) for block in layout.affine]
        self.weights_T = [matrix[:, :, :-1].transpose(0, 2, 1) for matrix in self.affine]
        self.skips = [None if block is None else block.view(flat) for block in layout.skips]
        self.scale = None if layout.scale is None else layout.scale.view(flat)
        self.waves: tuple[Array, Array, Array] | None = None
        if layout.waves:
            frequencies, phases, maps = (block.view(flat) for block in layout.waves)
            self.waves = frequencies, phases, maps.reshape(*frequencies.shape[:2], -1, maps.shape[2])
