"""Bias or variance: what keeps the winner from being better, how sure that is, and the numbers that say so.

A cost means nothing by itself, so both are shares of the explainable cost, J_dummy − level, and high above 10 %.

**Measured** (`ml.diagnosis.measured`): J_cv = level + bias + variance. The variance is how much models disagree that
were trained on disjoint parts of the rows; the level is configured, or the lowest cost that any model reached once its
own variance is taken off. Each has a sampling distribution; the probability of a verdict is its share of the draws, and
the verdict is the most probable one.

**By the gaps alone** (nothing was measured), after Andrew Ng, *Machine Learning Yearning* (2018), chapters 20 to 22:

- avoidable bias = (J_train − level) / (J_dummy − level)
- variance = (J_cv − J_train) / (J_dummy − level), high only if it also exceeds two standard errors of J_cv over folds.

The level is the one that was configured. When none is known:

- if some variant fitted the training rows clearly better, more capacity was tried and did not help on new rows, so the
  best J_cv seen is the level (not for a winner that fails to beat the dummy);
- else the level is taken as 0, as Ng does, and bias is high above 50 %: noise and bias cannot be told apart, and a
  model that explains less than half of the cost on rows that it has seen is worth a richer one.

Probabilities then take both gaps as normal with the standard error of J_cv, a fortieth of the explainable cost
where there were no folds.
"""

from dataclasses import dataclass
from math import erf, sqrt
from typing import Literal, NamedTuple

import numpy as np

from descent.ml.diagnosis.advice import Advice, advise
from descent.ml.diagnosis.measured import Measured
from descent.ml.diagnosis.observations import CLEAR, Observations

__all__ = ["Advice", "Diagnosis", "Evidence", "Observations", "Verdict", "diagnose", "level_as_cost"]

Verdict = Literal["good fit", "high bias", "high variance", "high bias and high variance"]
VERDICTS: tuple[Verdict, ...] = ("good fit", "high bias", "high variance", "high bias and high variance")

HIGH = 0.10
HIGH_BIAS_WITHOUT_LEVEL = 0.50
ASSUMED = 0.025
"""Standard error of J_cv where none is known, as a share of the explainable cost."""


class Evidence(NamedTuple):
    """A number that the verdict rests on, and the sentence that says it."""

    name: str
    value: float
    sentence: str


@dataclass(frozen=True)
class Diagnosis:
    """The verdict, the probability of each, the evidence, and what to do next, most promising first."""

    verdict: Verdict
    probabilities: dict[Verdict, float]
    evidence: tuple[Evidence, ...]
    advice: tuple[Advice, ...]


@dataclass(frozen=True)
class Level:
    """The cost that bias is counted from, why, and the share above which bias is high."""

    cost: float
    reason: str
    limit: float


def diagnose(seen: Observations) -> Diagnosis:
    """Say whether the winner underfits or overfits, and what to do. Pure: numbers in, sentences out."""
    chances: tuple[float, ...]
    if seen.measured is not None:
        chances, gaps = seen.measured.probabilities(HIGH), _shares(seen, seen.measured)
    else:
        chances, gaps = _by_gaps(seen)
    verdict = VERDICTS[int(np.argmax(chances))]
    bias, variance = "bias" in verdict, "variance" in verdict
    return Diagnosis(
        verdict,
        dict(zip(VERDICTS, chances, strict=True)),
        (*_costs(seen), *gaps, *_signs(seen)),
        advise(seen, high_bias=bias, high_variance=variance),
    )


def _by_gaps(seen: Observations) -> tuple[tuple[float, ...], list[Evidence]]:
    """Probabilities in the order of `VERDICTS`, from J_train and J_cv alone."""
    level, unit, gap = level_of(seen), seen.explainable, seen.cost_cv - seen.cost_train
    se = seen.se or ASSUMED * unit
    above = seen.cost_train - level.cost - max(level.limit * unit, 0.0 if seen.level is None else seen.noise)
    bias, variance = _chance(above / se), _chance((gap - max(HIGH * unit, seen.noise)) / se)
    chances: tuple[float, ...] = (
        (1 - bias) * (1 - variance),
        bias * (1 - variance),
        (1 - bias) * variance,
        bias * variance,
    )
    if not seen.beats_dummy and max(chances) == chances[0]:  # no better than knowing nothing: never a good fit
        larger = 1 if seen.cost_train - level.cost >= gap else 2
        chances = (0.0, *(c + chances[0] if i == larger else c for i, c in enumerate(chances[1:], start=1)))
    return chances, _gaps(seen, level, (seen.cost_train - level.cost) / unit, gap / unit)


def _chance(z: float) -> float:
    """Φ(z), exactly ½ or less at 0: a gap at the limit is not above it."""
    return 0.5 * (1.0 + erf(z / sqrt(2.0)))


