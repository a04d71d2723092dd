"""Limited-memory BFGS over all rows (Liu & Nocedal 1989), SciPy's implementation, in float64.

An iteration counts as an epoch. There is no early stopping: the answer is the minimum of the objective, or the last
iterate where ``epochs`` end first.
"""

from collections.abc import Sequence

import numpy as np
from scipy.optimize import OptimizeResult, minimize

from descent.ml.history import History, Outcome, Progress
from descent.ml.machine.interrupts import Interrupts
from descent.ml.network.layout import Array
from descent.ml.optimizers.settings import hyperparameters
from descent.ml.solvers.objectives import Minimisation, Objective, objective_of

_FLAT = 64 * float(np.finfo(np.float64).eps)
"""A relative decrease below this is rounding."""


def minimise_all(asked: Minimisation) -> list[Outcome]:
    """One outcome per variant, minimised one after the other."""
    settings, with_cv = asked.settings, asked.cv is not None
    hyper = hyperparameters("lbfgs", settings)
    seeds = {one.seed for one in settings}
    objectives = {seed: objective_of(asked.model, asked.rows, asked.cv, seed) for seed in seeds}
    starts = np.stack([objectives[one.seed].start for one in settings])
    history = History(starts, np.zeros(len(settings)), asked.epochs, with_cv)
    notes = [""] * len(settings)
    try:
        with Interrupts() as interrupts:
            for index, one in enumerate(settings):
                run = _Run(asked, index, objectives[one.seed], history, interrupts)
                notes[index] = run.minimise(int(hyper["history"][index]), float(hyper["tolerance"][index]))
                if run.ended:
                    break
                history.finish(index, "completed")
    except KeyboardInterrupt:
        pass
    history.end("interrupted")
    history.kept = history.kept.astype(asked.dtype)
    return history.outcomes(*exact_costs(history, [objectives[one.seed] for one in settings], with_cv), notes)


def exact_costs(history: History, objectives: Sequence[Objective], with_cv: bool) -> tuple[Array, Array | None]:
    """J_train and J_cv (N,) at the kept parameters, as rounded to the dtype asked for."""
    pairs = [objective.costs(kept.astype(np.float64)) for objective, kept in zip(objectives, history.kept, strict=True)]
    train = np.array([pair[0] for pair in pairs])
    return train, np.array([pair[1] for pair in pairs], np.float64) if with_cv else None


class _Run:
    """The minimisation for one λ; every iterate is entered in the history, so that an interruption finds the last."""

    def __init__(self, asked: Minimisation, index: int, objective: Objective, history: History, interrupts: Interrupts):
        self.asked, self.index, self.objective = asked, index, objective
        self.history, self.interrupts, self.ended = history, interrupts, False
        self.decay = asked.settings[index].lam / asked.rows.mass * objective.penalty

    def value(self, theta: Array) -> tuple[float, Array]:
        """J with its penalty, and the gradient."""
        cost, gradient = self.objective.value(theta)
        pull = self.decay * theta
        return cost + 0.5 * float(pull @ theta), gradient + pull

    def minimise(self, memory: int, tolerance: float) -> str:
        """Iterate to the tolerance; returns how it ended, in words."""

        def enter(intermediate_result: OptimizeResult) -> None:
            self._enter(np.array(intermediate_result.x), float(intermediate_result.fun))

        epochs = self.asked.epochs
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

    def _enter(self, theta: Array, total: float) -> None:
        epochs, callback = self.asked.epochs, self.asked.callback
        cost = total - 0.5 * float(self.decay * theta @ theta)
        held = self.objective.cost_cv(theta)
        epoch = self.history.iterate(self.index, self.objective.parameters(theta), cost, held)
        self.ended = self.interrupts.wanted
        if callback is not None:
            done = (self.index + epoch / epochs) / len(self.asked.settings)
            ids = np.array([self.index])
            cv = None if held is None else np.array([held])
            self.ended |= bool(callback(Progress(epoch, epochs, done, ids, np.array([cost]), cv)))
        if self.ended:
            raise StopIteration  # what SciPy's minimisers take as the wish to end
