"""What was measured of a winner for its diagnosis: bias, variance and the level, each with its uncertainty.

With V the variance at the full number of training rows and L the level,

    J_cv = L + bias + V

- V of linear models that a solver trained follows from their fit (`ml.diagnosis.sandwich`). V of others has two parts:
  what random numbers do, measured between models of all training rows (`chance`), and what the rows do, measured on
  disjoint halves, quarters and eighths of them (`ml.diagnosis.replicates`), with the λ/m of all rows, and carried to
  all by V(m) ∝ m^−c, a linear regression of log V on log m with a prior on c (1 for parametric models, near 0 for
  networks that fit the noise).
- J − V of linear models is known twice: J_cv − V on cv rows, J_train + V on training rows. What is wrong with V all but
  cancels in the mean over both.
- L is the configured level. When none is known it is the lowest that any reference tells: other models trained on the
  same halves, with their variance taken off, since that is not noise either; and the stack of models of other kinds
  (`data.references.stack`), whose cost is carried on from half of the rows to all to ever more, as if it fell with 1/m.
  A truth that none of them begins to learn looks like noise. The reference is chosen by its cost plus one standard
  error of its difference from the winner, so that chance does not choose it; since the best of several is partly luck,
  and a configured level knows nothing of these cv rows, no bias at all is a possibility of its own that a small
  difference does not rule out.
- Sampling of the cv rows is a bootstrap over rows (Efron 1979), of all costs together, so differences are paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from descent.ml.diagnosis.power_law import Projected, summary
from descent.ml.diagnosis.replicates import Replicates
from descent.ml.diagnosis.sandwich import Fit
from descent.ml.statistics.draws import DRAWS, Draws, mean_draws
from descent.ml.statistics.rows import Costs

RATE, RATE_SD = 0.8, 0.5
"""Prior of c in V ∝ m^−c: 1 for parametric models, near 0 for networks that fit the noise."""
SCATTER = 0.3
"""Standard deviation of log V when measured between two models; it falls with √(R − 1)."""
SURE = 0.03
"""That of V at all rows where it is known otherwise and only c is asked."""
KNOWN = 0.3
"""Standard deviation of log V by the sandwich, and of the log of what random numbers do."""
LEAST_OF_ROWS = 0.05
"""The share of V that comes of the rows at least."""
AHEAD, AHEAD_SD = 1.0, 0.5
"""What all rows would still take from the cost of a reference beside what the second half of them took: as much where
it falls with 1/m; and the standard deviation of the log of that."""
LITTLE = 0.2
"""Where less than this share of the dummy's cost can be explained, shares are counted from this share."""
PRIOR_GAIN = 0.30
"""Gains are shrunk towards 0 as if their prior had this standard deviation, in shares of the explainable cost."""

GAIN_WIDER, GAIN_LEAST = 1.35, 0.02
"""What is left out of a gain's standard deviation: that the variance of halves is carried to all rows, and what one
training does by chance. It is multiplied by the first, once the second, in shares of J_cv, is added to it in squares:
so 80 % of realised gains lie inside the 80 % interval (benchmarks/honesty/gains.py, on problems of its own)."""


@dataclass(frozen=True)
class Reference:
    """Another model, and what its cost is on every cv row (m,) without its variance, as far as that is known.

    Where its variance is not known, ``half`` (m,) and ``half_train`` (n,) are the costs of models of half of the
    training rows, those on training rows by the half without the row.
    """

    name: str
    beyond: Costs
    half: Costs | None = None
    half_train: Costs | None = None


