"""Which variants go to the final, and which finalist wins."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite, sqrt
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.schemas import Variant


@dataclass(frozen=True)
class Entry:
    """A trained variant on the leaderboard; costs are J_train and J_cv in the target's units."""

    variant: Variant
    fleet: int
    parameters: int
    cost_train: float
    cost_cv: float
    metrics: dict[str, float]
    epochs: int
    best_epoch: int
    status: str
    message: str = ""
    curve_train: tuple[float, ...] = field(default=(), repr=False)
    curve_cv: tuple[float, ...] = field(default=(), repr=False)
    weights: NDArray[Any] = field(default_factory=lambda: np.empty(0), repr=False, compare=False)
    """The parameters (P,), flat, as trained on the training rows."""
    reused: bool = field(default=False, repr=False, compare=False)
    """Whether a run before had trained it."""

    @property
    def usable(self) -> bool:
        """Whether it is a model at all: it did not diverge, and had an epoch before a budget ended it."""
        return self.status != "diverged" and (self.status != "budget" or self.epochs > 0)

    def compares_with(self, winner: "Entry") -> bool:
        """Whether it was trained as long as it wanted, or at least as long as the winner: else it would look worse."""
        return self.usable and (self.status in ("completed", "stopped") or self.epochs >= winner.epochs)


@dataclass(frozen=True)
class Finalist:
    """An entry with its metric on every fold."""

    entry: Entry
    folds: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean of the metric over the folds; the metric on the cv set where no folds were asked for."""
        return fmean(self.folds)

    @property
    def se(self) -> float | None:
        """Standard error of that mean, s/√k; None for a single value."""
        return stdev(self.folds) / sqrt(len(self.folds)) if len(self.folds) > 1 else None


def rank(entries: Sequence[Entry], metric: str, greater_is_better: bool) -> list[Entry]:
    """Best metric on the cv set first; diverged variants and undefined metrics last, in their old order."""

    def key(entry: Entry) -> tuple[bool, float]:
        value = entry.metrics.get(metric, float("nan"))
        usable = entry.usable and isfinite(value)
        return (not usable, (-value if greater_is_better else value) if usable else 0.0)

    return sorted(entries, key=key)


def candidates(board: Sequence[Entry], metric: str, count: int) -> list[Entry]:
    """The best entries of a leaderboard, which go to the folds."""
    return [entry for entry in board if entry.usable and metric in entry.metrics][:count]


def choose(finalists: Sequence[Finalist], rule: str, greater_is_better: bool) -> Finalist:
    """The winner.

    ``best`` takes the best mean. ``one-standard-error`` takes the simplest finalist whose mean is within one standard
    error of the best one's (Breiman, Friedman, Olshen & Stone 1984, *Classification and Regression Trees*, §3.4.3;
    Hastie, Tibshirani & Friedman 2009, *The Elements of Statistical Learning*, §7.10). Simplest: fewest parameters
    (a higher degree has more, and so has a wider or deeper network), then fewest hidden layers, then the largest λ.
    """
    sign = -1.0 if greater_is_better else 1.0
    best = min(finalists, key=lambda finalist: sign * finalist.mean)
    if rule == "best" or best.se is None:
        return best
    within = [finalist for finalist in finalists if sign * finalist.mean <= sign * best.mean + best.se]
    return min(
        within, key=lambda f: (f.entry.parameters, len(f.entry.variant.layers), -f.entry.variant.lambda_, sign * f.mean)
    )
