"""Bootstrap draws of means over rows (Efron 1979): the same for all costs on the same rows, so differences pair."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Draws = NDArray[np.float64]

DRAWS = 2000
BINS = 400
"""Random bins of rows are drawn where there are more rows: as exact, and no longer for more."""


def mean_draws(costs: NDArray[np.float64], salt: int = 0) -> Draws:
    """Draws (d,) of the mean of costs (m,) on rows that are drawn with replacement.

    Costs of the same number of rows and the same ``salt`` get the same draws.
    """
    place, weights = _drawn(len(costs), salt)
    means = np.bincount(place, costs) / np.bincount(place)
    return np.asarray(weights @ (means - means.mean()) + costs.mean(), np.float64)


@lru_cache(maxsize=4)
def _drawn(rows: int, salt: int) -> tuple[NDArray[np.intp], Draws]:
    """The bin of every row (m,), and weights (d, bins) whose rows sum to 1."""
    bins = min(rows, BINS)
    rng = np.random.Generator(np.random.PCG64(salt))
    place = rng.permutation(rows) % bins
    return place, rng.multinomial(bins, np.full(bins, 1 / bins), size=DRAWS) / bins
