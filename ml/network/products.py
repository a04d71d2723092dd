"""The gradient of a weight matrix, δ·aᵀ: a product whose second factor lies the wrong way round in memory.

OpenBLAS multiplies small matrices as they lie, at nearly the speed of the processor, if the second one is stored row
after row. Transposed, it takes it as it is only while the result is small; for a larger one it rearranges it first,
which costs up to half the speed (0.3.31 with AVX-512 kernels: 54 instead of 105 GFLOP/s for 32×65 from 200 rows). Then
it is faster to turn δ, if that is the smaller factor, to multiply the other way round, and to turn the result. In large
products all factors are rearranged, however they lie.
"""

import numpy as np

from descent.ml.network.layout import Array

AS_IT_IS = 1200
"""Elements of the largest result for which a transposed second factor is taken as it is (measured: 1,090 to 1,290)."""
_SMALL = 10**6
"""Multiplications of the largest product whose factors are not rearranged."""


class Outer:
    """δ·aᵀ (V, h, n) for δ (V, h, B) and the buffer ``a`` (V, n, B). Which way it goes depends on h, n and B alone."""

    def __init__(self, a: Array, h: int):
        V, n, B = a.shape
        self.a, self.a_T = a, a.transpose(0, 2, 1)
        self.turned = h * n > AS_IT_IS and h <= n and h * n * B <= _SMALL
        if self.turned:
            self.delta_T = np.empty((V, B, h), a.dtype)
            self.result = np.empty((V, n, h), a.dtype)
            self.result_T = self.result.transpose(0, 2, 1)

    def __call__(self, delta: Array, out: Array) -> None:
        """Write δ·aᵀ to ``out``."""
        if not self.turned:
            np.matmul(delta, self.a_T, out=out)
            return
        np.copyto(self.delta_T, delta.transpose(0, 2, 1))
        np.matmul(self.a, self.delta_T, out=self.result)
        np.copyto(out, self.result_T)
