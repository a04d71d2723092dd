"""The classic remedies as settings: what could be typed next, as far as it was not tried yet.

Source: Andrew Ng, *Machine Learning Yearning* (2018), chapters 25 (reducing avoidable bias) and 27 (reducing variance).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from descent.ml.diagnosis.observations import Observations

MANY_COLUMNS = 60
"""With more features, a higher polynomial degree costs more columns than it tells."""
HIGHEST_DEGREE = 5

Remedy = Literal[
    "train longer",
    "smaller λ",
    "larger λ",
    "network",
    "bigger network",
    "smaller network",
    "linear model",
    "higher degree",
    "lower degree",
    "early stopping",
]
AGAINST_BIAS: frozenset[Remedy] = frozenset({"train longer", "smaller λ", "network", "bigger network", "higher degree"})


@dataclass(frozen=True)
class Option:
    """A remedy, why it is open, and the setting to type for it; ``values`` are the new λ, layers or degree."""

    remedy: Remedy
    text: str
    setting: str
    values: tuple[float, ...] = ()

    @property
    def against_bias(self) -> bool:
        """Whether it gives the model more room; else it takes some."""
        return self.remedy in AGAINST_BIAS


def options(seen: Observations) -> Iterator[Option]:
    """Everything that is open, the likelier first within bias and within variance."""
    yield from _more_room(seen)
    yield from _less_room(seen)


def _more_room(seen: Observations) -> Iterator[Option]:
    values: tuple[float, ...]
    if seen.falling:
        epochs = max(len(seen.curve_cv), len(seen.curve_train))
        fell = f"the cost still fell by {100 * seen.falling:.1f} % in the last tenth of {epochs} epochs"
        yield Option("train longer", f"Train longer: {fell}.", f"search.epochs={3 * epochs}", (3.0 * epochs,))
    if seen.lam > 0 and seen.lam <= min(seen.tried_lams, default=seen.lam):
        values = (0.0, seen.lam / 100, seen.lam / 10)
        yield Option("smaller λ", f"Lower λ: {_edge(seen, 'smallest')}.", _lambdas(seen, (*values, seen.lam)), values)
    largest = max(map(size_of, seen.tried_hidden), default=0)
    if largest <= size_of(()):
        yield Option(
            "network",
            "Try a network: none was tried.",
            f"{seen.another}={{kind: network, layers: [[16], [64, 32]], lambda: [0.1, 1, 10]}}",
        )
    elif seen.hidden and size_of(seen.hidden) >= largest:
        values = tuple(2.0 * width for width in seen.hidden)
        yield Option(
            "bigger network",
            f"Try a bigger network: {list(seen.hidden)} was the largest.",
            f"{seen.models}.layers={_whole(values)}",
            values,
        )
    few = seen.numeric and seen.columns <= MANY_COLUMNS
    if not seen.hidden and few and seen.degree >= max(seen.tried_degrees, default=1) < HIGHEST_DEGREE:
        yield Option(
            "higher degree",
            f"Add polynomial features: degree {seen.degree} was the highest.",
            f"features.degree=[{seen.degree}, {seen.degree + 1}]",
            (seen.degree + 1.0,),
        )


def _less_room(seen: Observations) -> Iterator[Option]:
    values: tuple[float, ...]
    if seen.lam >= max(seen.tried_lams, default=seen.lam):
        values = (10 * seen.lam, 100 * seen.lam) if seen.lam > 0 else (1.0, 10.0, 100.0)
        yield Option("larger λ", f"Raise λ: {_edge(seen, 'largest')}.", _lambdas(seen, (seen.lam, *values)), values)
    if seen.rising and not seen.stopped_early:
        yield Option(
            "early stopping",
            f"J_cv rose by {100 * seen.rising:.0f} % after its best epoch: turn on early stopping.",
            "search.early_stopping.patience=20",
            (20.0,),
        )
    if seen.degree > 1 and seen.degree <= min(seen.tried_degrees, default=seen.degree):
        yield Option(
            "lower degree",
            f"Lower the polynomial degree, now {seen.degree}.",
            f"features.degree={seen.degree - 1}",
            (seen.degree - 1.0,),
        )
    if seen.hidden and () not in seen.tried_hidden:
        values = (0.1, 1.0, 10.0, 100.0)
        yield Option(
            "linear model",
            "Try a model without hidden layers: none was tried.",
            f"{seen.another}={{kind: linear, lambda: [0.1, 1, 10, 100]}}",
            values,
        )
    smallest = min(map(size_of, filter(None, seen.tried_hidden)), default=0)
    if max(seen.hidden, default=0) > 1 and size_of(seen.hidden) <= smallest:
        values = tuple(float(max(1, width // 2)) for width in seen.hidden)
        yield Option(
            "smaller network",
            f"Try a smaller network: {list(seen.hidden)} was the smallest.",
            f"{seen.models}.layers={_whole(values)}",
            values,
        )


def _edge(seen: Observations, end: str) -> str:
    count = len(seen.tried_lams)
    return f"{seen.lam:g} was the {end} of {count}" if count > 1 else f"it is {seen.lam:g}"


def _lambdas(seen: Observations, values: tuple[float, ...]) -> str:
    return f"{seen.models}.lambda=[{', '.join(f'{value:g}' for value in sorted(values))}]"


def _whole(values: tuple[float, ...]) -> list[int]:
    return [int(value) for value in values]


def size_of(hidden: tuple[int, ...]) -> int:
    """How much room a network has, for comparison alone: weights between neighbouring layers, one input, one output."""
    return sum(before * after for before, after in pairwise((1, *hidden, 1)))
