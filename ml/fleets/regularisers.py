"""What acts on the gradients of a training beside λ: dropout and label smoothing."""

from collections.abc import Sequence

import numpy as np

from descent.ml.errors import OptionError
from descent.ml.network.layers.dropout import Noise
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.optimizers.rules import SOLVERS
from descent.ml.optimizers.settings import Settings


def regularisers(settings: Sequence[Settings], dtype: str) -> tuple[Noise | None, Array | None]:
    """Of these variants, in their order, as `ml.network.program.Program` takes them; None where no variant has one."""
    rates, shares = [one.dropout for one in settings], [one.label_smoothing for one in settings]
    noise = Noise([one.seed for one in settings], rates, dtype) if any(rates) else None
    return noise, np.array(shares, dtype)[:, None, None] if any(shares) else None


def check_regularisers(model: Model, optimizer: str, settings: Sequence[Settings]) -> None:
    """Raise `OptionError` where dropout or label smoothing mean nothing, or a solver meets a loss with a log link."""
    if optimizer in SOLVERS and model.never_negative:
        raise OptionError(f"loss is {model.loss!r}, which {optimizer} does not minimise; take a first-order optimizer")
    for index, one in enumerate(settings):
        for name in ("dropout", "label_smoothing"):
            where, value = f"settings[{index}].{name}", getattr(one, name)
            if value and optimizer in SOLVERS:
                raise OptionError(f"{where} is {value!r}, but {optimizer} minimises the cost itself; leave it out")
            if value and name == "dropout" and not model.hidden:
                raise OptionError(f"{where} is {value!r}, but a linear model has no hidden units to leave out")
            if value and name == "label_smoothing" and model.task == "regression":
                raise OptionError(f"{where} is {value!r}, but a regression has no labels")
