"""From results to a comparison: models on the same rows, average ranks, wins, and ratios with intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import exp, isclose, log

import numpy as np
from scipy.stats import rankdata

from .kept import Measured

Pair = tuple[str, int]
"""A table and the seed of its split."""
Losses = Mapping[Pair, Mapping[str, float]]

DRAWS = 10_000
SAME = 1e-6
"""Two dummies that differ by less, relatively, saw the same rows: one computes in another order than the other."""
EQUAL = 1e-9
"""Losses that differ by less, relatively, are a tie."""


@dataclass(frozen=True)
class Duel:
    """One model against another on the pairs that both have results of."""

    pairs: int
    wins: float
    """Share of pairs on which the first is better; a tie is half a win."""
    tables: int
    table_wins: float
    """The same of tables, by the geometric mean over their splits."""
    ratio: float
    """Geometric mean of the losses' ratio over the tables: below 1 the first is better."""
    low: float
    high: float
    """95 % of the ratios of tables drawn with replacement."""


def losses(results: Iterable[Measured]) -> Losses:
    """Losses by pair and model, without failures.

    Raises:
        ValueError: a run of descent was tested on other rows than the rivals: its dummy has another loss.
    """
    found: dict[Pair, dict[str, float]] = {}
    known = list(results)
    dummies = {(one.table, one.seed): one.loss for one in known if one.model == "dummy"}
    for one in known:
        if one.loss is None:
            continue
        pair = one.table, one.seed
        dummy = dummies.get(pair)
        if one.dummy is not None and dummy is not None and not isclose(one.dummy, dummy, rel_tol=SAME):
            raise ValueError(
                f"{one.table}, seed {one.seed}: {one.model} was tested on other rows than the rivals: knowing nothing "
                f"costs {one.dummy:.6g} there and {dummy:.6g} here"
            )
        found.setdefault(pair, {})[one.model] = one.loss
    return found


def average_ranks(found: Losses, models: Sequence[str]) -> dict[str, float]:
    """The mean rank of each of ``models`` among them, 1 the best, over the pairs that all have results of."""
    shared = [own for own in found.values() if all(model in own for model in models)]
    if not shared:
        return {}
    ranks = np.mean([rankdata([own[model] for model in models]) for own in shared], axis=0)
    return dict(zip(models, map(float, ranks), strict=True))


def duel(found: Losses, one: str, other: str, seed: int = 0) -> Duel | None:
    """``one`` against ``other``; None if no pair has both."""
    logs: dict[str, list[float]] = {}
    for (table, _), own in found.items():
        if one in own and other in own:
            logs.setdefault(table, []).append(log(own[one] / own[other]))
    if not logs:
        return None
    each = [value for values in logs.values() for value in values]
    means = np.array([np.mean(values) for values in logs.values()])
    drawn = np.random.default_rng(seed).integers(len(means), size=(DRAWS, len(means)))
    low, high = np.exp(np.quantile(means[drawn].mean(axis=1), (0.025, 0.975)))
    return Duel(
        len(each), _won(each), len(means), _won(means.tolist()), exp(float(means.mean())), float(low), float(high)
    )


def _won(logs: Sequence[float]) -> float:
    return float(np.mean([0.5 if abs(value) < EQUAL else float(value < 0) for value in logs]))
