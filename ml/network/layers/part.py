"""What every layer has in common, and what layers hand to each other."""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np

from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.products import Outer


class Units:
    """What a layer gives to the next: ``inner`` (V, h, B), features first.

    With ``ones`` it lies in ``whole`` (V, h + 1, B), whose last row is ones, so that one product gives weights and bias
    their due; without, ``whole`` is ``inner``. A buffer is made once and filled in every pass.
    """

    def __init__(self, shape: tuple[int, int, int], dtype: str, *, ones: bool = True):
        V, h, B = shape
        self.shape = shape
        self.whole = np.ones((V, h + 1, B), dtype) if ones else np.empty(shape, dtype)
        self.inner = self.whole[:, :h]
        self.inner_T = self.inner.transpose(0, 2, 1)

    def outer(self, h: int) -> Callable[[Array, Array], None]:
        """δ, out ↦ δ·[a; 1]ᵀ written to out, for δ (V, h, B)."""
        return Outer(self.whole, h)


class Part(ABC):
    """One layer of a pass of V variants over B rows; ``below`` is what it reads, ``out`` what it fills.

    Core shapes, and how factors lie in memory, depend on the model and B alone, never on V: a variant computes the same
    bits alone and in company.
    """

    out: Units

    @abstractmethod
    def forward(self, p: LayerViews) -> None:
        """Fill ``out``."""

    @abstractmethod
    def backward(self, p: LayerViews, e: Array, g: LayerViews) -> Array | None:
        """Write the gradients of its blocks into ``g``, given e = dJ/d out (V, h, B), which it may overwrite.

        Gives dJ/d below, or None where nothing below it learns. To be called once after `forward`.
        """


class Buffers:
    """Memory that the layers of one pass share: what one has left behind is overwritten by the next."""

    def __init__(self, variants: int, rows: int, widest: int, dtype: str):
        self.variants, self.rows, self.widest, self.dtype = variants, rows, widest, dtype
        self.scratch = self._flat()
        # dJ/da of a layer and of the one below are alive together, so two buffers are enough.
        self._pair, self._taken = (self._flat(), self._flat()), 0
        self._spare: Array | None = None

    def shaped(self, flat: Array, width: int) -> Array:
        """The beginning of a flat buffer as (V, width, B)."""
        shape = (self.variants, width, self.rows)
        return flat[: shape[0] * shape[1] * shape[2]].reshape(shape)

    def lower(self, width: int) -> Array:
        """(V, width, B) for dJ/da below a layer; another one than the last call's."""
        self._taken += 1
        return self.shaped(self._pair[self._taken % 2], width)

    def spare(self, width: int) -> Array:
        """(V, width, B) for a copy that is needed within a layer."""
        self._spare = self._flat() if self._spare is None else self._spare
        return self.shaped(self._spare, width)

    def _flat(self) -> Array:
        return np.empty(self.variants * self.widest * self.rows, self.dtype)
