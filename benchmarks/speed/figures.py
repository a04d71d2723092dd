"""The figures that are asked for, and what was measured."""

from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.speed.shapes import FLEET, Shape
from benchmarks.speed.timing import Range, Times, ratio

Targets = dict[str, tuple[float, float]]
"""Shape → (reach at least, aim)."""

FLEET_SKLEARN: Targets = {"a": (15, 30), "b": (5, 8), "c": (5, 8), "d": (5, 8), "e": (3, 5), "f": (1.6, 2)}
ALONE_SKLEARN: Targets = dict.fromkeys("abcdef", (1.5, 3))
ALONE_TORCH: Targets = dict.fromkeys("abcd", (3, 6)) | {"f": (0.9, 1.3)}
PRODUCTS: Targets = {"f": (1.8, 1.3), "d": (3, 2)}
PATH = (5, 50)
MEMORY = (150, 60)


class Figure(NamedTuple):
    """One row of the report. ``reach`` and ``aim`` are None where nothing is asked for."""

    name: str
    reach: float | None
    aim: float | None
    measured: Range
    unit: str = "×"
    low_is_good: bool = False

    @property
    def verdict(self) -> str:
        """Whether the figure is missed, reached or better than the aim."""
        if self.reach is None or self.aim is None:
            return ""
        sign = -1 if self.low_is_good else 1
        value = sign * self.measured.middle
        return "aim" if value >= sign * self.aim else "reached" if value >= sign * self.reach else "MISSED"


def network_figures(shape: Shape, seconds: Times, chunk: int) -> list[Figure]:
    """The ratios of one shape, from the seconds of its contestants."""
    at = f"({shape.name})"
    limit = min(
        ([s / chunk for s in seconds["products stacked"]], seconds["products alone"]), key=lambda times: sum(times)
    )
    found = [
        _figure(
            f"fleet of {FLEET} / MLPClassifier {at}",
            FLEET_SKLEARN,
            shape,
            ratio(seconds["MLPClassifier"], seconds["fleet"], FLEET),
        ),
        _figure(
            f"one variant alone / MLPClassifier {at}",
            ALONE_SKLEARN,
            shape,
            ratio(seconds["MLPClassifier"], seconds["alone"]),
        ),
    ]
    if "PyTorch" in seconds:
        against = ratio(seconds["PyTorch"], seconds["alone"])
        found.append(_figure(f"one variant alone / PyTorch {at}", ALONE_TORCH, shape, against))
        against = ratio(seconds["PyTorch"], seconds["fleet"], FLEET)
        found.append(_figure(f"fleet of {FLEET} / PyTorch {at}", {}, shape, against))
    share = ratio(seconds["fleet"], limit, 1 / FLEET)
    found.append(_figure(f"fleet's time / bare matrix products {at}", PRODUCTS, shape, share, low_is_good=True))
    return found


def _figure(name: str, targets: Targets, shape: Shape, measured: Range, low_is_good: bool = False) -> Figure:
    reach, aim = targets.get(shape.name, (None, None))
    return Figure(name, reach, aim, measured, low_is_good=low_is_good)


def path_figures(kind: str, seconds: Times) -> list[Figure]:
    """λ path of ``linear`` or ``logistic`` regression."""
    return [
        Figure(f"λ path, {kind} / {name} (g)", *PATH, ratio(spent, seconds["descent"]))
        for name, spent in seconds.items()
        if name != "descent"
    ]


def memory_figures(megabytes: dict[str, Sequence[float]]) -> list[Figure]:
    """Peak above the data, in one stack (the most it can be) and in chunks."""
    names = {"together": "in one stack", "chunks": "in chunks as by default"}
    return [
        Figure(
            f"memory of a fleet of {FLEET} above the data, {names[way]} (e)",
            *MEMORY,
            Range(sorted(values)[len(values) // 2], min(values), max(values)),
            " MB",
            low_is_good=True,
        )
        for way, values in megabytes.items()
    ]
