"""Hidden activations: forward, and backward beside it.

Every array is (V, h, B). ``forward`` reads z and writes a = g(z); ``backward`` multiplies ``delta`` (dJ/da) in place
by g'(z). Those whose derivative follows from the output alone may be given one buffer as z and a.

NumPy's loops run on whole contiguous arrays at several times the speed of their scalar or strided forms, which is why
relu compares with an array of zeros that one variant's block is enough for, and masks as integers.
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from descent.ml.network.layout import Array

LEAK = 0.01
"""Slope of leaky relu below zero (Maas et al. 2013)."""
SELU_SCALE, SELU_ALPHA = 1.0507009873554805, 1.6732632423543772
"""σ and α of selu (Klambauer et al. 2017, equation 14)."""
_GELU = float(np.sqrt(2 / np.pi))


class Activation(ABC):
    """Common face. ``shape`` (V, h, B) and ``scratch`` (same shape, overwritten) are given once."""

    from_output: ClassVar[bool] = True
    """Whether g' can be had from a = g(z), so that z need not be kept."""

    def __init__(self, shape: tuple[int, int, int], scratch: Array):
        self.scratch = scratch

    @abstractmethod
    def forward(self, z: Array, a: Array) -> None:
        """Write a = g(z)."""

    @abstractmethod
    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply ``delta`` by g'(z) in place; may overwrite z and a."""


class Relu(Activation):
    """max(0, z); the derivative at 0 is 0 (Nair & Hinton 2010)."""

    def __init__(self, shape: tuple[int, int, int], scratch: Array):
        super().__init__(shape, scratch)
        whole = np.dtype(f"i{scratch.itemsize}")
        self.zeros = np.zeros((1, *shape[1:]), scratch.dtype)
        self.ones = np.ones((1, *shape[1:]), whole)

    def forward(self, z: Array, a: Array) -> None:
        """Write a = max(0, z)."""
        np.maximum(z, self.zeros, out=a)

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Keep delta where a > 0: read as an integer a is positive there, else zero, so min(a, 1) is 1 or 0.

        The mask takes the place of a, which saves a quarter of the time: one array less goes through the cache.
        """
        bits, mask = delta.view(self.ones.dtype), a.view(self.ones.dtype)
        np.minimum(mask, self.ones, out=mask)
        np.multiply(bits, mask, out=bits)


class LeakyRelu(Activation):
    """z where z > 0, else 0.01·z (Maas et al. 2013)."""

    def forward(self, z: Array, a: Array) -> None:
        """Write a = max(z, 0.01·z)."""
        np.multiply(z, LEAK, out=self.scratch)
        np.maximum(z, self.scratch, out=a)

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply by 1 where a > 0 and by 0.01 elsewhere."""
        slope = self.scratch
        np.heaviside(a, 0, out=slope)
        slope *= 1 - LEAK
        slope += LEAK
        delta *= slope


class Tanh(Activation):
    """tanh(z); g' = 1 − a²."""

    def forward(self, z: Array, a: Array) -> None:
        """Write a = tanh(z)."""
        np.tanh(z, out=a)

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply by 1 − a², as delta − delta·a²."""
        np.multiply(a, a, out=self.scratch)
        np.multiply(self.scratch, delta, out=self.scratch)
        np.subtract(delta, self.scratch, out=delta)


class Sigmoid(Activation):
    """1 / (1 + e^−z), computed as ½ + ½·tanh(z/2), which cannot overflow; g' = a(1 − a)."""

    def forward(self, z: Array, a: Array) -> None:
        """Write a = σ(z)."""
        np.multiply(z, 0.5, out=a)
        np.tanh(a, out=a)
        a *= 0.5
        a += 0.5

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply by a − a²."""
        np.multiply(a, a, out=self.scratch)
        np.subtract(a, self.scratch, out=self.scratch)
        delta *= self.scratch


class Gelu(Activation):
    """½z(1 + tanh(√(2/π)(z + 0.044715z³))), the tanh form of Hendrycks & Gimpel 2016."""

    from_output = False

    def __init__(self, shape: tuple[int, int, int], scratch: Array):
        super().__init__(shape, scratch)
        self.tanh = np.empty(shape, scratch.dtype)
        self.slope = np.empty(shape, scratch.dtype)

    def forward(self, z: Array, a: Array) -> None:
        """Write a = gelu(z), keeping the tanh for backward."""
        t = self.tanh
        np.multiply(z, z, out=t)
        t *= _GELU * 0.044715
        t += _GELU
        t *= z
        np.tanh(t, out=t)
        np.add(t, 1, out=self.scratch)
        self.scratch *= 0.5
        np.multiply(self.scratch, z, out=a)

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply by ½(1 + t) + ½z(1 − t²)·√(2/π)(1 + 3·0.044715z²)."""
        t, s, inner = self.tanh, self.slope, self.scratch
        np.multiply(z, z, out=inner)
        inner *= 3 * 0.044715 * _GELU
        inner += _GELU
        inner *= z
        np.multiply(t, t, out=s)
        np.subtract(1, s, out=s)
        s *= inner
        s += t
        s += 1
        s *= 0.5
        delta *= s