@dataclass(frozen=True)
class Measured:
    """The winner on all training rows (``costs`` (m,) per cv row, ``rows`` of training), on parts of them, and others.

    ``costs`` are the mean of models that differ in their random numbers, ``chance`` (m,) what of it these vary.
    ``parts`` has the winner's replicates with the fewest rows first; the last are its halves. ``costs_dummy`` (m,)
    are those of a model that knows no features, ``cost_dummy`` its cost on train and cv rows together. ``level`` is the
    configured one. ``fit`` is known of linear models that a solver trained.
    """

    rows: int
    train: float
    costs: Costs
    costs_dummy: Costs
    parts: Sequence[Replicates]
    references: Sequence[Reference] = field(default=())
    level: float | None = None
    chance: Costs | None = None
    fit: Fit | None = None
    cost_dummy: float | None = None

    @cached_property
    def _of_rows(self) -> tuple[float, float]:
        """log of what the rows do to V at all of them, and its standard deviation."""
        floor = 1e-9 * max(float(self.costs_dummy.mean()), 1e-300)
        if self.fit is not None:
            return float(np.log(max(self.fit.variance, floor))), KNOWN
        least = [max(LEAST_OF_ROWS * part.cost_of_variance, floor) for part in self.parts]
        found = [float((part.variance - part.chance).mean()) for part in self.parts]
        return carried(self.parts, np.maximum(found, least).tolist(), self.rows)[:2]

    @cached_property
    def _of_chance(self) -> float:
        return 0.0 if self.chance is None else max(0.0, float(self.chance.mean()))

    @cached_property
    def rate(self) -> tuple[float, float]:
        """c of V(m) ∝ m^−c and its standard deviation."""
        at_all = float(np.exp(self._of_rows[0])) + self._of_chance
        floor = 1e-9 * at_all
        return carried(self.parts, [max(part.cost_of_variance, floor) for part in self.parts], self.rows, at_all)[2:]

    @cached_property
    def variance(self) -> Draws:
        """Draws (d,) of V at all training rows; never above J_cv."""
        log_v, sd = self._of_rows
        rng = np.random.Generator(np.random.PCG64(1))
        of_rows = np.exp(log_v + sd * rng.standard_normal(DRAWS))
        of_chance = self._of_chance * np.exp(KNOWN * rng.standard_normal(DRAWS))
        return np.minimum(of_rows + of_chance, 0.999 * float(self.costs.mean()))

    def _own(self, variance: Draws, *, train: bool) -> Draws:
        """Draws (d,) of J without the variance, from the cv rows and, with ``train``, from the training rows."""
        on_cv = mean_draws(self.costs) - variance
        if not train or self.fit is None:
            return on_cv
        on_train = mean_draws(self.fit.costs, 1) + variance * (self.fit.optimism / max(self.fit.variance, 1e-300))
        return self._pooled(on_cv, on_train)

    def _pooled(self, on_cv: Draws, on_train: Draws) -> Draws:
        assert self.fit is not None
        share = len(self.costs) / (len(self.costs) + len(self.fit.costs))
        return share * on_cv + (1 - share) * on_train

    def _compared(self, one: Reference, variance: Draws) -> tuple[Draws, Draws]:
        """Draws (d,) of J without the variance, the winner's and a reference's, on the same rows."""
        own, other = self._own(variance, train=False), mean_draws(one.beyond)
        if one.half is None or one.beyond.mean() >= self.costs_dummy.mean():  # who learned nothing is not going to
            return own, other
        rng = np.random.Generator(np.random.PCG64(4))
        fell = np.maximum(mean_draws(one.half) - other, 0.0) * AHEAD * np.exp(AHEAD_SD * rng.standard_normal(DRAWS))
        other = other - fell
        if self.fit is not None and one.half_train is not None:
            own = self._own(variance, train=True)
            other = self._pooled(other, mean_draws(one.half_train, 1) - 2 * fell)
        return own, np.maximum(other, 0.0)

    @cached_property
    def reference(self) -> Reference | None:
        """The model that the level is taken from; None where no other reaches below the winner's own J − V."""
        middle = np.full(DRAWS, float(np.median(self.variance)))
        best, found = 0.0, None
        for one in self.references:
            own, other = self._compared(one, middle)
            lower = float((own - other).mean() - (own - other).std())
            if lower > best:
                best, found = lower, one
        return found

    @cached_property
    def _found(self) -> tuple[Draws, Draws]:
        """Draws (d,) of the level and of the bias."""
        if self.level is not None:
            own, other = self._own(self.variance, train=True), self._configured
        elif self.reference is None:
            own = self._own(self.variance, train=True)
            return np.maximum(own, 0.0), np.zeros(DRAWS)
        else:
            own, other = self._compared(self.reference, self.variance)
        some = np.random.Generator(np.random.PCG64(3)).random(DRAWS) < self._some_bias(own, other)
        return np.maximum(np.where(some, other, own), 0.0), np.where(some, own - other, 0.0)

    def _some_bias(self, own: Draws, other: Draws) -> float:
        """Probability that own − other, seen with noise, is more than none.

        A point at 0 against a normal about 0 as wide as what there is to explain, equally likely before (Mitchell &
        Beauchamp 1988, *Bayesian variable selection*).
        """
        difference = own - other
        dummy = float(self.costs_dummy.mean())
        wide = max(dummy - float(other.mean()), LITTLE * dummy, 1e-300)
        se = max(float(difference.std()), 1e-9 * wide)
        ratio, z = (wide / se) ** 2, float(difference.mean()) / se
        return float(1.0 / (1.0 + np.sqrt(1 + ratio) * np.exp(-0.5 * min(z * z * ratio / (1 + ratio), 1000.0))))

    @cached_property
    def _configured(self) -> Draws:
        """Draws (d,) of a configured level, as it is on these rows.

        The cv rows may be harder than others by chance; the dummy's cost on them beside its cost on all rows says so,
        as a control variate with the regression coefficient of the winner's costs on the dummy's.
        """
        assert self.level is not None
        dummy = self.costs_dummy
        if self.fit is not None or self.cost_dummy is None or not dummy.var() > 0:
            return np.full(DRAWS, self.level)
        slope = float(np.clip(np.cov(self.costs, dummy)[0, 1] / dummy.var(ddof=1), 0.0, 1.0))
        return self.level + slope * (mean_draws(dummy) - self.cost_dummy)

    @property
    def levels(self) -> Draws:
        """Draws (d,) of the level."""
        return self._found[0]

    @property
    def bias(self) -> Draws:
        """Draws (d,) of the bias: J without the variance, above the level."""
        return self._found[1]

    @cached_property
    def explainable(self) -> Draws:
        """Draws (d,) of the explainable cost, the unit of every share; > 0."""
        dummy = mean_draws(self.costs_dummy)
        return np.maximum(np.maximum(dummy - self.levels, LITTLE * dummy), 1e-12)

    def probabilities(self, high: float) -> tuple[float, float, float, float]:
        """Of good fit, high bias, high variance and both, where more than the share ``high`` is high."""
        bias, variance = self.bias / self.explainable > high, self.variance / self.explainable > high
        pairs = ((False, False), (True, False), (False, True), (True, True))
        return tuple(float(np.mean((bias == b) & (variance == v))) for b, v in pairs)  # type: ignore[return-value]

    def gain(self, halves: Replicates) -> tuple[Projected, float]:
        """By how much J_cv would fall with another model, from its halves; and the probability that it falls.

        Its J − V is taken to stay, its V to fall to all rows as the winner's does; the winner is carried the same way
        so that what the halves have in common cancels. Shrunk towards no gain: several models compete to be advised.
        """
        own = self.parts[-1]
        c, sd = self.rate
        rng = np.random.Generator(np.random.PCG64(2))
        left = 0.5 ** np.clip(c + sd * rng.standard_normal(DRAWS), 0.0, 2.0)
        beyond = mean_draws(own.beyond - halves.beyond)
        raw = beyond + (own.cost_of_variance - halves.cost_of_variance) * left
        between = np.hypot(own.spread, halves.spread) / 2  # two halves each, as far as it does not cancel
        spread = float(np.hypot(raw.std(), 0.5 * between))
        prior = PRIOR_GAIN * float(self.explainable.mean())
        keep = prior**2 / (prior**2 + spread**2)
        wide = GAIN_WIDER * float(np.hypot(np.sqrt(keep) * spread, GAIN_LEAST * self.costs.mean()))
        draws = keep * raw.mean() + wide * rng.standard_normal(DRAWS)
        return summary(draws), float(np.mean(draws > 0))


