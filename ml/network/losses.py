"""Losses from the outputs z of the last layer (logits for classes); each gives its cost and its gradient at once.

Arrays are z (V, K, B), targets t (V or 1, K, B), row weights w (V or 1, 1, B) or None. A call writes into ``total``
(V,) the SUM over rows of w·loss and replaces z by the gradient of that sum, d(total)/dz: what is reported is the
antiderivative of what is followed. The caller divides by the number of rows.

No probability is ever formed before a logarithm, and no exponential of a positive number: logits of ±1e4 overflow
nothing (log-sum-exp; Blanchard, Higham & Higham 2021).
"""

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np

from descent.ml.network.layout import Array

LARGEST = 30.0
"""Largest exponent of a log link: e^30 scales of the target are far beyond any prediction, and overflow nothing."""


class Loss(ABC):
    """Common face; ``shape`` (V, K, B) and dtype are given once, so that a call allocates nothing large."""

    tasks: ClassVar[tuple[str, ...]] = ("regression",)
    curvature: ClassVar[float] = 1.0
    """A bound of the second derivative over an output, whatever the output and the target."""
    targets: ClassVar[str] = ""
    """What targets must be, counted from their own zero, which lies ``shift`` below that of the numbers given: "≥ 0" or
    "> 0", where predictions have a log link."""

    def __init__(self, shape: tuple[int, int, int], dtype: str, delta: float = 1.0, shift: float = 0.0):
        self.flat = (shape[0], shape[1] * shape[2])
        self.scratch = np.empty(shape, dtype)

    @staticmethod
    def encode(y: Array, outputs: int, dtype: str) -> Array:
        """Targets as this loss wants them: (K, m) contiguous. ``y`` is (m,) or (m, K)."""
        return np.ascontiguousarray(np.reshape(y, (len(y), outputs)).T, dtype)

    @abstractmethod
    def __call__(self, z: Array, t: Array, w: Array | None, total: Array) -> None:
        """Write the summed cost to ``total`` and its gradient over z."""

    def predict(self, z: Array) -> None:
        """Turn outputs into what the model says, in place: numbers on the targets' scale, logits of classes."""
        return


class SquaredError(Loss):
    """½ Σ_k (z_k − t_k)², the ½ making the gradient z − t."""

    def __call__(self, z: Array, t: Array, w: Array | None, total: Array) -> None:
        """total = Σ w·½|z − t|²; z becomes w(z − t)."""
        z -= t
        rest = z
        if w is not None:
            np.copyto(self.scratch, z)
            rest = self.scratch
            z *= w
        np.vecdot(z.reshape(self.flat), rest.reshape(self.flat), out=total)
        total *= 0.5


class Huber(Loss):
    """Huber 1964: ½r² for |r| ≤ δ, else δ(|r| − ½δ), with r = z − t; summed over outputs.

    With c = r limited to [−δ, δ] the loss is c(r − ½c) and its gradient c. δ → 0 (times 1/δ) is the absolute error.
    """

    def __init__(self, shape: tuple[int, int, int], dtype: str, delta: float = 1.0, shift: float = 0.0):
        super().__init__(shape, dtype)
        self.delta = np.asarray(delta, dtype)

    def __call__(self, z: Array, t: Array, w: Array | None, total: Array) -> None:
        """total = Σ w·c(r − ½c); z becomes w·c."""
        r = self.scratch
        np.subtract(z, t, out=r)
        np.minimum(r, self.delta, out=z)
        np.maximum(z, -self.delta, out=z)
        r *= 2
        r -= z
        if w is not None:
            z *= w
        np.vecdot(z.reshape(self.flat), r.reshape(self.flat), out=total)
        total *= 0.5


class ClassLoss(Loss):
    """A loss of logits."""

    @abstractmethod
    def smooth(self, z: Array, t: Array, w: Array | None, share: Array) -> None:
        """Add to the gradient z what label smoothing changes, for ``share`` ε (V, 1, 1) (Szegedy et al. 2016).

        Targets (1 − ε)y + ε/K differ from y by −ε(y − 1/K), and the gradient is prediction minus target.
        """


class BinaryCrossEntropy(ClassLoss):
    """log(1 + e^z) − y·z for y in {0, 1} and one logit z.

    With h = z/2 and t = 2y − 1 this is log(2 cosh h) − t·h = |h| + log(1 + e^−2|h|) − t·h, whose derivative by z is
    ½(tanh h − t), which is σ(z) − y. Targets are therefore kept as ±1.
    """

    tasks = ("binary",)
    curvature = 0.25

    def __init__(self, shape: tuple[int, int, int], dtype: str, delta: float = 1.0, shift: float = 0.0):
        super().__init__(shape, dtype)
        self.rows = np.empty(shape, dtype)
        self.half = np.array(0.5, dtype)
        self.minus_two = np.array(-2, dtype)

    @staticmethod
    def encode(y: Array, outputs: int, dtype: str) -> Array:
        """(1, m) of ±1."""
        return np.where(np.asarray(y).reshape(1, -1) > 0, 1, -1).astype(dtype)

    def __call__(self, z: Array, t: Array, w: Array | None, total: Array) -> None:
        """Total = Σ w·loss; z becomes w(σ(z) − y)."""
        rows, s = self.rows, self.scratch
        z *= self.half
        np.absolute(z, out=s)
        np.multiply(s, self.minus_two, out=rows)
        np.exp(rows, out=rows)
        np.log1p(rows, out=rows)
        rows += s
        np.multiply(z, t, out=s)
        rows -= s
        np.tanh(z, out=z)
        z -= t
        z *= self.half
        if w is not None:
            rows *= w
            z *= w
        np.add.reduce(rows.reshape(self.flat), axis=1, out=total)

    def smooth(self, z: Array, t: Array, w: Array | None, share: Array) -> None:
        """Add w·ε(y − ½), which is w·ε·t/2."""
        s = self.scratch
        np.multiply(t, share, out=s)
        s *= self.half
        if w is not None:
            s *= w
        z += s


