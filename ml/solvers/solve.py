"""The solvers under a deadline: they ask after every iteration whether to go on."""

from dataclasses import replace
from time import time

from descent.ml.history import Outcome, Progress
from descent.ml.solvers.objectives import Minimisation


def solve(solver: str, asked: Minimisation, deadline: float | None) -> list[Outcome]:
    """Outcomes of ``lbfgs`` or ``newton``; those that the deadline ended have the status ``expired``."""
    if solver == "lbfgs":
        from descent.ml.solvers.lbfgs import minimise_all as minimise
    else:
        from descent.ml.solvers.newton import newton_all as minimise
    if deadline is None:
        return minimise(asked)
    expired = [False]

    def watched(progress: Progress) -> bool:
        expired[0] = time() >= deadline
        return expired[0] | bool(asked.callback is not None and asked.callback(progress))

    found = minimise(replace(asked, callback=watched))
    if not expired[0]:
        return found
    return [
        replace(one, status="expired", message=f"out of time after iteration {one.epochs}")
        if one.status == "interrupted"
        else one
        for one in found
    ]
