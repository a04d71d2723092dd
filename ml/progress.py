"""What a callback learns while a fleet trains."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Progress:
    """State after an epoch (counted from 1) of the variants ``ids`` that trained in it, with their J (V,).

    ``done`` is the share of the whole training that is behind, in [0, 1], as if no variant would stop early.
    """

    epoch: int
    epochs: int
    done: float
    ids: NDArray[np.intp]
    cost_train: NDArray[np.float64]
    cost_cv: NDArray[np.float64] | None


Callback = Callable[[Progress], bool | None]
"""Called after every epoch; a true answer ends the training with status ``interrupted``."""
