"""What to do next: the classic list, restricted to what the numbers support and what was not tried yet.

Source: Andrew Ng, *Machine Learning Yearning* (2018), chapters 25 (reducing avoidable bias) and 27 (reducing
variance), and *Advice for applying machine learning* (Stanford CS229). Every line names the setting to type.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from .observations import CLEAR, Observations

MANY_COLUMNS = 60
"""With more features, a higher polynomial degree costs more columns than it tells."""


@dataclass(frozen=True)
class Gain:
    """A predicted fall of J_cv, positive when it gets better, and the interval that holds it with 80 %."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Advice:
    """One thing to do next: in words, as a setting to type if a key does it, and what it is predicted to gain.

    ``confidence`` is the probability that J_cv falls; None, as ``gain``, where no measurement tells.
    """

    text: str
    setting: str | None = None
    gain: Gain | None = None
    confidence: float | None = None


def advise(seen: Observations, *, high_bias: bool, high_variance: bool) -> tuple[Advice, ...]:
    """The advice, most promising first."""
    lines = list(_first_of_all(seen))
    if high_bias:
        lines += _against_bias(seen, alone=not high_variance)
    if high_variance:
        lines += _against_variance(seen, alone=not high_bias)
    if not high_bias and not high_variance:
        lines += _when_good(seen)
    if seen.diverged:
        lines.append(Advice(f"{seen.diverged} of {seen.variants} variants diverged: lower their learning_rate, "
                            "or set clip_norm: 1 in their optimizer."))  # fmt: skip
    return tuple(lines)


def _first_of_all(seen: Observations) -> Iterator[Advice]:
    """What puts everything else in question."""
    if seen.level is not None and seen.level >= seen.cost_dummy:
        yield Advice(f"The baseline is no better than the dummy (costs {seen.level:.4g} and {seen.cost_dummy:.4g}): "
                     "check diagnose.baseline and its unit.")  # fmt: skip
    if not seen.beats_dummy:
        yield Advice(f"The model does not clearly beat a dummy (J_cv {seen.cost_cv:.4g}, dummy {seen.cost_dummy:.4g}): "
                     "check data.target and data.exclude, and whether these columns can tell the target at all."
                     )  # fmt: skip


def _against_bias(seen: Observations, alone: bool) -> Iterator[Advice]:
    """Longer training, smaller λ, a bigger model, more features."""
    if seen.falling:
        yield _train_longer(seen)
    if seen.lam > 0 and seen.lam <= min(seen.tried_lams, default=seen.lam):
        yield Advice(f"Lower λ: {_edge(seen, 'smallest')}.", f"{seen.models}.lambda={_lower(seen.lam)}")
    yield from _bigger_model(seen)
    yield Advice("Look for new columns that carry information about the target.")
    if alone:
        gap = seen.cost_cv - seen.cost_train
        why = f"only {gap:.2g} above" if gap > 0 else "not above"
        yield Advice(f"More rows alone will hardly help: J_cv is {why} J_train.")
    if seen.level is None:
        yield Advice("If nobody could predict this better, say so with diagnose.baseline, and bias is counted from "
                     "there.")  # fmt: skip


def _against_variance(seen: Observations, alone: bool) -> Iterator[Advice]:
    """More rows, larger λ, fewer features, a smaller model, early stopping."""
    if seen.lam >= max(seen.tried_lams, default=seen.lam):
        yield Advice(f"Raise λ: {_edge(seen, 'largest')}.", f"{seen.models}.lambda={_higher(seen.lam)}")
    if seen.rising and not seen.stopped_early:
        yield Advice(f"J_cv rose by {100 * seen.rising:.0f} % after its best epoch: switch early stopping on.",
                     "search.early_stopping.patience=20")  # fmt: skip
    yield Advice(
        f"Get more rows: {seen.rows} training rows feed {seen.parameters} parameters and {seen.columns} features."
    )
    if seen.degree > 1 and seen.degree <= min(seen.tried_degrees, default=seen.degree):
        yield Advice(f"Lower the polynomial degree, now {seen.degree}.", f"features.degree={seen.degree - 1}")
    elif seen.columns > 5:
        yield Advice(f"Use fewer of the {seen.columns} features: name columns that tell little in data.exclude, "
                     "or group more rare categories with features.rare.")  # fmt: skip
    if alone and seen.hidden and _size(seen.hidden) <= min(map(_size, filter(None, seen.tried_hidden)), default=0):
        smaller = [max(1, width // 2) for width in seen.hidden]
        yield Advice(f"Try a smaller network: {list(seen.hidden)} was the smallest.", f"{seen.models}.layers={smaller}")


def _when_good(seen: Observations) -> Iterator[Advice]:
    """What may still be gained where nothing is wrong."""
    before = False
    if seen.falling:
        before = True
        yield _train_longer(seen)
    if len(seen.tried_lams) > 1 and seen.lam >= max(seen.tried_lams):
        before = True
        yield Advice(f"λ may want to be larger: {_edge(seen, 'largest')}.", f"{seen.models}.lambda={_higher(seen.lam)}")
    elif len(seen.tried_lams) > 1 and 0 < seen.lam <= min(seen.tried_lams):
        before = True
        yield Advice(
            f"λ may want to be smaller: {_edge(seen, 'smallest')}.", f"{seen.models}.lambda={_lower(seen.lam)}"
        )
    if seen.fits_better > CLEAR:
        yield Advice(f"The training rows can be fitted {100 * seen.fits_better:.0f} % better, but not to the profit of "
                     "new rows: more rows or better columns will gain more than a larger model.")  # fmt: skip
    elif not before:
        yield Advice("Both gaps are small: better columns or cleaner targets will gain more than further tuning.")


def _train_longer(seen: Observations) -> Advice:
    epochs = max(len(seen.curve_cv), len(seen.curve_train))
    fell = f"the cost still fell by {100 * seen.falling:.1f} % in the last tenth of {epochs} epochs"
    return Advice(f"Train longer: {fell}.", f"search.epochs={3 * epochs}")


def _bigger_model(seen: Observations) -> Iterator[Advice]:
    """A richer model, as far as it was not tried."""
    largest = max(map(_size, seen.tried_hidden), default=0)
    if largest <= _size(()):
        yield Advice("Try a network: add {kind: network, layers: [[16], [64, 32]]} to search.models.")
    elif seen.hidden and _size(seen.hidden) >= largest:
        bigger = [2 * width for width in seen.hidden]
        yield Advice(f"Try a bigger network: {list(seen.hidden)} was the largest.", f"{seen.models}.layers={bigger}")
    if not seen.hidden and seen.columns <= MANY_COLUMNS and seen.degree >= max(seen.tried_degrees, default=1) < 5:
        yield Advice(f"Add polynomial features: degree {seen.degree} was the highest.",
                     f"features.degree=[{seen.degree}, {seen.degree + 1}]")  # fmt: skip


def _edge(seen: Observations, end: str) -> str:
    return (
        f"{seen.lam:g} was the {end} of {len(seen.tried_lams)}" if len(seen.tried_lams) > 1 else f"it is {seen.lam:g}"
    )


def _lower(lam: float) -> str:
    return f"[0, {lam / 100:g}, {lam / 10:g}, {lam:g}]"


def _higher(lam: float) -> str:
    return f"[{lam:g}, {10 * lam:g}, {100 * lam:g}]" if lam > 0 else "[0, 1, 10, 100]"


def _size(hidden: tuple[int, ...]) -> int:
    """How much room a network has, for comparison alone: weights between neighbouring layers, one input, one output."""
    return sum(before * after for before, after in pairwise((1, *hidden, 1)))
