"""Learning curves as power laws: J(m) = a + b·m^−c with a ≥ 0 and b ≥ 0.

Source of the form: Hestness et al. 2017, *Deep Learning Scaling is Predictable, Empirically*; Viering & Loog 2021,
*The Shape of Learning Curves: a Review*, which also says how little a few points determine it. Therefore nothing is
read off a best fit: c has a prior, and every statement is a mean and an interval over what the points allow.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.ml.errors import OptionError

EXPONENTS = np.linspace(0.1, 2.0, 39)
EXPONENT, EXPONENT_SD = 0.8, 0.35
"""The prior of c: 1 for parametric models at their large-sample rate, 0.07 to 0.5 for networks on large data
(Hestness), about ½ to 1 on the small tables that this is for."""
DRAWS = 4000
GAIN_WIDER, GAIN_LEAST = 1.9, 0.02
"""A curve of means does not know what one more training does by chance, nor that power laws are a model. The standard
deviation of a gain is therefore multiplied by the first, once the second, in shares of J, is added to it in squares.
Set so that 80 % of realised gains lie inside the 80 % interval: benchmarks/honesty/gains.py, on its own problems."""


@dataclass(frozen=True)
class Projected:
    """A mean, and the interval that holds the value with 80 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class PowerLaw:
    """Draws (d,) of a, b and c that fit the points; ``last`` is the largest number of rows seen and ``cost`` its J."""

    a: NDArray[np.float64]
    b: NDArray[np.float64]
    c: NDArray[np.float64]
    last: int
    cost: float

    def gain(self, rows: float) -> Projected:
        """How far J falls from the last point to ``rows``."""
        return summary(self._fall(rows))

    def _fall(self, rows: float) -> NDArray[np.float64]:
        """Draws (d,) of that fall, wider than the curve alone would have them."""
        falls = self.b * (self.last**-self.c - float(rows) ** -self.c)
        chance = GAIN_LEAST * self.cost * np.random.Generator(np.random.PCG64(1)).standard_normal(len(falls))
        return np.asarray(falls.mean() + GAIN_WIDER * (falls - falls.mean() + chance - chance.mean()))

    def at(self, rows: float) -> Projected:
        """J at ``rows``, counted from the last point."""
        fall = self.gain(rows)
        return Projected(*(max(0.0, self.cost - x) for x in (fall.value, fall.high, fall.low)))

    @property
    def falls(self) -> float:
        """Probability that twice the rows lower J."""
        return float(np.mean(self._fall(2.0 * self.last) > 0))

    @property
    def asymptote(self) -> float:
        """J at endlessly many rows."""
        return max(0.0, self.cost - float(np.mean(self.b * self.last**-self.c)))


def summary(draws: NDArray[Any]) -> Projected:
    """Mean and central 80 % of some draws."""
    low, high = np.quantile(draws, [0.1, 0.9])
    return Projected(float(np.mean(draws)), float(low), float(high))


def fit_power_law(rows: Sequence[int], costs: Sequence[float], errors: Sequence[float]) -> PowerLaw:
    """What power laws agree with J = ``costs`` ± ``errors`` (standard errors, > 0) at ``rows``, in rising order.

    For every c of a grid, a and b follow by weighted least squares; draws come from the mixture over c, weighted by
    fit and prior, and those with a < 0 or b < 0 are moved to the bound. Deterministic.

    Raises:
        OptionError: fewer than two points, or an error that is not positive.
    """
    m, j, se = (np.asarray(values, np.float64) for values in (rows, costs, errors))
    if len(m) < 2 or not (se > 0).all():
        raise OptionError(f"a power law needs at least 2 points with errors > 0; got {len(m)} with {se.tolist()}")
    scale = m[-1]
    weights, centres, roots = [], [], []
    for c in EXPONENTS:
        x = np.stack([np.ones_like(m), (m / scale) ** -c], axis=1) / se[:, None]
        precision = x.T @ x + np.eye(2) * 1e-12 / se.min() ** 2
        centre = np.linalg.solve(precision, x.T @ (j / se))
        misfit = float(((x @ centre - j / se) ** 2).sum())
        centres.append(centre)
        roots.append(np.linalg.cholesky(np.linalg.inv(precision)))
        weights.append(-0.5 * misfit - 0.5 * ((c - EXPONENT) / EXPONENT_SD) ** 2)
    chances = np.exp(np.array(weights) - max(weights))
    rng = np.random.Generator(np.random.PCG64(0))
    chosen = rng.choice(len(EXPONENTS), DRAWS, p=chances / chances.sum())
    noise = rng.standard_normal((DRAWS, 2))
    ab = np.array(centres)[chosen] + np.einsum("dij,dj->di", np.array(roots)[chosen], noise)
    a = np.maximum(ab[:, 0], 0.0)
    b = np.clip(ab[:, 1], 0.0, float(j[-1]))  # what falls is at most all of it
    return PowerLaw(a, b * scale ** EXPONENTS[chosen], EXPONENTS[chosen], int(m[-1]), float(j[-1]))
