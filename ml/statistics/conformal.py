"""Intervals around predictions of numbers that hold a new value with a stated probability, whatever the model.

Split conformal prediction: the absolute residuals of a model on n rows that it has not learned from are ranked; a new
residual, drawn like them, falls at or below the ⌈(n + 1)·level⌉-th smallest with probability ≥ level. (Papadopoulos,
Proedrou, Vovk & Gammerman 2002, "Inductive confidence machines for regression", ECML; Lei, G'Sell, Rinaldo, Tibshirani
& Wasserman 2018, "Distribution-free predictive inference for regression", JASA 113, theorem 2.2.)
"""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import ArrayLike

from descent.ml.errors import ArrayError, OptionError


def half_width(residuals: ArrayLike, level: float) -> float:
    """Half the length of the interval with probability ``level``, in the unit of the residuals (n,).

    Infinite where n rows are too few for the level: n ≥ level / (1 − level) is needed.

    Raises `OptionError` for a level outside (0, 1), `ArrayError` for no residuals or one that is not finite.
    """
    return half_widths(residuals, (level,))[0]


def half_widths(residuals: ArrayLike, levels: Sequence[float]) -> list[float]:
    """The same for several levels, the residuals being ranked once."""
    for level in levels:
        if not 0 < level < 1:
            raise OptionError(f"level is {level!r}; it must be a probability between 0 and 1")
    scores = np.sort(np.abs(np.asarray(residuals, np.float64).ravel()))
    if len(scores) == 0 or not np.isfinite(scores[-1]):
        raise ArrayError("residuals must be finite numbers, at least one")
    ranks = [ceil((len(scores) + 1) * level - 1e-9) for level in levels]
    return [float("inf") if rank > len(scores) else float(scores[rank - 1]) for rank in ranks]
