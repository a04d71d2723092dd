"""Linear models by Newton's method on an upper bound of the curvature, all variants of a fleet in lockstep.

The Hessian of each loss is bounded by c·XᵀX/m, with c = 1 for squared error (where the bound is the Hessian itself)
and Huber, ¼ for binary and ½ for categorical cross-entropy (Böhning & Lindsay 1988; Böhning 1992). With the penalty
added and inverted once per λ, that is the start matrix from which L-BFGS (Nocedal & Wright 2006, algorithm 7.4) makes
its step: one step solves least squares, few solve the others. The step is halved until the cost falls enough (Armijo).

The rows are read in the dtype asked for, once per iteration for all variants, and are copied unless they are mapped
from a file, which may be larger than memory. Time and memory grow with n³ and n² per
variant, which suits tables of up to a few hundred columns; `lbfgs` has no such limit.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from descent.ml.history import Callback, History, Outcome, Progress
from descent.ml.machine.interrupts import Interrupts
from descent.ml.network.blocks import BLOCK, spans
from descent.ml.network.layout import Array
from descent.ml.network.model import Model
from descent.ml.network.rows import Rows
from descent.ml.optimizers.settings import Settings, hyperparameters
from descent.ml.solvers.objectives import Minimisation, Moments, Standardised, offset_of
from descent.ml.solvers.stacked import OverRows, blocks_of

_JITTER = 1e-10
"""Added to the curvature of standardised columns, so that collinear ones can be inverted; it slows, never misleads."""
_HALVINGS = 30
_INVERSES = 1 << 28
"""Bytes that the inverted curvatures of the variants that go in lockstep may take."""


def newton_all(asked: Minimisation) -> list[Outcome]:
    """One outcome per variant; there is no early stopping."""
    problem, count = _Problem(asked.model, asked.rows, asked.cv, asked.dtype), len(asked.settings)
    history = History(np.zeros((count, asked.model.size)), np.zeros(count), asked.epochs, asked.cv is not None)
    descent = _Descent(problem, asked.settings, asked.rows.mass, history, asked.dtype)
    try:
        with Interrupts() as interrupts:
            descent.run(asked.epochs, asked.callback, interrupts)
    except KeyboardInterrupt:
        pass
    history.end("interrupted")
    kept = history.kept = history.kept.astype(asked.dtype)
    theta = np.stack([problem.theta(one.astype(np.float64)) for one in kept])
    costs_cv = None if problem.held is None else problem.held.cost(theta)
    return history.outcomes(problem.seen.cost(theta), costs_cv, descent.notes)


class _Problem:
    """The rows in standardised coordinates (`ml.solvers.objectives`), as costs of stacked θ (V, K, n + 1)."""

    def __init__(self, model: Model, rows: Rows, cv: Rows | None, dtype: str):
        self.coordinates = Standardised(model, rows)
        self.shape = (model.outputs, model.inputs + 1)
        self.offset: Array | float = 0.0
        self.seen: Moments | OverRows
        self.held: Moments | OverRows | None
        if model.loss == "squared_error":
            self.offset = offset_of(rows)
            self.seen = Moments(self.coordinates, rows, self.offset)
            self.held = None if cv is None else Moments(self.coordinates, cv, self.offset)
            self.gram = self.seen.G
        else:
            block = blocks_of(self.coordinates, rows, dtype)
            self.gram = np.zeros((self.shape[1], self.shape[1]))
            for a, b in spans(len(rows), BLOCK):
                x = block(a, b)
                weighted = x if rows.w is None else x * rows.w[:, a:b].T.astype(dtype)
                self.gram += weighted.T @ x
            self.gram /= len(rows)
            self.seen = OverRows(model, block, rows, dtype)
            self.held = None if cv is None else OverRows(model, blocks_of(self.coordinates, cv, dtype), cv, dtype)
        self.gram = model.criterion.curvature * self.gram + _JITTER * np.eye(self.shape[1])

    def theta(self, parameters: Array) -> Array:
        """Parameters (P,) of the model as θ (K, n + 1)."""
        full = self.coordinates.theta(parameters).reshape(self.shape)
        full[:, -1] -= self.offset
        return full

    def parameters(self, theta: Array) -> Array:
        """Stacked θ (V, K, n + 1) as parameters (V, P) of the model."""
        full = theta.copy()
        full[:, :, :-1] /= self.coordinates.scale
        full[:, :, -1] -= np.vecdot(full[:, :, :-1], self.coordinates.mean) - self.offset
        return full.reshape(len(theta), -1)


class _Descent:
    def __init__(self, problem: _Problem, settings: Sequence[Settings], mass: float, history: History, dtype: str):
        hyper = hyperparameters("newton", settings)
        self.problem, self.history = problem, history
        self.eps = float(np.finfo(dtype).eps) if isinstance(problem.seen, OverRows) else float(np.finfo(float).eps)
        self.tolerance = np.maximum(hyper["tolerance"], 8 * self.eps)
        self.memory = hyper["history"].astype(int)
        self.penalty = problem.coordinates.penalty[: problem.shape[1]]
        self.decay = np.array([one.lam for one in settings])[:, None, None] / mass * self.penalty
        self.notes = [""] * len(settings)

    def run(self, epochs: int, callback: Callback | None, interrupts: Interrupts) -> None:
        """Iterate until every variant has converged or the epochs are over, in parts whose inverses fit in memory."""
        parts = spans(len(self.notes), max(1, _INVERSES // (8 * len(self.penalty) ** 2)))
        for number, (start, stop) in enumerate(parts):
            shares = number / len(parts), 1 / len(parts)
            if self._run_part(_State(self, np.arange(start, stop)), epochs, shares, callback, interrupts):
                return

    def _run_part(
        self,
        state: "_State",
        epochs: int,
        shares: tuple[float, float],
        callback: Callback | None,
        interrupts: Interrupts,
    ) -> bool:
        """Returns whether the training is to end. ``shares``: of the whole training before this part, and in it."""
        for epoch in range(1, epochs + 1):
            converged = state.advance()
            ids, cost = state.ids, state.cost
            held = None if self.problem.held is None else self.problem.held.cost(state.theta)
            self._record(ids, self.problem.parameters(state.theta), cost, held)
            ended = interrupts.wanted
            if callback is not None:
                done = shares[0] + shares[1] * epoch / epochs
                ended |= bool(callback(Progress(epoch, epochs, done, ids, cost, held)))
            for index in ids[converged]:
                self.notes[index] = f"converged after {epoch} iterations"
                self.history.finish(index, "completed")
            state.take(~converged)
            if ended or not len(state.ids):
                return ended
        for index in state.ids:
            self.notes[index] = f"reached the limit of {epochs} iterations"
            self.history.finish(index, "completed")
        return False

    def _record(self, ids: Array, parameters: Array, cost: Array, held: Array | None) -> None:
        for place, index in enumerate(ids):
            self.history.iterate(
                index, parameters[place], float(cost[place]), None if held is None else float(held[place])
            )


class _State:
    """Where the variants ``ids`` are: θ, gradient, cost, and the pairs (s, y, 1/⟨s, y⟩) of their last steps."""

    def __init__(self, descent: _Descent, ids: NDArray[np.intp]):
        self.descent, self.ids = descent, ids
        problem = descent.problem
        self.theta = np.zeros((len(ids), *problem.shape))
        curvature = problem.gram + descent.decay[ids] * np.eye(problem.shape[1])
        self.inverse = np.linalg.inv(curvature)
        cost, gradient = problem.seen.value(self.theta[:1])  # all begin at 0, where no penalty pulls
        self.cost, self.gradient = cost.repeat(len(ids)), gradient.repeat(len(ids), axis=0)
        self.pairs: list[tuple[Array, Array, Array]] = []

    def take(self, keep: NDArray[np.bool_]) -> None:
        """Go on with some of the variants."""
        if keep.all():
            return
        self.ids, self.theta, self.inverse = self.ids[keep], self.theta[keep], self.inverse[keep]
        self.cost, self.gradient = self.cost[keep], self.gradient[keep]
        self.pairs = [(s[keep], y[keep], r[keep]) for s, y, r in self.pairs]

    def advance(self) -> NDArray[np.bool_]:
        """One step of every variant; returns which have converged."""
        direction = self._direction()
        slope = _dot(self.gradient, direction)
        before, size = self._total(self.cost, self.theta, self.ids), np.ones(len(self.ids))
        theta = self.theta + direction
        cost, gradient = self._value(theta, self.ids)
        noise = 4 * self.descent.eps
        for _ in range(_HALVINGS):
            bad = ~(self._total(cost, theta, self.ids) <= before * (1 + noise) + 1e-4 * size * slope)
            if not bad.any():
                break
            size[bad] *= 0.5
            theta[bad] = self.theta[bad] + size[bad, None, None] * direction[bad]
            cost[bad], gradient[bad] = self._value(theta[bad], self.ids[bad])
        self._remember(theta - self.theta, gradient - self.gradient)
        self.theta, self.cost, self.gradient = theta, cost, gradient
        gain = before - self._total(cost, theta, self.ids)
        steep = np.abs(gradient).max(axis=(1, 2))
        return np.asarray(
            (steep <= self.descent.tolerance[self.ids]) | (gain <= 0.25 * self.descent.eps * np.abs(before))
        )

    def _value(self, theta: Array, ids: Array) -> tuple[Array, Array]:
        """Mean loss, and the gradient of the whole objective."""
        cost, gradient = self.descent.problem.seen.value(theta)
        return cost, gradient + self.descent.decay[ids] * theta

    def _total(self, cost: Array, theta: Array, ids: Array) -> Array:
        return np.asarray(cost + 0.5 * _dot(self.descent.decay[ids] * theta, theta))

    def _direction(self) -> Array:
        """−H·gradient by the two loops of L-BFGS, H starting from the inverse of the bound."""
        q = self.gradient.copy()
        shares = []
        for s, y, inverse in reversed(self.pairs):
            share = inverse * _dot(s, q)
            q -= share[:, None, None] * y
            shares.append(share)
        r = np.matmul(q, self.inverse)
        for (s, y, inverse), share in zip(self.pairs, reversed(shares), strict=True):
            r += (share - inverse * _dot(y, r))[:, None, None] * s
        return np.asarray(-r)

    def _remember(self, s: Array, y: Array) -> None:
        along = _dot(s, y)
        # Rounding can spoil a pair near the minimum; with 0 in place of 1/⟨s, y⟩ it has no say.
        useful = along > self.descent.eps * np.sqrt(_dot(s, s) * _dot(y, y))
        self.pairs.append((s, y, np.where(useful, 1 / np.where(useful, along, 1), 0)))
        memory = self.descent.memory[self.ids]
        del self.pairs[: -int(memory.max())]
        for age, (_, _, inverse) in enumerate(reversed(self.pairs)):
            inverse[age >= memory] = 0


def _dot(a: Array, b: Array) -> Array:
    """⟨a, b⟩ of every variant, (V,)."""
    return np.asarray(np.vecdot(a.reshape(len(a), -1), b.reshape(len(b), -1)))
