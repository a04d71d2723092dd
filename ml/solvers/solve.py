"""The solvers under a deadline: they ask after every iteration whether to go on."""

from collections.abc import Sequence
from dataclasses import replace
from time import time

from descent.ml.history import Callback, Outcome, Progress
from descent.ml.network.model import Model
from descent.ml.network.rows import Rows
from descent.ml.optimizers.settings import Settings


def solve(
    solver: str,
    model: Model,
    settings: Sequence[Settings],
    rows: Rows,
    cv: Rows | None,
    epochs: int,
    dtype: str,
    callback: Callback | None,
    deadline: float | None,
) -> list[Outcome]:
    """Outcomes of ``lbfgs`` or ``newton``; those that the deadline ended have the status ``expired``."""
    if solver == "lbfgs":
        from descent.ml.solvers.lbfgs import minimise_all as minimise
    else:
        from descent.ml.solvers.newton import newton_all as minimise
    if deadline is None:
        return minimise(model, settings, rows, cv, epochs, dtype, callback)
    expired = [False]

    def watched(progress: Progress) -> bool:
        expired[0] = time() >= deadline
        return expired[0] | bool(callback is not None and callback(progress))

    found = minimise(model, settings, rows, cv, epochs, dtype, watched)
    if not expired[0]:
        return found
    return [
        replace(one, status="expired", message=f"out of time after iteration {one.epochs}")
        if one.status == "interrupted"
        else one
        for one in found
    ]
