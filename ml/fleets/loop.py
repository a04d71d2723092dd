"""The epochs of one training: early stopping, divergence, callbacks, interruption."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from descent.ml.fleets.feed import Feed
from descent.ml.fleets.fleet import new_fleet
from descent.ml.fleets.regularisers import regularisers
from descent.ml.fleets.trainer import Trainer
from descent.ml.history import Callback, History, Outcome, Progress, Status
from descent.ml.machine.interrupts import Interrupts
from descent.ml.network.blocks import slices
from descent.ml.network.model import Model
from descent.ml.network.program import Program
from descent.ml.network.rows import Rows
from descent.ml.optimizers.settings import Settings

if TYPE_CHECKING:
    from descent.ml.fleets.resuming import Keeper


class TrainingPlan(NamedTuple):
    """The arguments of `train` that all variants share."""

    batch: int | None
    epochs: int
    patience: int | None
    min_delta: float
    dtype: str
    until: int
    """The epoch at which training ends for now: ``epochs`` or an earlier one."""
    deadline: float | None


class Loop:
    """The epochs of one training."""

    def __init__(
        self,
        model: Model,
        optimizer: str,
        settings: Sequence[Settings],
        rows: Rows,
        cv: Rows | None,
        plan: TrainingPlan,
    ):
        self.model, self.optimizer, self.settings, self.rows, self.cv = model, optimizer, settings, rows, cv
        self.plan = plan
        self.fleet = new_fleet(model, optimizer, settings, plan.dtype)
        self.everyone = self._program(settings)
        first = slices(rows)[:1]
        # Variants of one seed start from the same parameters: their cost is asked for once.
        seeds = {one.seed: v for v, one in enumerate(settings)}
        costs = Program(model, len(seeds), plan.dtype).cost(self.fleet.parameters[list(seeds.values())], first)
        own = dict(zip(seeds, costs, strict=True))
        silent = Program(model, 1, plan.dtype).cost(np.zeros_like(self.fleet.parameters[:1]), first)
        start = np.maximum([own[one.seed] for one in settings], silent)
        self.history = History(self.fleet.parameters, start, plan.epochs, cv is not None)
        self.cv_blocks = None if cv is None else slices(cv)
        self.epoch = 0

    def run(self, callback: Callback | None, keeper: "Keeper | None") -> list[Outcome]:
        """Train until everything has ended; resumes from a checkpoint that exists."""
        if keeper is not None and keeper.path.exists():
            from descent.ml.fleets.resuming import load_training

            self.epoch, self.fleet = load_training(keeper.path, keeper.facts, self.fleet, self.history)
        try:
            with Interrupts() as interrupts:
                self._epochs(interrupts, callback, keeper)
        except KeyboardInterrupt:
            # Raised in the middle of an epoch, by a callback or a second Ctrl-C: the history ends with the one before.
            self.history.end("interrupted")
        return self._outcomes()

    def fingerprint(self) -> dict[str, Any]:
        """What a checkpoint must agree with."""
        from descent.ml.fleets.resuming import fingerprint

        plan = self.plan
        return fingerprint(
            self.model,
            self.optimizer,
            self.settings,
            (self.rows, self.cv),
            plan.epochs,
            batch=plan.batch,
            patience=plan.patience,
            min_delta=plan.min_delta,
            dtype=plan.dtype,
        )

    def _epochs(self, interrupts: Interrupts, callback: Callback | None, keeper: "Keeper | None") -> None:
        trainer = self._trainer()
        ended, until = False, self.plan.until
        while trainer is not None and self.epoch < until and not ended:
            train_cost = trainer.epoch(self.epoch, self.plan.epochs, self.plan.deadline)
            if train_cost is None:
                self.history.end("expired")
                return
            parameters, ids = self.fleet.parameters, self.fleet.ids
            cv_cost = None if self.cv_blocks is None else trainer.program.cost(parameters, self.cv_blocks)
            self.epoch += 1
            keep = self.history.record(
                ids, self.epoch, parameters, train_cost, cv_cost, self.plan.patience, self.plan.min_delta
            )
            if not keep.all():
                self.fleet = self.fleet.take(keep)
                trainer = self._trainer()
            done = self.epoch / self.plan.epochs
            ended = interrupts.wanted
            if callback is not None:
                ended |= bool(callback(Progress(self.epoch, self.plan.epochs, done, ids, train_cost, cv_cost)))
            if keeper is not None:
                over = trainer is None or self.epoch == self.plan.epochs
                last = over or ended or self.epoch == until
                keeper.after(self.epoch, self.fleet, self.history, last=last, over=over)
        reached: Status = "completed" if until == self.plan.epochs else "paused"
        self.history.end("interrupted" if ended and self.epoch < until else reached)

    def _trainer(self) -> Trainer | None:
        """The trainer of the variants that go on; None if there are none."""
        if not len(self.fleet.ids):
            return None
        feed = Feed(self.rows, [self.settings[i].seed for i in self.fleet.ids], self.plan.batch)
        # Buffers that have been used before are in memory already: taking new ones would cost a fleet's whole epoch.
        whole = len(self.fleet.ids) == len(self.settings)
        program = self.everyone if whole else self._program([self.settings[i] for i in self.fleet.ids])
        return Trainer(program, self.optimizer, self.settings, self.fleet, feed, self.rows.mass)

    def _program(self, settings: Sequence[Settings]) -> Program:
        dtype = self.plan.dtype
        return Program(self.model, len(settings), dtype, *regularisers(settings, dtype))

    def _outcomes(self) -> list[Outcome]:
        everyone, kept = self.everyone, self.history.kept
        cost_cv = None if self.cv is None else everyone.cost(kept, self.cv)
        return self.history.outcomes(everyone.cost(kept, self.rows), cost_cv)