class Silu(Activation):
    """z·σ(z) (Elfwing, Uchibe & Doya 2018; swish of Ramachandran et al. 2017); g' = σ + a(1 − σ)."""

    def __init__(self, shape: tuple[int, int, int], scratch: Array):
        super().__init__(shape, scratch)
        self.sigma = np.empty(shape, scratch.dtype)

    def forward(self, z: Array, a: Array) -> None:
        """Write a = z·σ(z), keeping σ for backward."""
        s = self.sigma
        np.multiply(z, 0.5, out=s)
        np.tanh(s, out=s)
        s *= 0.5
        s += 0.5
        np.multiply(z, s, out=a)

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply by σ + a − a·σ."""
        s = self.scratch
        np.multiply(a, self.sigma, out=s)
        np.subtract(a, s, out=s)
        s += self.sigma
        delta *= s


class Mish(Activation):
    """z·tanh(log(1 + e^z)) (Misra 2020), without a logarithm.

    With e = e^z and n = e(e + 2) the tanh is t = n/(n + 2), and g' = t + 4z·e(e + 1)/(n + 2)². Above `MOST` t is 1 in
    every precision, so that e is taken of no larger number.
    """

    MOST: ClassVar[float] = 20.0
    from_output = False

    def __init__(self, shape: tuple[int, int, int], scratch: Array):
        super().__init__(shape, scratch)
        self.e, self.inverse, self.tanh = (np.empty(shape, scratch.dtype) for _ in range(3))

    def forward(self, z: Array, a: Array) -> None:
        """Write a = mish(z), keeping e, 1/(n + 2) and t for backward."""
        e, inverse, t = self.e, self.inverse, self.tanh
        np.minimum(z, self.MOST, out=e)
        np.exp(e, out=e)
        np.add(e, 2, out=t)
        t *= e
        np.add(t, 2, out=inverse)
        np.reciprocal(inverse, out=inverse)
        t *= inverse
        np.multiply(z, t, out=a)

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply by t + 4z·e(e + 1)/(n + 2)²."""
        e, s = self.e, self.scratch
        np.add(e, 1, out=s)
        s *= e
        self.inverse *= self.inverse
        s *= self.inverse
        s *= 4
        s *= z
        s += self.tanh
        delta *= s


class Selu(Activation):
    """σ·z above 0, σα(e^z − 1) below, with σ and α under which signals keep mean 0 and variance 1.

    Klambauer, Unterthiner, Mayr & Hochreiter 2017; weights of variance 1/n_in belong to it. g' = a + σα below 0.
    """

    def __init__(self, shape: tuple[int, int, int], scratch: Array):
        super().__init__(shape, scratch)
        self.above = np.empty(shape, bool)
        self.jump = np.array(SELU_SCALE * (1 - SELU_ALPHA), scratch.dtype)

    def forward(self, z: Array, a: Array) -> None:
        """Write a = selu(z)."""
        below = self.scratch
        np.minimum(z, 0, out=below)
        np.exp(below, out=below)
        below -= 1
        below *= SELU_SCALE * SELU_ALPHA
        np.maximum(z, 0, out=a)
        a *= SELU_SCALE
        a += below

    def backward(self, z: Array, a: Array, delta: Array) -> None:
        """Multiply by σ where a > 0 and by a + σα elsewhere."""
        slope = self.scratch
        np.greater(a, 0, out=self.above)
        np.multiply(self.above, self.jump, out=slope)
        np.minimum(a, 0, out=a)
        slope += a
        slope += SELU_SCALE * SELU_ALPHA
        delta *= slope


ACTIVATIONS: dict[str, type[Activation]] = {
    "relu": Relu,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
    "leaky_relu": LeakyRelu,
    "gelu": Gelu,
    "silu": Silu,
    "mish": Mish,
    "selu": Selu,
}