class CategoricalCrossEntropy(ClassLoss):
    """log Σ_k e^(z_k) − z_y for K ≥ 2 logits, shifted by the largest; targets are one-hot columns."""

    tasks = ("multiclass",)
    curvature = 0.5

    def __init__(self, shape: tuple[int, int, int], dtype: str, delta: float = 1.0, shift: float = 0.0):
        super().__init__(shape, dtype)
        self.row = np.empty((shape[0], 1, shape[2]), dtype)
        self.own = np.empty(shape[0], dtype)

    @staticmethod
    def encode(y: Array, outputs: int, dtype: str) -> Array:
        """(K, m) one-hot."""
        return np.asarray(np.asarray(y)[None, :] == np.arange(outputs)[:, None], dtype)

    def __call__(self, z: Array, t: Array, w: Array | None, total: Array) -> None:
        """Total = Σ w·loss; z becomes w(softmax(z) − onehot)."""
        row, own, s = self.row, self.own, self.scratch
        np.maximum.reduce(z, axis=1, keepdims=True, out=row)
        z -= row
        # Σ w·z_y over rows and classes at once; shifted, it is ≤ 0 and the logarithms are ≥ 0: nothing cancels.
        chosen = t if w is None else np.multiply(t, w, out=s)
        np.vecdot(z.reshape(self.flat), chosen.reshape(len(chosen), -1), out=own)
        np.exp(z, out=z)
        np.add.reduce(z, axis=1, keepdims=True, out=row)
        z /= row
        z -= t
        np.log(row, out=row)
        if w is not None:
            row *= w
            z *= w
        np.add.reduce(row[:, 0], axis=1, out=total)
        total -= own

    def smooth(self, z: Array, t: Array, w: Array | None, share: Array) -> None:
        """Add w·ε(onehot − 1/K)."""
        s = self.scratch
        np.subtract(t, np.array(1 / z.shape[1], z.dtype), out=s)
        s *= share
        if w is not None:
            s *= w
        z += s


class Poisson(Loss):
    """For numbers that are never negative: predictions are e^z, counted from the numbers' own zero (log link).

    The gradient is that of the Poisson deviance, e^z − u with u = t + ``shift`` (McCullagh & Nelder 1989), whose
    minimum predicts means. The *cost* is the squared error ½ Σ (e^z − u)², so that models of all losses compare.
    """

    targets = "≥ 0"

    def __init__(self, shape: tuple[int, int, int], dtype: str, delta: float = 1.0, shift: float = 0.0):
        super().__init__(shape, dtype)
        self.shift = np.asarray(shift, dtype)
        self.known = np.empty(shape, dtype)

    def __call__(self, z: Array, t: Array, w: Array | None, total: Array) -> None:
        """total = Σ w·½(e^z − u)²; z becomes w(e^z − u)."""
        rest = self._rest(z, t, w, total)
        np.copyto(z, rest)
        if w is not None:
            z *= w

    def _rest(self, z: Array, t: Array, w: Array | None, total: Array) -> Array:
        """Write the cost; gives e^z − u, leaving e^z in z and u in ``known``."""
        rest, known = self.scratch, self.known
        np.minimum(z, LARGEST, out=z)
        np.exp(z, out=z)
        np.add(t, self.shift, out=known)
        np.maximum(known, 0, out=known)  # rounding may have brought a zero below
        np.subtract(z, known, out=rest)
        squares = rest.reshape(self.flat)
        if w is None:
            np.vecdot(squares, squares, out=total)
        else:
            np.vecdot((rest * w).reshape(self.flat), squares, out=total)
        total *= 0.5
        return rest

    def predict(self, z: Array) -> None:
        """e^z − shift, in place."""
        np.minimum(z, LARGEST, out=z)
        np.exp(z, out=z)
        z -= self.shift


class Gamma(Poisson):
    """As `Poisson` for numbers above 0, by the gamma deviance: its gradient 1 − u/e^z weighs relative errors."""

    targets = "> 0"

    def __call__(self, z: Array, t: Array, w: Array | None, total: Array) -> None:
        """total = Σ w·½(e^z − u)²; z becomes w(1 − u/e^z)."""
        rest = self._rest(z, t, w, total)
        np.divide(rest, z, out=z)
        if w is not None:
            z *= w


LOSSES: dict[str, type[Loss]] = {
    "squared_error": SquaredError,
    "huber": Huber,
    "poisson": Poisson,
    "gamma": Gamma,
    "binary_cross_entropy": BinaryCrossEntropy,
    "categorical_cross_entropy": CategoricalCrossEntropy,
}
