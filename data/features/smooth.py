"""A scaling that outliers neither stretch nor leave: a middle, a spread, and a smooth limit."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin

Array = NDArray[Any]

LIMIT = 3.0
"""What no scaled number reaches."""
FARTHEST = 1e8
"""Beyond this many spreads a number is at the limit to the last bit; its square must not overflow."""


class SmoothClip(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Median to 0, interquartile range to 1, then x/√(1 + (x/3)²), of RealMLP (Holzmüller et al. 2024, 2407.04491).

    Columns most of whose values are equal have no interquartile range: half the whole range stands in for it, and 1
    in a constant column. Near 0 the curve is the identity; far out it leads to ±3.
    """

    def fit(self, x: Array, y: Any = None) -> Self:
        """Learn ``center_`` and ``scale_`` (columns,) from x (m, columns) without gaps."""
        low, self.center_, high = np.percentile(x, (25, 50, 75), axis=0)
        half = (x.max(axis=0) - x.min(axis=0)) / 2
        spread = np.where(high > low, high - low, half)
        self.scale_ = np.where(spread > 0, spread, 1.0)
        self.n_features_in_ = x.shape[1]
        return self

    def transform(self, x: Array) -> Array:
        """(m, columns), all between −3 and 3."""
        scaled = np.clip((x - self.center_) / self.scale_, -FARTHEST, FARTHEST)
        bend = scaled / LIMIT
        bend *= bend
        bend += 1
        scaled /= np.sqrt(bend, out=bend)
        return np.asarray(scaled)
