"""What to do next: the classic list, each item with the gain that the evidence predicts.

Sources: Andrew Ng, *Machine Learning Yearning* (2018), chapters 25 (reducing avoidable bias) and 27 (reducing
variance), and *Advice for applying machine learning* (Stanford CS229).

What was tried on half of the rows is advised by its predicted gain, whatever the verdict, and left out where it is
predicted to be none. What was not measured is advised as the verdict says, without a number.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from descent.ml.diagnosis.observations import CLEAR, Observations
from descent.ml.diagnosis.power_law import Projected
from descent.ml.diagnosis.remedies import Option, Remedy, options

LIKELY = 0.5
"""Measured advice is given from this probability that J_cv falls,"""
WORTH = 0.005
"""and if it is predicted to fall by this share of the explainable cost."""


@dataclass(frozen=True)
class Advice:
    """One thing to do next: in words, as a setting to type if a key does it, and by how much J_cv is predicted to fall.

    ``confidence`` is the probability that J_cv falls; None, as ``gain``, where no measurement tells. ``remedy`` names
    the option behind it, if one is.
    """

    text: str
    setting: str | None = None
    gain: Projected | None = None
    confidence: float | None = None
    remedy: Remedy | None = None


def advise(seen: Observations, *, high_bias: bool, high_variance: bool) -> tuple[Advice, ...]:
    """The advice, most promising first."""
    open_options = list(options(seen))
    measured = sorted(_measured(seen, open_options), key=lambda one: -_value(one))
    tested = {option.remedy for option in open_options if option.remedy in seen.tested}
    wanted = [option for option in open_options if option.remedy not in tested]
    lines = [*_first_of_all(seen), *measured]
    if high_bias:
        lines += _untested(wanted, against_bias=True)
        lines += _against_bias(seen, alone=not high_variance)
    if high_variance:
        lines += _untested(wanted, against_bias=False, but=set() if not high_bias else {"smaller network"})
        lines += _against_variance(seen)
    if not high_bias and not high_variance:
        lines += _when_good(seen, wanted, found=bool(measured))
    if seen.diverged:
        lines.append(
            Advice(
                f"{seen.diverged} of {seen.variants} variants diverged: lower their learning_rate, "
                "or set clip_norm: 1 in their optimizer."
            )
        )
    return tuple(lines)


def _value(advice: Advice) -> float:
    return 0.0 if advice.gain is None else advice.gain.value


def _measured(seen: Observations, open_options: list[Option]) -> Iterator[Advice]:
    """What was tried on halves of the rows, and more rows, as far as it is likely to help."""
    if seen.measured is None:
        return
    for option in open_options:
        found = [seen.measured.gain(halves) for halves in seen.tested.get(option.remedy, ())]
        if found:
            gain, sure = max(found, key=lambda one: one[0].value)
            if sure > LIKELY and gain.value > WORTH * seen.explainable:
                yield Advice(option.text, option.setting, gain, sure, option.remedy)
    if seen.law is not None:
        gain, sure = seen.law.gain(2 * seen.rows), seen.law.falls
        if gain.value > WORTH * seen.explainable:
            yield Advice(
                f"Get more rows: twice the {seen.rows} training rows are projected to lower J_cv.", None, gain, sure
            )


def _untested(wanted: list[Option], *, against_bias: bool, but: set[Remedy] | None = None) -> Iterator[Advice]:
    for option in wanted:
        if option.against_bias == against_bias and option.remedy not in (but or set()):
            yield Advice(option.text, option.setting, remedy=option.remedy)


def _first_of_all(seen: Observations) -> Iterator[Advice]:
    """What puts everything else in question."""
    if seen.level is not None and seen.level >= seen.cost_dummy:
        yield Advice(
            f"The baseline is no better than the dummy (costs {seen.level:.4g} and {seen.cost_dummy:.4g}): "
            "check diagnose.baseline and its unit."
        )
    if not seen.beats_dummy:
        yield Advice(
            f"The model does not clearly beat a dummy (J_cv {seen.cost_cv:.4g}, dummy {seen.cost_dummy:.4g}): "
            "check data.target and data.exclude, and whether these columns can predict the target at all."
        )


def _against_bias(seen: Observations, alone: bool) -> Iterator[Advice]:
    """What no setting does."""
    yield Advice("Look for new columns that carry information about the target.")
    if alone:
        gap = seen.cost_cv - seen.cost_train
        why = f"J_cv is only {gap:.2g} above J_train" if gap > 0 else "J_cv is not above J_train"
        if seen.law is not None:
            why = (
                f"J_cv is projected to go from {seen.cost_cv:.4g} to {seen.law.at(2 * seen.rows).value:.4g} with twice"
            )
        yield Advice(f"More rows alone will hardly help: {why}.")
    if seen.level is None:
        yield Advice("If no one can predict this better, set diagnose.baseline, and bias is measured from there.")


def _against_variance(seen: Observations) -> Iterator[Advice]:
    """More rows, fewer features."""
    if seen.law is None:
        yield Advice(
            f"Get more rows: {seen.rows} training rows for {seen.parameters} parameters and {seen.columns} features."
        )
    if seen.columns > 5:
        yield Advice(
            f"Use fewer of the {seen.columns} features: list uninformative columns in data.exclude, "
            "or group more rare categories with features.rare."
        )


def _when_good(seen: Observations, wanted: list[Option], *, found: bool) -> Iterator[Advice]:
    """What may still be gained where nothing is wrong."""
    for option in wanted:
        swept = option.remedy in ("smaller λ", "larger λ") and len(seen.tried_lams) > 1
        if option.remedy == "train longer" or swept:
            found = True
            yield Advice(option.text, option.setting, remedy=option.remedy)
    if seen.fits_better > CLEAR:
        yield Advice(
            f"The training rows can be fitted {100 * seen.fits_better:.0f} % better, but that does not "
            "generalise: more rows or better columns will gain more than a larger model."
        )
    elif not found:
        yield Advice("Both gaps are small: better columns or cleaner targets will gain more than further tuning.")
