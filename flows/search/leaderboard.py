"""How variants are ranked, and which of them go to the final."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
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


def rank(entries: Sequence[Entry], metric: str, greater_is_better: bool) -> list[Entry]:
    """Best metric on the cv set first; diverged variants and undefined metrics last, in their old order."""

    def key(entry: Entry) -> tuple[bool, float]:
        value = entry.metrics.get(metric, float("nan"))
        usable = entry.usable and isfinite(value)
        return (not usable, (-value if greater_is_better else value) if usable else 0.0)

    return sorted(entries, key=key)


def candidates(board: Sequence[Entry], metric: str, count: int) -> list[Entry]:
    """The entries of a leaderboard that go to the folds: the best, the best of each family, then the next best.

    A family is one architecture, with or without embeddings of numbers; all linear models of one degree are one. The
    best linear model and the plain one (λ = 1) are always among them: no network wins that is not better, and no linear
    model that is worse than the one that every result stands beside.
    """
    usable = [entry for entry in board if entry.usable and metric in entry.metrics]
    first: dict[object, Entry] = {}
    for entry in usable:
        variant = entry.variant
        kind = (variant.activation, variant.embedding is not None) if variant.layers else variant.features.degree
        first.setdefault((variant.layers, kind), entry)
    straight = [entry for entry in usable if not entry.variant.layers]
    plain = [one for one in straight if one.variant.lambda_ == 1 and one.variant.features.degree == 1]
    linear = list({id(one): one for one in (*straight[:1], *plain[:1])}.values())
    wanted = [*usable[:1], *linear[:1], *first.values(), *usable]
    chosen = [*list({id(entry): entry for entry in wanted}.values())[:count], *linear]
    return [entry for entry in usable if any(entry is one for one in chosen)]
