"""What an experiment saw of its winner, and the signals that a diagnosis reads from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from math import isfinite
from statistics import fmean

from descent.ml.diagnosis.measured import Measured
from descent.ml.diagnosis.power_law import PowerLaw
from descent.ml.diagnosis.replicates import Replicates
from descent.ml.errors import OptionError

CLEAR = 0.05
"""A cost differs clearly when it differs by this share of the explainable cost."""
MOVING = 0.005
"""A curve still moves when its last tenth differs from the tenth before by this share."""


@dataclass(frozen=True, kw_only=True)
class Observations:
    """The winner and what was tried beside it. All costs are unregularised and in one unit.

    Args:
        cost_train: J_train of the winner.
        cost_cv: J_cv of the winner.
        cost_dummy: J on the cv rows of a model that knows no features.
        se: standard error of J_cv over the folds, None when there were no folds.
        level: the cost that a person or a competing model reaches, None when unknown.
        best_cost_train: lowest training cost that any variant reached, in any epoch.
        best_cost_cv: lowest J_cv of any variant.
        rows: training rows.
        columns: features after encoding.
        parameters: weights and biases of the winner.
        hidden: the winner's hidden layers; () is a linear model.
        degree: the winner's polynomial degree.
        lam: the winner's λ.
        tried_hidden: hidden layers of all variants.
        tried_degrees: degrees of all variants.
        tried_lams: every λ that was tried with the winner's kind of model.
        entry: index of the winner's entry in ``search.models``, for the advice; None when unknown.
        curve_train: the winner's training cost per epoch.
        curve_cv: the winner's J_cv per epoch.
        stopped_early: whether early stopping ended the winner's training.
        diverged: number of variants that diverged.
        variants: number of variants.
        entries: number of entries of ``search.models``, for the advice.
        numeric: whether some columns are numbers, which can be raised to powers.
        measured: bias, variance and level as measured on parts of the rows; None where that was turned off.
        tested: by remedy, other settings trained on the winner's halves of the rows.
        law: the power law through the winner's learning curve.

    Raises:
        OptionError: a cost that is not a finite number ≥ 0.
    """

    cost_train: float
    cost_cv: float
    cost_dummy: float
    se: float | None = None
    level: float | None = None
    best_cost_train: float | None = None
    best_cost_cv: float | None = None
    rows: int
    columns: int
    parameters: int
    hidden: tuple[int, ...] = ()
    degree: int = 1
    lam: float = 0.0
    tried_hidden: Sequence[tuple[int, ...]] = ((),)
    tried_degrees: Sequence[int] = (1,)
    tried_lams: Sequence[float] = ()
    entry: int | None = None
    curve_train: Sequence[float] = ()
    curve_cv: Sequence[float] = ()
    stopped_early: bool = False
    diverged: int = 0
    variants: int = 1
    entries: int | None = None
    numeric: bool = True
    measured: Measured | None = None
    tested: Mapping[str, Sequence[Replicates]] = field(default_factory=dict)
    law: PowerLaw | None = None

    def __post_init__(self) -> None:
        for one in fields(self):
            if one.name.startswith("cost") or one.name.startswith("best_cost") or one.name in ("se", "level"):
                value = getattr(self, one.name)
                if value is not None and not (isfinite(value) and value >= 0):
                    raise OptionError(f"{one.name} is {value}; allowed are finite numbers ≥ 0")

    @cached_property
    def noise(self) -> float:
        """Two standard errors of J_cv: a gap below is no gap. 0 when the error is unknown."""
        return 2.0 * (self.se or 0.0)

    @cached_property
    def beats_dummy(self) -> bool:
        """Whether J_cv is below the dummy's by more than one standard error (both on the same rows)."""
        return self.cost_cv + (self.se or 0.0) < self.cost_dummy

    @cached_property
    def explainable(self) -> float:
        """What there is to explain: the dummy's cost above the known level, the unit of every share. Always > 0."""
        largest = max(self.cost_train, self.cost_cv, self.level or 0.0)
        for unit in (self.cost_dummy - (self.level or 0.0), self.cost_dummy, largest):
            if unit > 1e-9 * largest:
                return unit
        return 1.0

    @cached_property
    def fits_better(self) -> float:
        """By which share some variant fitted the training rows better than the winner; 0 if none did."""
        reached = [*([] if self.best_cost_train is None else [self.best_cost_train]), *self.curve_train]
        return max(0.0, (self.cost_train - min(reached, default=self.cost_train)) / self.explainable)

    @cached_property
    def falling(self) -> float:
        """By which share J_cv still fell in the last tenth of the epochs; 0 if it did not or training was stopped."""
        curve = self.curve_cv or self.curve_train
        if self.stopped_early or len(curve) < 4:
            return 0.0
        before, last = _last_two_tenths(curve)
        fall = (before - last) / self.explainable
        return fall if fall > MOVING else 0.0

    @cached_property
    def rising(self) -> float:
        """By which share J_cv stood above its best at the end, when it rose clearly; else 0."""
        if len(self.curve_cv) < 4:
            return 0.0
        rise = (_last_two_tenths(self.curve_cv)[1] - min(self.curve_cv)) / self.explainable
        return rise if rise > CLEAR else 0.0

    @property
    def models(self) -> str:
        """The winner's entry of the search, as it is typed after ``--set``."""
        return f"search.models[{'..' if self.entry is None else self.entry}]"

    @property
    def another(self) -> str:
        """A further entry of the search."""
        return f"search.models[{'..' if self.entries is None else self.entries}]"


def _last_two_tenths(curve: Sequence[float]) -> tuple[float, float]:
    """Mean of the last tenth but one, and of the last."""
    width = max(1, len(curve) // 10)
    return fmean(curve[-2 * width : -width]), fmean(curve[-width:])
