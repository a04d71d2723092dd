"""What was measured of a winner for its diagnosis: bias, variance and the level, each with its uncertainty.

With V the variance at the full number of training rows and L the level,

    J_cv = L + bias + V

- V is measured on disjoint halves, quarters and eighths of the training rows (`ml.replicates`), for linear models by a
  jackknife at nearly all rows as well, and carried to all of
  them by V(m) ∝ m^−c, a linear regression of log V on log m with a prior on c (1 for parametric models, near 0 for
  networks that fit the noise).
- L is the configured level. When none is known it is the lowest J − V that any reference model reached: other models
  trained on the same halves, with their variance taken off, since that is not noise either. It is an upper bound: a
  truth that none of them can learn looks like noise. The reference is chosen by J − V plus one standard error of its
  difference from the winner, so that chance does not choose it; since the best of several is partly luck, and
  a configured level knows nothing of these cv rows, no bias at all is a possibility of its own that a small difference
  does not rule out (`Measured.levels`).
- Sampling of the cv rows is a bootstrap over rows (Efron 1979), of all costs together, so differences are paired.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .power_law import Projected, summary
from .replicates import Costs, Replicates

DRAWS = 2000
BINS = 400
"""The bootstrap draws this many random bins of rows where there are more rows: as exact, and no longer for more."""
RATE, RATE_SD = 0.8, 0.5
"""Prior of c in V ∝ m^−c."""
SCATTER = 0.3
"""Standard deviation of log V when measured between two models; it falls with √(R − 1)."""
JACKKNIFE = 0.25
"""Standard deviation of log V by the jackknife."""
LITTLE = 0.2
"""Where less than this share of the dummy's cost can be explained, shares are counted from this share."""
PRIOR_GAIN = 0.30
"""Gains are shrunk towards 0 as if their prior had this standard deviation, in shares of what there is to explain."""

GAIN_WIDER, GAIN_LEAST = 1.35, 0.02
"""What is left out of a gain's standard deviation: that the variance of halves is carried to all rows, and what one
training does by chance. It is multiplied by the first, once the second, in shares of J_cv, is added to it in squares:
so 80 % of realised gains lie inside the 80 % interval (benchmarks/gains.py, on problems of its own)."""

Draws = NDArray[np.float64]


@dataclass(frozen=True)
class Reference:
    """Another model, trained on the same two halves as the winner; ``parameters`` its size."""

    name: str
    halves: Replicates


