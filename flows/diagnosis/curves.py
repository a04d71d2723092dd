"""The three curves of a diagnosis, as the result holds them: over rows, over λ, over capacity."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from descent.flows.search.leaderboard import Entry
from descent.ml.diagnosis.observations import Observations

NORMAL_80 = 1.2816
"""Standard deviations on either side of the mean that hold 80 % of a normal distribution."""


@dataclass(frozen=True)
class Curves:
    """Points as mappings, in rising order of rows, λ and parameters."""

    learning: tuple[dict[str, Any], ...]
    lambda_: tuple[dict[str, Any], ...]
    capacity: tuple[dict[str, Any], ...]


def learning_curve(seen: Observations) -> tuple[dict[str, Any], ...]:
    """J_train and J_cv of the winner on parts of the training rows and on all; the interval is that of the mean."""
    measured = seen.measured
    if measured is None:
        return ()
    points: list[dict[str, Any]] = []
    for part in measured.parts:
        error = NORMAL_80 * part.spread / part.count**0.5
        points.append(
            {
                "rows": part.rows,
                "train": part.train,
                "cv": part.cost,
                "low": part.cost - error,
                "high": part.cost + error,
            }
        )
    return (*points, {"rows": seen.rows, "train": seen.cost_train, "cv": seen.cost_cv})


def lambda_curve(winner: Entry, board: Sequence[Entry]) -> tuple[dict[str, Any], ...]:
    """The variants that differ from the winner in λ alone."""
    mine = _but_lambda(winner)
    alike = {e.variant.lambda_: e for e in board if e.compares_with(winner) and _but_lambda(e) == mine}
    return tuple({"lambda": lam, "train": e.cost_train, "cv": e.cost_cv} for lam, e in sorted(alike.items()))


def capacity_curve(winner: Entry, board: Sequence[Entry]) -> tuple[dict[str, Any], ...]:
    """The best variant of every architecture and degree, by number of parameters."""
    best: dict[str, Entry] = {}
    for entry in sorted(board, key=lambda one: one.cost_cv):
        if entry.compares_with(winner):
            best.setdefault(_label(entry), entry)
    ordered = sorted(best.items(), key=lambda item: item[1].parameters)
    return tuple(
        {"label": label, "parameters": e.parameters, "train": e.cost_train, "cv": e.cost_cv} for label, e in ordered
    )


def _but_lambda(entry: Entry) -> dict[str, object]:
    return {name: value for name, value in entry.variant.params().items() if name != "lambda"}


def _label(entry: Entry) -> str:
    variant = entry.variant
    words = [variant.kind, *(["-".join(map(str, variant.layers))] if variant.layers else [])]
    return " ".join(words + ([f"degree {variant.features.degree}"] if variant.features.degree > 1 else []))
