"""A picture of the report with the words that go with it."""

from dataclasses import dataclass
from math import isfinite


@dataclass(frozen=True)
class FigureTable:
    """The numbers behind a picture, for those who cannot or need not see it."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Key:
    """A line of the legend: the class of the marks, their shape, and what they are."""

    kind: str
    shape: str
    text: str


@dataclass(frozen=True)
class Figure:
    """A picture: ``svg`` is markup that `svg.Plot` made, everything else is text."""

    title: str
    caption: str
    svg: str
    legend: tuple[Key, ...] = ()
    table: FigureTable | None = None


def number(value: float | None) -> str:
    """Four significant digits, thousands apart; a dash where there is none."""
    if value is None or not isfinite(value):
        return "–"
    if value == 0 or 1e-4 <= abs(value) < 1e6:
        short = f"{value:.4g}"
        return f"{float(short):,.0f}" if "e" in short or abs(value) >= 1000 else short
    mantissa, exponent = f"{value:.3e}".split("e")
    return f"{float(mantissa):g}·10{str(int(exponent)).translate(RAISED)}"


RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def thinned(count: int, most: int) -> list[int]:
    """At most ``most`` of the positions 0 … count−1, evenly, with the first and the last."""
    if count <= most:
        return list(range(count))
    return sorted({round(index * (count - 1) / (most - 1)) for index in range(most)})


def finite(*values: float | None) -> list[float]:
    """Those that are numbers."""
    return [value for value in values if value is not None and isfinite(value)]
