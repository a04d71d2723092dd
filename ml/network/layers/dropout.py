"""Dropout: in training, units are left out at random (Srivastava et al. 2014)."""

from collections.abc import Sequence

import numpy as np

from descent.ml.network.initializers import DROPPED, generator
from descent.ml.network.layers.part import Buffers, Part, Units
from descent.ml.network.layout import Array, LayerViews

LEVELS = 256
"""Rates are multiples of 1/256: one random byte decides about a unit."""


class Noise:
    """The random bytes of a fleet's training: those of a variant follow from its seed and the epoch alone.

    ``rates`` (V,) are the shares of units left out; the others are multiplied by 1/(1 − rate).
    """

    def __init__(self, seeds: Sequence[int], rates: Sequence[float], dtype: str):
        self.seeds = list(seeds)
        steps = np.rint(np.asarray(rates) * LEVELS)
        self.threshold = steps.astype(np.uint8)[:, None, None]
        self.factor = (LEVELS / (LEVELS - steps)).astype(dtype)[:, None, None]

    def start(self, epoch: int) -> None:
        """Begin an epoch (counted from 0)."""
        self.streams = {seed: generator(seed, DROPPED, epoch).bit_generator for seed in set(self.seeds)}

    def fill(self, raw: Array) -> None:
        """The next bytes, (V, h, B)."""
        count = raw[0].size
        drawn = {
            seed: stream.random_raw(-(-count // 8)).view(np.uint8)[:count].reshape(raw.shape[1:])
            for seed, stream in self.streams.items()
        }
        for row, seed in zip(raw, self.seeds, strict=True):
            row[:] = drawn[seed]


class Dropout(Part):
    """a ⊙ mask, the mask being 0 or 1/(1 − rate): its mean is 1, so predicting needs no change ("inverted" dropout)."""

    def __init__(self, below: Units, out: Units, noise: Noise, buffers: Buffers):
        self.below, self.out, self.noise = below, out, noise
        self.raw = np.empty(out.shape, np.uint8)
        self.kept = np.empty(out.shape, bool)
        self.mask = np.empty(out.shape, buffers.dtype)

    def forward(self, p: LayerViews) -> None:
        """Draw the mask of this batch and write a ⊙ mask."""
        self.noise.fill(self.raw)
        np.greater_equal(self.raw, self.noise.threshold, out=self.kept)
        np.multiply(self.kept, self.noise.factor, out=self.mask)
        np.multiply(self.below.inner, self.mask, out=self.out.inner)

    def backward(self, p: LayerViews, e: Array, g: LayerViews) -> Array:
        """E ⊙ mask, in place."""
        e *= self.mask
        return e
