"""Train a fleet: epochs, early stopping, divergence, callbacks, interruption."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from descent.ml.errors import OptionError, check_name
from descent.ml.fleets.feed import Feed, slices
from descent.ml.fleets.fleet import new_fleet
from descent.ml.fleets.regularisers import check_regularisers, regularisers
from descent.ml.fleets.trainer import Trainer
from descent.ml.history import History, Outcome, Status
from descent.ml.machine.arithmetic import fleet_arithmetic
from descent.ml.machine.interrupts import Interrupts
from descent.ml.network.model import Model
from descent.ml.network.program import Program
from descent.ml.network.rows import Arrays, Rows, check_classes, make_rows
from descent.ml.optimizers.rules import SOLVERS
from descent.ml.optimizers.settings import Settings, check_settings
from descent.ml.progress import Callback, Progress

if TYPE_CHECKING:
    from descent.ml.fleets.resuming import Keeper


class Plan(NamedTuple):
    """The arguments of `train` that all variants share."""

    batch: int | None
    epochs: int
    patience: int | None
    min_delta: float
    dtype: str
    until: int
    """The epoch at which training ends for now: ``epochs`` or an earlier one."""
    deadline: float | None


def train(
    model: Model,
    optimizer: str,
    settings: Sequence[Settings],
    data: Arrays,
    *,
    batch: int | None = 128,
    epochs: int = 200,
    patience: int | None = None,
    min_delta: float = 0.0,
    dtype: str = "float32",
    callback: Callback | None = None,
    checkpoint: str | Path | None = None,
    checkpoint_every: int | None = 1,
    checkpoint_seconds: float | None = None,
    pause: int | None = None,
    deadline: float | None = None,
) -> list[Outcome]:
    """Train one variant per entry of ``settings``, all together; outcomes in the same order.

    Minimises J(w, b) = (1/m) Σ loss + λ/(2m) Σ w² over mini-batches of ``batch`` rows (None: all rows, plain gradient
    descent). A variant's result depends on its own settings and the data alone, bit for bit: not on its neighbours,
    their number, or interruptions. ``patience`` ends a variant when J_cv has not fallen by more than ``min_delta``
    for that many epochs. A variant that diverges ends alone. Ctrl-C returns what there is after the epoch under way.
    ``checkpoint`` is a file that holds the whole state, written every ``checkpoint_every`` epochs (None: never) and at
    the end; if it exists, training resumes from it, also towards more ``epochs`` than before. With
    ``checkpoint_seconds`` it is written whenever so many have passed instead, and at the end only if it pauses or is
    interrupted.
    ``pause`` ends it for now after that many epochs in all, with status ``paused``: what a schedule does follows
    ``epochs`` still, and going on from the checkpoint gives the bits of a training without the pause. ``deadline`` is
    a time of `time.time`: then training ends in the middle of an epoch, which is dropped, with status ``expired``.

    With ``lbfgs`` (any model) and ``newton`` (linear models, many λ at once) an epoch is one iteration over all rows;
    batch and patience do not apply, checkpoints are refused; they run to their tolerance or to ``epochs`` iterations.

    Raises `OptionError`, `ArrayError`, `TargetError` before anything is trained, `CheckpointError` on resuming.
    """
    check_settings(optimizer, settings)
    check_regularisers(model, optimizer, settings)
    check_name("dtype", dtype, ("float32", "float64"))
    _check_counts(min_delta, batch=batch, epochs=epochs, patience=patience, every=checkpoint_every, pause=pause)
    if checkpoint_seconds is not None and not 0 <= checkpoint_seconds < float("inf"):
        raise OptionError(f"checkpoint_seconds is {checkpoint_seconds!r}; it must be a number ≥ 0")
    working = "float64" if optimizer in SOLVERS else dtype
    if optimizer == "newton" and model.hidden:
        raise OptionError(
            f"newton is for linear models; hidden is {model.hidden}. Use lbfgs or a first-order optimizer"
        )
    if optimizer in SOLVERS and checkpoint is not None:
        raise OptionError(f"checkpoint is {str(checkpoint)!r}, but {optimizer} keeps none; leave it out")
    check_classes(model, data.y)
    rows = make_rows(model, data.x, data.y, data.weights, working, mapped=optimizer == "newton")
    cv = None
    if (data.x_cv is None) != (data.y_cv is None):
        raise OptionError("x_cv and y_cv belong together; one of them is None")
    if data.x_cv is not None and data.y_cv is not None:
        cv = make_rows(model, data.x_cv, data.y_cv, data.weights_cv, working, "_cv", optimizer == "newton")
    if patience is not None and cv is None:
        raise OptionError(f"patience is {patience}, but there are no cv rows to watch; give x_cv and y_cv")
    with fleet_arithmetic():
        if optimizer in SOLVERS:
            from descent.ml.solvers.solve import solve

            return solve(optimizer, model, settings, rows, cv, epochs, dtype, callback, deadline)
        plan = Plan(
            batch, epochs, patience, min_delta, dtype, epochs if pause is None else min(pause, epochs), deadline
        )
        loop = _Loop(model, optimizer, settings, rows, cv, plan)
        keeper = None
        if checkpoint is not None:
            from descent.ml.fleets.resuming import Keeper

            keeper = Keeper(Path(checkpoint), checkpoint_every, checkpoint_seconds, loop.fingerprint)
        return loop.run(callback, keeper)


def _check_counts(min_delta: float, **counts: int | None) -> None:
    for name, value in counts.items():
        if value is not None and not (isinstance(value, int | np.integer) and value >= 1):
            raise OptionError(f"{name} is {value!r}; it must be a whole number ≥ 1")
    if counts["epochs"] is None:
        raise OptionError("epochs is None; it must be a whole number ≥ 1")
    if not 0 <= min_delta < float("inf"):
        raise OptionError(f"min_delta is {min_delta!r}; it must be a number ≥ 0")


class _Loop:
    """The epochs of one training."""

    def __init__(
        self, model: Model, optimizer: str, settings: Sequence[Settings], rows: Rows, cv: Rows | None, plan: Plan
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
        """Train until everything has ended; a checkpoint that exists is gone on from."""
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
            self.model, self.optimizer, self.settings, (self.rows, self.cv), plan.epochs, batch=plan.batch,
            patience=plan.patience, min_delta=plan.min_delta, dtype=plan.dtype,
        )  # fmt: skip

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
