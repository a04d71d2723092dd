"""Embeddings of numbers: each numeric column becomes several, by waves whose frequencies are learned."""

import numpy as np

from descent.ml.network.layers.part import Buffers, Part, Units
from descent.ml.network.layers.table import InputUnits
from descent.ml.network.layout import Array, LayerViews

TURN = 2 * np.pi


class Waves(Part):
    """PBLD: x ↦ (L·[cos(2πw·x + b); 1], x) for each of the first c columns, w, b (k,) and L (d, k + 1) being its own.

    Periodic embeddings are of Gorishniy, Rubachev & Babenko 2022 (arXiv 2203.05556); with phases, and the number itself
    kept, of RealMLP (Holzmüller et al. 2024, arXiv 2407.04491). The d·c new columns stand before the n that came.
    """

    def __init__(self, below: InputUnits, inputs: int, columns: int, waves: int, width: int, buffers: Buffers):
        V, B, dtype = buffers.variants, buffers.rows, buffers.dtype
        self.below, self.columns = below, columns
        self.out = Units((V, columns * width + inputs, B), dtype)
        self.made = self.out.whole[:, : columns * width].reshape(V, columns, width, B)
        self.kept = self.out.whole[:, columns * width : -1]
        self.angle = np.empty((V, columns, waves, B), dtype)
        self.wave = np.ones((V, columns, waves + 1, B), dtype)
        self.wave_T = self.wave.transpose(0, 1, 3, 2)
        self.turn = np.array(TURN, dtype)

    def forward(self, p: LayerViews) -> None:
        """Write the waves' combinations, and what came behind them."""
        assert p.waves is not None
        frequency, phase, linear = p.waves
        np.multiply(frequency[:, :, :, None], self.below.inner[:, : self.columns, None], out=self.angle)
        self.angle *= self.turn
        self.angle += phase[:, :, :, None]
        np.cos(self.angle, out=self.wave[:, :, :-1])
        np.matmul(linear, self.wave, out=self.made)
        np.copyto(self.kept, self.below.inner)

    def backward(self, p: LayerViews, e: Array, g: LayerViews) -> None:
        """dL = e·[cos; 1]ᵀ; with τ = −sin(angle) ⊙ Lᵀe: db = Σ τ, dw = 2π Σ τ·x over the rows."""
        assert p.waves is not None and g.waves is not None
        (_, _, linear), (frequency, phase, linear_gradient) = p.waves, g.waves
        e = e[:, : self.made.shape[1] * self.made.shape[2]].reshape(self.made.shape)
        np.matmul(e, self.wave_T, out=linear_gradient)
        tau = self.wave[:, :, :-1]
        np.matmul(linear[:, :, :, :-1].transpose(0, 1, 3, 2), e, out=tau)
        np.sin(self.angle, out=self.angle)
        np.multiply(self.angle, tau, out=self.angle)
        np.negative(self.angle, out=self.angle)
        np.add.reduce(self.angle, axis=3, out=phase)
        np.vecdot(self.angle, self.below.inner[:, : self.columns, None], out=frequency)
        frequency *= self.turn
