"""Axes of a chart: which numbers they span, where a number lies on them, which ones are written beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, floor, isfinite, log10

MANY_DECADES = 20.0
"""A range of costs wider than this factor needs a logarithmic axis."""
LEAST = 1e-6
"""Costs below this share of the largest lie below the axis: they are nothing, however many decades they span."""
ROOM = 0.04
"""Share of an axis that stays free at either end."""
TICKS = 5


@dataclass(frozen=True)
class Axis:
    """A linear or logarithmic axis from ``low`` to ``high``; on a logarithmic one, ``zero`` is where 0 is put."""

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    log: bool = False
    zero: float | None = None

    def at(self, value: float) -> float:
        """Where ``value`` lies: 0 at the axis' beginning, 1 at its end; beyond them outside."""
        low, high, here = self.low, self.high, value
        if self.log:
            here = value if value > 0 else (self.zero or low)
            low, high, here = log10(low), log10(high), log10(here)
        return (here - low) / (high - low)


def linear(label: str, values: Iterable[float], *, room: float = ROOM, whole: bool = False) -> Axis:
    """An axis over the finite ones of ``values``; ``whole`` writes whole numbers only."""
    low, high = _ends(values)
    margin = room * (high - low)
    low, high = low - margin, high + margin
    return Axis(label, low, high, _labelled(_round_numbers(low, high, whole)))


def shares(label: str) -> Axis:
    """An axis from 0 to 1, with room for marks that lie on its ends."""
    marks = (0.0, 0.25, 0.5, 0.75, 1.0)
    return Axis(label, -0.02, 1.02, tuple((mark, f"{mark:g}") for mark in marks))


def logarithmic(label: str, values: Iterable[float]) -> Axis:
    """A logarithmic axis over the positive ones of ``values``."""
    positive = [value for value in values if isfinite(value) and value > 0]
    low, high = _ends(positive or (1.0, 10.0))
    margin = (high / low) ** ROOM
    low, high = low / margin, high * margin
    return Axis(label, low, high, _labelled(_decades(low, high)), log=True)


def costs(label: str, values: Iterable[float]) -> Axis:
    """An axis for costs: logarithmic where they span much."""
    finite = [value for value in values if isfinite(value)]
    positive = [value for value in finite if value > 0]
    if positive and len(positive) == len(finite) and max(positive) > MANY_DECADES * min(positive):
        return logarithmic(label, [max(value, LEAST * max(positive)) for value in positive])
    return linear(label, finite)


def tried(label: str, values: Iterable[float]) -> Axis:
    """A logarithmic axis whose ticks are the ``values`` themselves; 0 has a place of its own before the others."""
    every = sorted(set(values))
    positive = [value for value in every if value > 0]
    if not positive:
        return linear(label, every)
    low, high = positive[0], positive[-1]
    zero = None
    if 0 in every:
        zero = low / 10 ** max(1.0, 0.2 * log10(high / low))
        low = zero
    margin = max((high / low) ** ROOM, 1.1)
    kept = every if len(every) <= 9 else every[:: -(-len(every) // 9)]
    return Axis(label, low / margin, high * margin, tuple((value, plain(value)) for value in kept), log=True, zero=zero)


def plain(value: float) -> str:
    """A number as an axis shows it: 0.001, 0.5, 12,000, 3e6."""
    size = abs(value)
    if size >= 1e6 or 0 < size < 1e-3:
        mantissa, exponent = f"{value:.3e}".split("e")
        return f"{float(mantissa):g}e{int(exponent)}"
    return f"{value:,.6g}"


def _ends(values: Iterable[float]) -> tuple[float, float]:
    finite = [value for value in values if isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if low == high:
        reach = 0.5 * abs(low) or 1.0
        return low - reach, high + reach
    return low, high


def _labelled(values: Iterable[float]) -> tuple[tuple[float, str], ...]:
    return tuple((value, plain(value)) for value in values)


def _round_numbers(low: float, high: float, whole: bool) -> list[float]:
    """The multiples of 1, 2, 2.5 or 5 times a power of ten, at most `TICKS` steps of them."""
    least = (high - low) / TICKS * (1 - 1e-9)
    power = 10.0 ** floor(log10(least))
    factors = (1, 2, 5, 10) if whole else (1, 2, 2.5, 5, 10)
    step = next(factor * power for factor in factors if factor * power >= least)
    if whole:
        step = max(step, 1.0)
    multiples = (step * number for number in range(floor(low / step), ceil(high / step) + 1))
    return [value for value in multiples if low <= value <= high]


def _decades(low: float, high: float) -> list[float]:
    """Powers of ten, thinned to `TICKS`; with 2 and 5 between them where there are few."""
    first, last = floor(log10(low)), floor(log10(high))
    factors = (1.0,) if last - first >= TICKS - 1 else (1.0, 2.0, 5.0) if last - first <= 1 else (1.0, 3.0)
    step = max(1, -(-(last - first + 1) // (TICKS + 1)))
    found = [factor * 10.0**power for power in range(first, last + 1, step) for factor in factors]
    inside = [value for value in found if low <= value <= high]
    return inside if len(inside) >= 2 else _round_numbers(low, high, False)
