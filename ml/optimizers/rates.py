"""Learning rates by kind of parameter, as factors on the variant's rate."""

from collections.abc import Sequence

import numpy as np

from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.optimizers.settings import Settings


def rate_factors(model: Model, settings: Sequence[Settings]) -> Array | None:
    """(V or 1, P) factors on the learning rate; None where all are 1, (1, P) where the variants agree.

    ``ntk`` gives every weight 1/√(inputs of its layer). For an optimizer whose steps do not depend on the size of the
    gradient, such as Adam, this is the NTK parametrisation W/√n (Jacot, Gabriel & Hongler 2018), as RealMLP has it.
    """
    found = {one: _factors(model, *one) for one in {_of(one) for one in settings}}
    if all((factors == 1).all() for factors in found.values()):
        return None
    return np.stack([found[_of(one)] for one in settings]) if len(found) > 1 else next(iter(found.values()))[None]


def _of(one: Settings) -> tuple[float, float, float, bool]:
    return one.bias_rate, one.scale_rate, one.embedding_rate, one.ntk


def _factors(model: Model, bias: float, scale: float, embedding: float, ntk: bool) -> Array:
    """(P,) of one variant."""
    layout = model.layout
    factors = np.ones(layout.size)
    for block in layout.blocks:
        view = block.view(factors[None])[0]
        if block is layout.scale:
            view[:] = scale
        elif block in layout.waves:
            view[:] = embedding
        else:
            view[:] = 1 / np.sqrt(block.inputs) if ntk else 1
            if block.bias:
                view[:, -1] = bias
    return factors