def level_of(seen: Observations) -> Level:
    """The level that bias is counted from; the rule stands at the top of this file."""
    if seen.level is not None:
        return Level(seen.level, "the configured level", HIGH)
    if seen.best_cost_cv is not None and seen.fits_better > CLEAR and seen.beats_dummy:
        return Level(seen.best_cost_cv, "the best J_cv seen", HIGH)
    return Level(0.0, "no level is known", HIGH_BIAS_WITHOUT_LEVEL)


def level_as_cost(metric: str, value: float, cost_dummy: float) -> float | None:
    """A level of a metric as a cost J, None where the metric does not determine it.

    J is ½ rmse² or the log loss; R² = 1 − J / J_dummy, because the dummy predicts the mean.
    """
    if metric == "rmse":
        return 0.5 * value * value
    if metric == "r2":
        return max(0.0, (1.0 - value) * cost_dummy)
    return value if metric == "log_loss" else None


def percent(share: float) -> str:
    """A share as a reader says it."""
    shown = round(100 * share, 0 if abs(share) >= 0.01 else 1)
    return f"{shown + 0.0:.{0 if shown.is_integer() else 1}f} %"  # + 0.0: never -0


def _costs(seen: Observations) -> list[Evidence]:
    """J_train, J_cv and the dummy's."""
    dummy = f"A dummy without features costs {seen.cost_dummy:.4g} on the same rows"
    dummy += "." if seen.beats_dummy else ": the model is not clearly better."
    train, cv = seen.cost_train, seen.cost_cv
    return [
        Evidence("J_train", train, f"J_train is {train:.4g}, the cost on the training rows."),
        Evidence("J_cv", cv, f"J_cv is {cv:.4g}, the cost on the cv rows."),
        Evidence("J_dummy", seen.cost_dummy, dummy),
    ]


def _gaps(seen: Observations, level: Level, bias: float, variance: float) -> list[Evidence]:
    """The level and the two gaps."""
    gap = seen.cost_cv - seen.cost_train
    side = "above" if gap >= 0 else "below"
    above = f"{percent(bias)} of the explainable cost" if bias > 0 else "not"
    against = f"within two standard errors ({seen.noise:.4g})" if seen.se and gap <= seen.noise else percent(variance)
    return [
        Evidence("level", level.cost, f"Bias is measured from {level.cost:.4g}: {level.reason}."),
        Evidence("bias", bias, f"Bias: J_train is {above} above that level (high from {percent(level.limit)})."),
        Evidence("variance", variance, f"Variance: J_cv is {abs(gap):.4g} {side} J_train, {against} (high from 10 %)."),
    ]


def _shares(seen: Observations, measured: Measured) -> list[Evidence]:
    """The level and both shares as measured, with the intervals that hold them with 80 %."""
    level = float(np.mean(measured.levels))
    if measured.level is not None:
        reason = "the configured level"
    elif measured.reference is not None:
        reason = f"what {measured.reference.name} reaches, without its variance"
    else:
        reason = "the model's own cost without its variance, as no other model reached less"
        if float(np.median(measured.variance / measured.explainable)) > HIGH:
            reason += "; so much variance may hide a bias, which diagnose.baseline would show"
    found = [Evidence("level", level, f"Bias is measured from {level:.4g}: {reason}.")]
    for name, draws, source in (
        ("bias", measured.bias, "J_cv above the level, variance removed"),
        ("variance", measured.variance, "how much models trained on different rows differ"),
    ):
        low, middle, high = np.quantile(draws / measured.explainable, [0.1, 0.5, 0.9])
        within = f"{percent(middle)} of the explainable cost ({percent(low)} to {percent(high)}; high from 10 %)"
        found.append(Evidence(name, float(middle), f"{name.capitalize()}: {within}, {source}."))
    if seen.law is not None:
        more = seen.law.at(2 * seen.rows)
        found.append(
            Evidence(
                "twice the rows",
                more.value,
                f"Twice the training rows would give J_cv {more.value:.4g} ({more.low:.4g} to {more.high:.4g}).",
            )
        )
    return found


def _signs(seen: Observations) -> list[Evidence]:
    """What the curves and the other variants add."""
    better, falling, rising, diverged = seen.fits_better, seen.falling, seen.rising, seen.diverged
    signs = [
        (
            "fits better",
            better if better > CLEAR else 0.0,
            f"The training rows can be fitted {percent(better)} better, but that did not generalise to new rows.",
        ),
        ("still falling", falling, f"The cost still fell by {percent(falling)} in the last tenth of the epochs."),
        ("rising", rising, f"J_cv rose by {percent(rising)} after its best epoch, whose weights are used."),
        ("diverged", diverged, f"{diverged} of {seen.variants} variants diverged."),
    ]
    return [Evidence(name, value, sentence) for name, value, sentence in signs if value > 0]