def carried(
    parts: Sequence[Replicates], variances: Sequence[float], rows: int, at_all: float | None = None
) -> tuple[float, float, float, float]:
    """The variance of a setting at all training rows, from models of disjoint parts of them.

    log V at ``rows`` and c: (log V, its standard deviation, c, its standard deviation).

    A linear regression of the log of ``variances``, those of the parts (> 0), on log m, with a prior on c; ``at_all``
    is V at all rows where it is known.
    """
    steps = [np.log(part.rows / rows) for part in parts]
    logs = [np.log(one) for one in variances]
    sds = [SCATTER / np.sqrt(part.count - 1) for part in parts]
    if at_all is not None:
        steps, logs, sds = [*steps, 0.0], [*logs, np.log(at_all)], [*sds, SURE]
    weights = 1 / np.array(sds)
    x = np.stack([np.ones(len(steps)), -np.array(steps)], axis=1) * weights[:, None]
    covariance = np.linalg.inv(x.T @ x + np.diag([0.0, 1 / RATE_SD**2]))
    log_v, c = covariance @ (x.T @ (np.array(logs) * weights) + np.array([0.0, RATE / RATE_SD**2]))
    return float(log_v), float(np.sqrt(covariance[0, 0])), float(c), float(np.sqrt(covariance[1, 1]))
