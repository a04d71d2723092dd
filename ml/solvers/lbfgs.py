"""Limited-memory BFGS over all rows (Liu & Nocedal 1989), SciPy's implementation, in float64.

An iteration counts as an epoch. There is no early stopping: the answer is the minimum of the objective, or the last
iterate where ``epochs`` end first.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from descent.ml.history import Callback, History, Outcome, Progress
from descent.ml.machine.interrupts import Interrupts
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.network.rows import Rows
from descent.ml.optimizers.settings import Settings, hyperparameters
from descent.ml.solvers.objectives import Objective, objective_of

_FLAT = 64 * float(np.finfo(np.float64).eps)
"""A relative decrease below this is rounding."""


def minimise_all(
    model: Model,
    settings: Sequence[Settings],
    rows: Rows,
    cv: Rows | None,
    epochs: int,
    dtype: str,
    callback: Callback | None,
) -> list[Outcome]:
    """One outcome per variant, minimised one after the other; rows are float64."""
    hyper = hyperparameters("lbfgs", settings)
    objectives = {seed: objective_of(model, rows, cv, seed) for seed in {one.seed for one in settings}}
    starts = np.stack([objectives[one.seed].start for one in settings])
    history = History(starts, np.zeros(len(settings)), epochs, cv is not None)
    notes = [""] * len(settings)
    try:
        with Interrupts() as interrupts:
            for index, one in enumerate(settings):
                run = _Run(
                    index, objectives[one.seed], one.lam / rows.mass, history, len(settings), callback, interrupts
                )
                notes[index] = run.minimise(int(hyper["history"][index]), float(hyper["tolerance"][index]), epochs)
                if run.ended:
                    break
                history.finish(index, "completed")
    except KeyboardInterrupt:
        pass
    history.end("interrupted")
    history.kept = history.kept.astype(dtype)
    return history.outcomes(*exact_costs(history, [objectives[one.seed] for one in settings], cv is not None), notes)


def exact_costs(history: History, objectives: Sequence[Objective], with_cv: bool) -> tuple[Array, Array | None]:
    """J_train and J_cv (N,) at the kept parameters, as rounded to the dtype asked for."""
    pairs = [objective.costs(kept.astype(np.float64)) for objective, kept in zip(objectives, history.kept, strict=True)]
    train = np.array([pair[0] for pair in pairs])
    return train, np.array([pair[1] for pair in pairs], np.float64) if with_cv else None


class _Run:
    """The minimisation for one λ; every iterate is entered in the history, so that an interruption finds the last."""

    def __init__(
        self,
        index: int,
        objective: Objective,
        decay: float,
        history: History,
        count: int,
        callback: Callback | None,
        interrupts: Interrupts,
    ):
        self.interrupts, self.ended = interrupts, False
        self.index, self.objective, self.history = index, objective, history
        self.count, self.callback = count, callback
        self.decay = decay * objective.penalty

    def value(self, theta: Array) -> tuple[float, Array]:
        """J with its penalty, and the gradient."""
        cost, gradient = self.objective.value(theta)
        pull = self.decay * theta
        return cost + 0.5 * float(pull @ theta), gradient + pull

    def minimise(self, memory: int, tolerance: float, epochs: int) -> str:
        """Iterate to the tolerance; returns how it ended, in words."""

        def enter(intermediate_result: OptimizeResult) -> None:
            self._enter(np.array(intermediate_result.x), float(intermediate_result.fun), epochs)

        result = minimize(
            self.value,
            self.objective.theta,
            jac=True,
            method="L-BFGS-B",
            callback=enter,
            options={
                "maxcor": memory,
                "gtol": tolerance,
                "ftol": _FLAT,
                "maxiter": epochs,
                "maxfun": 50 * epochs,
                "maxls": 50,
            },
        )
        ended = "reached the limit of" if result.status == 1 else "converged after"
        return f"{ended} {result.nit} iterations"

    def _enter(self, theta: Array, total: float, epochs: int) -> None:
        cost = total - 0.5 * float(self.decay * theta @ theta)
        held = self.objective.cost_cv(theta)
        epoch = self.history.iterate(self.index, self.objective.parameters(theta), cost, held)
        self.ended = self.interrupts.wanted
        if self.callback is not None:
            done = (self.index + epoch / epochs) / self.count
            ids = np.array([self.index])
            cv = None if held is None else np.array([held])
            self.ended |= bool(self.callback(Progress(epoch, epochs, done, ids, np.array([cost]), cv)))
        if self.ended:
            raise StopIteration  # what SciPy's minimisers take as the wish to end
