"""Train on rows that come in portions: one pass over each, the optimizer's memory kept between them."""

import numpy as np

from descent.ml.errors import MLError, OptionError
from descent.ml.fleets.feed import Feed
from descent.ml.fleets.fleet import Fleet, new_fleet
from descent.ml.fleets.regularisers import check_regularisers, regularisers
from descent.ml.fleets.trainer import Trainer
from descent.ml.machine.arithmetic import fleet_arithmetic
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.network.program import Program
from descent.ml.network.rows import make_rows
from descent.ml.optimizers.rules import RULES, SOLVERS
from descent.ml.optimizers.schedules import PLANNED
from descent.ml.optimizers.settings import Settings, check_settings


class Online:
    """One variant that learns from portion after portion; each counts as an epoch.

    Args:
        model: architecture and loss.
        optimizer: a first-order rule; lbfgs and newton need all rows at once.
        settings: the variant's; the m of λ/(2m) is that of the portion. No schedule that follows the planned epochs.
        batch: rows per step, None for whole portions.
        dtype: ``"float32"`` or ``"float64"``.
        parameters: where to start, (P,); None draws them from the seed.

    Raises `OptionError`.
    """

    def __init__(
        self,
        model: Model,
        optimizer: str,
        settings: Settings,
        batch: int | None,
        dtype: str,
        parameters: Array | None = None,
    ):
        check_settings(optimizer, [settings])
        if optimizer in SOLVERS:
            raise OptionError(f"{optimizer} needs all rows at once; take one of {', '.join(RULES)} for portions")
        if settings.schedule is not None and settings.schedule.kind in PLANNED:
            raise OptionError(
                f"schedule.kind is {settings.schedule.kind!r}, which follows the number of epochs planned, and portions"
                " have none; use constant, step or exponential"
            )
        check_regularisers(model, optimizer, [settings])
        self.model, self.optimizer, self.settings = model, optimizer, settings
        self.batch, self.dtype, self.epochs = batch, dtype, 0
        self.fleet = new_fleet(model, optimizer, [settings], dtype)
        if parameters is not None:
            self.fleet.parameters[0] = parameters

    @property
    def parameters(self) -> Array:
        """The parameters (P,) as they are now."""
        return np.array(self.fleet.parameters[0])

    def learn(self, x: Array, y: Array, weights: Array | None = None) -> float:
        """One pass over a portion; returns the mean of the batch costs seen. Arguments as of `ml.Arrays`.

        Raises `MLError` and keeps the parameters as they were where the pass would leave them NaN or infinite.
        """
        rows = make_rows(self.model, x, y, weights, self.dtype)
        then = self.fleet
        now = Fleet(then.ids, then.parameters.copy(), then.slots.copy(), then.step)
        feed = Feed(rows, [self.settings.seed], self.batch)
        with fleet_arithmetic():  # what overflows is found below
            program = Program(self.model, 1, self.dtype, *regularisers([self.settings], self.dtype))
            trainer = Trainer(program, self.optimizer, [self.settings], now, feed, rows.mass)
            costs = trainer.epoch(self.epochs, self.epochs + 1)
            assert costs is not None  # there is no deadline
            cost = float(costs[0])
        if not (np.isfinite(cost) and np.isfinite(now.parameters).all()):
            rate = self.settings.learning_rate or RULES[self.optimizer].defaults["learning_rate"]
            raise MLError(f"the training diverged with learning_rate {rate:g}; try a smaller one")
        self.fleet, self.epochs = now, self.epochs + 1
        return cost
