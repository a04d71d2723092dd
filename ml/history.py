"""What is remembered and told of every variant while a fleet trains: curves, the best epoch, and how it ended."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from descent.ml.network.layout import Array

Status = Literal["completed", "stopped", "diverged", "interrupted", "paused", "expired"]
_RUNNING, _STATUSES = 0, ("running", "completed", "stopped", "diverged", "interrupted", "paused", "expired")
DIVERGED = 1e3
"""A cost this many times the cost at the start counts as divergence."""


@dataclass(frozen=True)
class Outcome:
    """One trained variant.

    ``parameters`` (P,) are those of the epoch with the lowest J_cv, of the last epoch where there are no cv rows (and
    always with lbfgs and newton), and always finite. ``cost_train`` and ``cost_cv`` are the exact unregularised costs
    at them.
    ``curve_train`` (epochs,) is the mean of the batch costs seen during each epoch, while the parameters moved;
    ``curve_cv`` (epochs,) is exact at the end of each. ``best_epoch`` counts from 1; 0 means the start.
    """

    parameters: NDArray[np.floating]
    cost_train: float
    cost_cv: float | None
    curve_train: NDArray[np.float64]
    curve_cv: NDArray[np.float64] | None
    epochs: int
    best_epoch: int
    status: Status
    message: str


@dataclass(frozen=True)
class Progress:
    """State after an epoch (counted from 1) of the variants ``ids`` that trained in it, with their J (V,).

    ``done`` is the share of the whole training that is behind, in [0, 1], as if no variant would stop early.
    """

    epoch: int
    epochs: int
    done: float
    ids: NDArray[np.intp]
    cost_train: NDArray[np.float64]
    cost_cv: NDArray[np.float64] | None


Callback = Callable[[Progress], bool | None]
"""Called after every epoch; a true answer ends the training with status ``interrupted``."""


class History:
    """Arrays over all N variants of the caller's list; nothing here knows which of them still train."""

    def __init__(self, parameters: Array, start: Array, epochs: int, with_cv: bool):
        count = len(start)
        self.with_cv = with_cv
        self.kept = parameters.copy()
        self.start = start
        self.curve_train = np.full((count, epochs), np.nan)
        self.curve_cv = np.full((count, epochs), np.nan)
        self.epochs = np.zeros(count, np.int64)
        self.best_epoch = np.zeros(count, np.int64)
        self.best = np.full(count, np.inf)
        self.reference = np.full(count, np.inf)
        self.reference_epoch = np.zeros(count, np.int64)
        self.status = np.zeros(count, np.int64)

    def record(
        self,
        ids: Array,
        epoch: int,
        parameters: Array,
        train: Array,
        cv: Array | None,
        patience: int | None,
        delta: float,
    ) -> NDArray[np.bool_]:
        """Enter one epoch (counted from 1) of the variants ``ids``; returns which of them go on."""
        finite = np.isfinite(train) & np.isfinite(parameters).all(axis=1)
        if cv is not None:
            finite &= np.isfinite(cv)
            self.curve_cv[ids, epoch - 1] = cv
        self.curve_train[ids, epoch - 1] = train
        self.epochs[ids] = epoch
        diverged = ~finite | ((train > DIVERGED * self.start[ids]) & (self.start[ids] > 0))
        better = ~diverged if cv is None else ~diverged & (cv < self.best[ids])
        improved = ids[better]
        if len(improved):
            self.kept[improved] = parameters[better]
            self.best_epoch[improved] = epoch
        stopped = np.zeros(len(ids), bool)
        if cv is not None:
            self.best[improved] = cv[better]
            ahead = ~diverged & (cv < self.reference[ids] - delta)
            self.reference[ids[ahead]] = cv[ahead]
            self.reference_epoch[ids[ahead]] = epoch
            if patience is not None:
                stopped = ~diverged & (epoch - self.reference_epoch[ids] >= patience)
        self.status[ids[diverged]] = _STATUSES.index("diverged")
        self.status[ids[stopped]] = _STATUSES.index("stopped")
        return ~(diverged | stopped)

    def end(self, status: Status) -> None:
        """Give every variant that was still running its status."""
        self.status[self.status == _RUNNING] = _STATUSES.index(status)

    def finish(self, index: int, status: Status) -> None:
        """Give one variant its status."""
        self.status[index] = _STATUSES.index(status)

    def iterate(self, index: int, parameters: Array, train: float, cv: float | None) -> int:
        """Enter one iteration of a solver; returns its number, counted from 1."""
        self.epochs[index] += 1
        epoch = int(self.epochs[index])
        self.kept[index], self.best_epoch[index] = parameters, epoch
        self.curve_train[index, epoch - 1] = train
        if cv is not None:
            self.curve_cv[index, epoch - 1] = cv
        return epoch

    def outcomes(self, cost_train: Array, cost_cv: Array | None, notes: Sequence[str] = ()) -> list[Outcome]:
        """Outcomes, with the exact costs (N,) at the kept parameters; ``notes`` say how each completed."""
        results = []
        for i, name in enumerate(self.status):
            ran = int(self.epochs[i])
            status: Status = _STATUSES[name]  # type: ignore[assignment]
            results.append(
                Outcome(
                    parameters=self.kept[i].copy(),
                    cost_train=float(cost_train[i]),
                    cost_cv=None if cost_cv is None else float(cost_cv[i]),
                    curve_train=self.curve_train[i, :ran].copy(),
                    curve_cv=self.curve_cv[i, :ran].copy() if self.with_cv else None,
                    epochs=ran,
                    best_epoch=int(self.best_epoch[i]),
                    status=status,
                    message=notes[i] if notes and status == "completed" else self._message(i, status, ran),
                )
            )
        return results

    def _message(self, i: int, status: Status, ran: int) -> str:
        if status == "diverged":
            costs = self.curve_train[i, :ran]
            before = costs[:-1][np.isfinite(costs[:-1])]
            last = (
                f"{costs[-1]:.6g}" if np.isfinite(costs[-1]) else f"{before[-1] if len(before) else self.start[i]:.6g}"
            )
            return f"diverged in epoch {ran}; the last finite cost was {last}; try a smaller learning rate"
        if status == "stopped":
            return f"stopped after epoch {ran}; J_cv was lowest in epoch {self.best_epoch[i]}"
        if status in ("interrupted", "paused"):
            return f"{status} after epoch {ran}"
        if status == "expired":
            return f"out of time after epoch {ran}"
        return f"completed {ran} epochs"