@dataclass(frozen=True)
class Measured:
    """The winner on all training rows (``costs`` (m,) per cv row, ``rows`` of training), on parts of them, and others.

    ``parts`` has the winner's replicates with the fewest rows first; the last are its halves. ``costs_dummy`` (m,)
    are those of a model that knows no features, ``cost_dummy`` its cost on train and cv rows together. ``level`` is the
    configured one. ``jackknife`` is the variance by `ml.replicates.jackknife`, for models without random numbers.
    """

    rows: int
    train: float
    costs: Costs
    costs_dummy: Costs
    parts: Sequence[Replicates]
    references: Sequence[Reference] = field(default=())
    level: float | None = None
    jackknife: float | None = None
    cost_dummy: float | None = None

    @cached_property
    def _bootstrap(self) -> tuple[NDArray[np.intp], Draws]:
        """The bin of every cv row (m,), and weights (d, bins) whose rows sum to 1: rows are drawn bin by bin."""
        bins = min(len(self.costs), BINS)
        rng = np.random.Generator(np.random.PCG64(0))
        place = rng.permutation(len(self.costs)) % bins
        return place, rng.multinomial(bins, np.full(bins, 1 / bins), size=DRAWS) / bins

    def draws_of(self, costs: Costs) -> Draws:
        """Bootstrap draws (d,) of the mean of per-row costs (m,)."""
        place, weights = self._bootstrap
        means = np.bincount(place, costs) / np.bincount(place)
        return np.asarray(weights @ (means - means.mean()) + costs.mean(), np.float64)

    @cached_property
    def rate(self) -> tuple[float, float, float, float]:
        """log V at all rows and c: their means and standard deviations, (log V, sd, c, sd)."""
        floor = 1e-9 * max(float(self.costs_dummy.mean()), 1e-300)
        steps = np.array([np.log(part.rows / self.rows) for part in self.parts])
        logs = np.array([np.log(max(part.cost_of_variance, floor)) for part in self.parts])
        sds = np.array([SCATTER / np.sqrt(part.count - 1) for part in self.parts])
        if self.jackknife is not None:
            steps, sds = np.append(steps, 0.0), np.append(sds, JACKKNIFE)
            logs = np.append(logs, np.log(max(self.jackknife, floor)))
        x = np.stack([np.ones_like(steps), -steps], axis=1) / sds[:, None]
        precision = x.T @ x + np.diag([0.0, 1 / RATE_SD**2])
        covariance = np.linalg.inv(precision)
        log_v, c = covariance @ (x.T @ (logs / sds) + np.array([0.0, RATE / RATE_SD**2]))
        return float(log_v), float(np.sqrt(covariance[0, 0])), float(c), float(np.sqrt(covariance[1, 1]))

    @cached_property
    def variance(self) -> Draws:
        """Draws (d,) of V at all training rows; never above J_cv."""
        log_v, sd, _, _ = self.rate
        rng = np.random.Generator(np.random.PCG64(1))
        most = 0.999 * float(self.costs.mean())
        return np.minimum(np.exp(log_v + sd * rng.standard_normal(DRAWS)), most)

    @cached_property
    def reference(self) -> Reference | None:
        """The model that the level is taken from; None where no other reaches below the winner's own J − V."""
        own = self.costs - np.full_like(self.costs, float(np.median(self.variance)))
        best, found = 0.0, None
        for one in self.references:
            difference = own - one.halves.beyond
            lower = float(difference.mean() - difference.std(ddof=1) / np.sqrt(len(difference)))
            if lower > best:
                best, found = lower, one
        return found

    @cached_property
    def levels(self) -> Draws:
        """Draws (d,) of the level."""
        own = self.draws_of(self.costs) - self.variance
        if self.level is not None:
            beyond = self._noise
        elif self.reference is None:
            return np.maximum(own, 0.0)
        else:
            beyond = self.reference.halves.beyond
        other = self.draws_of(beyond)
        chosen = np.random.Generator(np.random.PCG64(3)).random(DRAWS) < self._some_bias(own, other)
        return np.maximum(np.where(chosen, other, own), 0.0)

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
    def _noise(self) -> Costs:
        """A configured level, as if it were a cost on every cv row (m,).

        The cv rows may be harder than others by chance; the dummy's cost on them beside its cost on all rows says so,
        as a control variate with the regression coefficient of the winner's costs on the dummy's.
        """
        assert self.level is not None
        dummy = self.costs_dummy
        if self.cost_dummy is None or not dummy.var() > 0:
            return np.full_like(self.costs, self.level)
        slope = float(np.clip(np.cov(self.costs, dummy)[0, 1] / dummy.var(ddof=1), 0.0, 1.0))
        return np.asarray(self.level + slope * (dummy - self.cost_dummy))

    @cached_property
    def bias(self) -> Draws:
        """Draws (d,) of the bias: J_cv − V − L."""
        return self.draws_of(self.costs) - self.variance - self.levels

    @cached_property
    def explainable(self) -> Draws:
        """Draws (d,) of what there is to explain, the unit of every share; > 0."""
        dummy = self.draws_of(self.costs_dummy)
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
        c, sd = self.rate[2:]
        rng = np.random.Generator(np.random.PCG64(2))
        left = 0.5 ** np.clip(c + sd * rng.standard_normal(DRAWS), 0.0, 2.0)
        beyond = self.draws_of(own.beyond - halves.beyond)
        raw = beyond + (own.cost_of_variance - halves.cost_of_variance) * left
        between = np.hypot(own.spread, halves.spread) / 2  # two halves each, as far as it does not cancel
        spread = float(np.hypot(raw.std(), 0.5 * between))
        prior = PRIOR_GAIN * float(self.explainable.mean())
        keep = prior**2 / (prior**2 + spread**2)
        wide = GAIN_WIDER * float(np.hypot(np.sqrt(keep) * spread, GAIN_LEAST * self.costs.mean()))
        draws = keep * raw.mean() + wide * rng.standard_normal(DRAWS)
        return summary(draws), float(np.mean(draws > 0))
