"""Train a fleet: epochs, early stopping, divergence, callbacks, interruption."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .arrays import Arrays, Rows, check_classes, make_rows
from .batches import Feed, slices
from .errors import OptionError, check_name
from .fleet import Fleet, new_fleet
from .history import History, Outcome
from .models import Model
from .optimizers import SOLVERS
from .program import Program
from .progress import Callback, Progress
from .settings import Settings, check_settings
from .trainer import Trainer


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
) -> list[Outcome]:
    """Train one variant per entry of ``settings``, all together; outcomes in the same order.

    Minimises J(w, b) = (1/m) Σ loss + λ/(2m) Σ w² over mini-batches of ``batch`` rows (None: all rows, plain gradient
    descent). A variant's result depends on its own settings and the data alone, bit for bit: not on its neighbours,
    their number, or interruptions. ``patience`` ends a variant when J_cv has not fallen by more than ``min_delta``
    for that many epochs. A variant that diverges ends alone. Ctrl-C ends the epoch under way and returns what there
    is. ``checkpoint`` is a file that holds the whole state after every epoch; if it exists, training resumes from it.

    With ``lbfgs`` an epoch is one iteration over all rows; batch, patience and checkpoint do not apply, it runs to
    its tolerance or to ``epochs`` iterations, in float64.

    Raises `OptionError`, `ArrayError`, `TargetError` before anything is trained, `CheckpointError` on resuming.
    """
    check_settings(optimizer, settings)
    check_name("dtype", dtype, ("float32", "float64"))
    _check_counts(batch, epochs, patience, min_delta)
    working = "float64" if optimizer in SOLVERS else dtype
    check_classes(model, data.y)
    rows = make_rows(model, data.x, data.y, data.weights, working)
    cv = None
    if (data.x_cv is None) != (data.y_cv is None):
        raise OptionError("x_cv and y_cv belong together; one of them is None")
    if data.x_cv is not None and data.y_cv is not None:
        cv = make_rows(model, data.x_cv, data.y_cv, data.weights_cv, working, "_cv")
    if patience is not None and cv is None:
        raise OptionError(f"patience is {patience}, but there are no cv rows to watch; give x_cv and y_cv")
    with np.errstate(all="ignore"):  # what overflows belongs to a diverging variant, and is found every epoch
        if optimizer == "lbfgs":
            from .lbfgs import minimise_all

            return minimise_all(model, settings, rows, cv, epochs, dtype, callback)
        loop = _Loop(model, optimizer, settings, rows, cv, batch, epochs, patience, min_delta, dtype)
        return loop.run(callback, None if checkpoint is None else Path(checkpoint))


def _check_counts(batch: int | None, epochs: int, patience: int | None, min_delta: float) -> None:
    for name, value in (("batch", batch), ("epochs", epochs), ("patience", patience)):
        if value is not None and not (isinstance(value, int | np.integer) and value >= 1):
            raise OptionError(f"{name} is {value!r}; it must be a whole number ≥ 1")
    if epochs is None:
        raise OptionError("epochs is None; it must be a whole number ≥ 1")
    if not 0 <= min_delta < float("inf"):
        raise OptionError(f"min_delta is {min_delta!r}; it must be a number ≥ 0")


class _Loop:
    def __init__(
        self,
        model: Model,
        optimizer: str,
        settings: Sequence[Settings],
        rows: Rows,
        cv: Rows | None,
        batch: int | None,
        epochs: int,
        patience: int | None,
        min_delta: float,
        dtype: str,
    ):
        self.model, self.optimizer, self.settings, self.rows, self.cv = model, optimizer, settings, rows, cv
        self.batch, self.epochs, self.patience, self.min_delta, self.dtype = batch, epochs, patience, min_delta, dtype
        self.fleet = new_fleet(model, optimizer, settings, dtype)
        everyone = Program(model, len(settings), dtype)
        first = slices(rows)[:1]
        start = everyone.cost(self.fleet.parameters, first)
        silent = everyone.cost(np.zeros_like(self.fleet.parameters), first)
        self.history = History(self.fleet.parameters, np.maximum(start, silent), epochs, cv is not None)
        self.cv_blocks = None if cv is None else slices(cv)
        self.epoch = 0

    def run(self, callback: Callback | None, checkpoint: Path | None) -> list[Outcome]:
        try:
            self._epochs(callback)
            self.history.end("completed")
        except KeyboardInterrupt:
            self.history.end("interrupted")
        return self._outcomes()

    def _epochs(self, callback: Callback | None) -> None:
        trainer = self._trainer(self.fleet)
        while self.epoch < self.epochs and len(self.fleet.ids):
            train_cost = trainer.epoch(self.epoch, self.epochs)
            cv_cost = None
            if self.cv_blocks is not None:
                cv_cost = trainer.program.cost(self.fleet.parameters, self.cv_blocks)
            self.epoch += 1
            ids = self.fleet.ids
            keep = self.history.record(
                ids, self.epoch, self.fleet.parameters, train_cost, cv_cost, self.patience, self.min_delta
            )
            if not keep.all():
                self.fleet = self.fleet.take(keep)
                if len(self.fleet.ids):
                    trainer = self._trainer(self.fleet)
            if callback is not None and callback(
                Progress(self.epoch, self.epochs, self.epoch / self.epochs, ids, train_cost, cv_cost)
            ):
                self.history.end("interrupted")
                return

    def _trainer(self, fleet: Fleet) -> Trainer:
        feed = Feed(self.rows, [self.settings[i].seed for i in fleet.ids], self.batch)
        return Trainer(self.model, self.optimizer, self.settings, fleet, feed, self.rows.mass)

    def _outcomes(self) -> list[Outcome]:
        everyone = Program(self.model, len(self.settings), self.dtype)
        kept = self.history.kept
        cost_cv = None if self.cv is None else everyone.cost(kept, self.cv)
        return self.history.outcomes(everyone.cost(kept, self.rows), cost_cv)
