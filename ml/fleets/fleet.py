"""The stack: variants of one architecture, optimizer and batch size, along the leading axis V."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from descent.ml.network.initializers import initialize
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.optimizers.rules import RULES
from descent.ml.optimizers.settings import Settings


@dataclass
class Fleet:
    """All memory of a training that is under way: plain arrays, V in front.

    ``ids`` (V,) are the variants' places in the caller's list; ``parameters`` (V, P); ``slots`` (S, V, P) is the
    optimizer's memory; ``step`` counts updates. Random numbers need no state: they follow from seed and epoch.
    """

    ids: NDArray[np.intp]
    parameters: Array
    slots: Array
    step: int = 0

    def take(self, keep: NDArray[np.bool_]) -> "Fleet":
        """The fleet of the variants that go on."""
        return Fleet(
            self.ids[keep],
            np.ascontiguousarray(self.parameters[keep]),
            np.ascontiguousarray(self.slots[:, keep]),
            self.step,
        )


def new_fleet(model: Model, optimizer: str, settings: Sequence[Settings], dtype: str) -> Fleet:
    """A fleet at its start: parameters drawn from each variant's seed, empty slots."""
    sigma = 0.0 if model.embedding is None else model.embedding.sigma
    drawn = {
        seed: initialize(model.layout, model.initializer, model.residual, seed, dtype, sigma)
        for seed in {one.seed for one in settings}
    }
    parameters = np.stack([drawn[one.seed] for one in settings])
    if model.never_negative and model.shift > 0:  # standardised targets have the mean 0: start from it
        model.layout.affine[-1].view(parameters)[:, :, -1] = np.log(model.shift)
    return Fleet(np.arange(len(settings)), parameters, np.zeros((RULES[optimizer].slots, *parameters.shape), dtype))
