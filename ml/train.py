"""Train variants together: what is asked for is checked, then epochs (`ml.fleets.loop`) or a solver do the work."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from descent.ml.errors import OptionError, check_name
from descent.ml.fleets.loop import Loop, TrainingPlan
from descent.ml.fleets.regularisers import check_regularisers
from descent.ml.history import Callback, Outcome
from descent.ml.machine.arithmetic import fleet_arithmetic
from descent.ml.network.model import Model
from descent.ml.network.rows import Arrays, check_classes, make_rows
from descent.ml.optimizers.rules import SOLVERS
from descent.ml.optimizers.settings import Settings, check_settings


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
            from descent.ml.solvers.objectives import Minimisation
            from descent.ml.solvers.solve import solve

            return solve(optimizer, Minimisation(model, settings, rows, cv, epochs, dtype, callback), deadline)
        plan = TrainingPlan(
            batch, epochs, patience, min_delta, dtype, epochs if pause is None else min(pause, epochs), deadline
        )
        loop = Loop(model, optimizer, settings, rows, cv, plan)
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
