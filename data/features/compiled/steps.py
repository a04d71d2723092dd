"""What becomes of numbers: each step works on (columns, rows) float64, in place where it can.

Steps do what scikit-learn's transformers do, operation for operation, so that results are the same to the last bit.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

BOUNDS = 1e-7
"""As far from the ends of a column's range as this, a value is at the end (`QuantileTransformer`)."""


@dataclass(frozen=True, eq=False)
class Operation(ABC):
    """One operation on all numeric columns; vectors have one number per column."""

    @abstractmethod
    def apply(self, values: Array) -> Array:
        """(columns out, rows) from (columns in, rows); may overwrite what it is given."""


@dataclass(frozen=True, eq=False)
class Impute(Operation):
    """A number in place of what is missing or infinite."""

    values: Array

    def apply(self, values: Array) -> Array:
        """Fill in place."""
        if not np.isfinite(values.sum()):  # one sum finds any; only then is the place looked for
            np.copyto(values, self.values[:, None], where=~np.isfinite(values))
        return values


@dataclass(frozen=True, eq=False)
class Standardise(Operation):
    """(x − shift) / scale, as `StandardScaler` and `RobustScaler` compute it."""

    shift: Array
    scale: Array

    def apply(self, values: Array) -> Array:
        """Scale in place."""
        values -= self.shift[:, None]
        values /= self.scale[:, None]
        return values


@dataclass(frozen=True, eq=False)
class Stretch(Operation):
    """x · factor + shift, as `MinMaxScaler` computes it."""

    factor: Array
    shift: Array

    def apply(self, values: Array) -> Array:
        """Scale in place."""
        values *= self.factor[:, None]
        values += self.shift[:, None]
        return values


@dataclass(frozen=True, eq=False)
class Cut(Operation):
    """What lies farther from zero than ``farthest`` (one number) is brought there."""

    farthest: Array

    def apply(self, values: Array) -> Array:
        """Clip in place."""
        return np.clip(values, -self.farthest[0], self.farthest[0], out=values)


@dataclass(frozen=True, eq=False)
class Bend(Operation):
    """x/√(1 + (x/limit)²), which stays below ``limit`` (one number), as `data.features.smooth` computes it."""

    limit: Array

    def apply(self, values: Array) -> Array:
        """Bend in place."""
        bend = values / self.limit[0]
        bend *= bend
        bend += 1
        values /= np.sqrt(bend, out=bend)
        return values


@dataclass(frozen=True, eq=False)
class Normalise(Operation):
    """Each value's place among the quantiles of its column, as a normal score: `QuantileTransformer`'s computation.

    ``quantiles`` (points, columns), ``references`` (points,) their shares from 0 to 1.
    """

    quantiles: Array
    references: Array

    def apply(self, values: Array) -> Array:
        """Transform in place."""
        from scipy.special import ndtri

        least, most = ndtri(BOUNDS - np.spacing(1)), ndtri(1 - (BOUNDS - np.spacing(1)))
        for column, quantiles in zip(values, self.quantiles.T, strict=True):
            low, high = column - BOUNDS < quantiles[0], column + BOUNDS > quantiles[-1]
            upward = np.interp(column, quantiles, self.references)
            downward = np.interp(-column, -quantiles[::-1], -self.references[::-1])
            share = 0.5 * (upward - downward)  # in the middle of equal quantiles
            share[high], share[low] = 1, 0
            column[:] = np.clip(ndtri(share), least, most)
        return values


@dataclass(frozen=True, eq=False)
class Products(Operation):
    """Powers and products: term t is column ``first[t]`` times term ``rest[t]``, or that column alone where it is −1.

    Terms stand in the order of their degree: the rest of each is there before it is needed.
    """

    first: Array
    rest: Array

    def apply(self, values: Array) -> Array:
        """(terms, rows) from (columns, rows)."""
        found = np.empty((len(self.first), values.shape[1]))
        for start, stop in self.spans:
            factors = values[self.first[start:stop]]
            if self.rest[start] < 0:
                found[start:stop] = factors
            else:
                np.multiply(factors, found[self.rest[start:stop]], out=found[start:stop])
        return found

    @cached_property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Runs of terms whose rests all stand before the run."""
        return tuple(self._spans())

    def _spans(self) -> Iterator[tuple[int, int]]:
        start = 0
        for stop in range(1, len(self.first) + 1):
            if stop == len(self.first) or self.rest[stop] >= start or (self.rest[stop] < 0) != (self.rest[start] < 0):
                yield start, stop
                start = stop


STEPS: dict[str, type[Operation]] = {
    "impute": Impute,
    "standardise": Standardise,
    "stretch": Stretch,
    "cut": Cut,
    "bend": Bend,
    "normalise": Normalise,
    "products": Products,
}
_NAMES = {kind: name for name, kind in STEPS.items()}


def to_dict(step: Operation) -> dict[str, Any]:
    """Plain values for JSON; floats keep every bit."""
    return {"step": _NAMES[type(step)]} | {field.name: getattr(step, field.name).tolist() for field in fields(step)}


def from_dict(stored: dict[str, Any]) -> Operation:
    """What `to_dict` gave. Raises KeyError, TypeError or ValueError for anything else."""
    given = dict(stored)
    kind = STEPS[given.pop("step")]
    dtype = np.intp if kind is Products else np.float64
    return kind(**{name: np.array(value, dtype) for name, value in given.items()})
