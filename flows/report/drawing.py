"""What the pictures of a training show."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True)
class Shown:
    """A variant as the pictures need it."""

    name: str
    lambda_: float
    cost_train: float
    cost_cv: float
    curve_train: Sequence[float] = ()
    curve_cv: Sequence[float] = ()
    best_epoch: int | None = None  # counted from 1
    linear: bool = False


@dataclass(frozen=True)
class Drawing:
    """Everything that is drawn. Costs are J, in ``unit``; ``dummy`` is J of a model that knows no features, ``level``
    the J that bias is counted from. Above ``high_bias`` J_train, and above ``high_variance`` J_cv − J_train, is high.
    """

    variants: Sequence[Shown]
    winner: str
    finalists: Sequence[str] = ()
    unit: str = ""
    dummy: float | None = None
    level: float | None = None
    high_bias: float | None = None
    high_variance: float | None = None

    @property
    def chosen(self) -> Shown:
        """The winner."""
        return next(variant for variant in self.variants if variant.name == self.winner)


def gap(variant: Shown) -> float:
    """J_cv − J_train."""
    return variant.cost_cv - variant.cost_train


def borders(drawing: Drawing, shown: Sequence[Shown]) -> tuple[float, float]:
    """How far right and up the map goes: past the dummy, the limits and the winner, not to variants far worse."""
    winner = drawing.chosen
    costs = [
        cost for cost in (drawing.dummy, drawing.high_bias, winner.cost_train) if cost is not None and isfinite(cost)
    ]
    right = 1.1 * max(costs or [v.cost_train for v in shown]) or 1.0
    gaps = [gap for gap in (drawing.high_variance, gap(winner)) if gap is not None and isfinite(gap)]
    gaps += [gap(v) for v in shown if v.cost_train <= right and gap(v) <= right]
    return right, 1.1 * max([*gaps, 0.0]) or 0.1 * right
