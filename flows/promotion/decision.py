"""Whether a challenger takes the champion's place: a decision from outputs on rows that neither has learned from."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from numpy.typing import ArrayLike

from descent.ml.statistics.comparison import Comparison, compare

FEWEST = 30
"""Rows, or groups of rows, below which no comparison is made: the bootstrap knows nothing about so few."""


@dataclass(frozen=True)
class Decision:
    """``promote``, with the reason in a sentence and the numbers behind it."""

    promote: bool
    reason: str
    metric: str
    comparison: Comparison | None = None
    guards: tuple[Comparison, ...] = ()


def decide(
    task: str,
    metric: str,
    y: ArrayLike,
    champion: ArrayLike,
    challenger: ArrayLike,
    *,
    guards: Sequence[str] = (),
    units: ArrayLike | None = None,
    confidence: float = 0.95,
    seed: int = 0,
) -> Decision:
    """Compare two models by their outputs on the same rows; arguments as of `ml.statistics.comparison.compare`.

    The challenger must be better by ``metric`` with the confidence, and the champion must not be better by any guard
    with the same confidence.
    """
    compared = partial(compare, task, units=units, confidence=confidence, seed=seed)
    own = compared(metric, y, champion, challenger)
    against = {guard: compared(guard, y, challenger, champion) for guard in guards if guard != metric}
    worse = [name for name, found in against.items() if found.better]
    numbers = (
        f"{own.measure} lower by {own.difference:.4g}"
        if own.measure != metric
        else f"{metric} better by {own.difference:.4g}"
    )
    bound = f"with {100 * confidence:g} % confidence by more than {own.lower:.4g}"
    if worse:
        reason = f"worse in {', '.join(worse)}, which is guarded ({numbers}, {bound})"
    elif own.better:
        reason = f"better: {numbers}, {bound}"
    else:
        reason = f"not clearly better: {numbers}, {bound}; that must be more than 0"
    return Decision(own.better and not worse, reason, metric, own, tuple(against.values()))
