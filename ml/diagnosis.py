"""Bias or variance: what keeps the winner from being better, and the numbers that say so.

The rule is that of Andrew Ng, *Machine Learning Yearning* (2018), chapters 20 to 22, made relative: a cost means
nothing by itself, so gaps are shares of what there is to explain, J_dummy − level.

- avoidable bias = (J_train − level) / (J_dummy − level)
- variance = (J_cv − J_train) / (J_dummy − level)

Each is high above 10 %, and only if it exceeds two standard errors of J_cv over the folds. The level is the one that
was configured. When none is known:

- if some variant fitted the training rows clearly better, more capacity was tried and did not pay on new rows, so the
  best J_cv seen is the level (not for a winner that fails to beat the dummy);
- else the level is taken as 0, as Ng does, and bias is high above 50 %: noise and bias cannot be told apart, and a
  model that explains less than half of the cost on rows that it has seen is worth a richer one.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

from .advice import Advice, Gain, advise
from .observations import CLEAR, Observations

__all__ = ["Advice", "Diagnosis", "Evidence", "Gain", "Observations", "Verdict", "diagnose", "level_as_cost"]

Verdict = Literal["high bias", "high variance", "high bias and high variance", "good fit"]

HIGH = 0.10
HIGH_BIAS_WITHOUT_LEVEL = 0.50


class Evidence(NamedTuple):
    """A number that the verdict rests on, and the sentence that says it."""

    name: str
    value: float
    sentence: str


@dataclass(frozen=True)
class Diagnosis:
    """The verdict, its evidence, and what to do next, most promising first."""

    verdict: Verdict
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
    level = level_of(seen)
    bias = (seen.cost_train - level.cost) / seen.explainable
    variance = (seen.cost_cv - seen.cost_train) / seen.explainable
    high_bias = bias > level.limit and (seen.level is None or seen.cost_train - level.cost > seen.noise)
    high_variance = variance > HIGH and seen.cost_cv - seen.cost_train > seen.noise
    if not seen.beats_dummy and not high_bias and not high_variance:  # no better than knowing nothing: never a good fit
        high_bias, high_variance = bias >= variance, bias < variance
    verdict: Verdict = (
        "high bias and high variance" if high_bias and high_variance
        else "high bias" if high_bias else "high variance" if high_variance else "good fit"
    )  # fmt: skip
    evidence = (*_gaps(seen, level, bias, variance), *_signs(seen))
    return Diagnosis(verdict, evidence, advise(seen, high_bias=high_bias, high_variance=high_variance))


def level_of(seen: Observations) -> Level:
    """The level that bias is counted from; the rule stands at the top of this file."""
    if seen.level is not None:
        return Level(seen.level, "the level that was configured", HIGH)
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
    return f"{100 * share:.0f} %" if abs(share) >= 0.01 or share == 0 else f"{100 * share:.1f} %"


def _gaps(seen: Observations, level: Level, bias: float, variance: float) -> list[Evidence]:
    """The costs and the two gaps."""
    train, cv, gap = seen.cost_train, seen.cost_cv, seen.cost_cv - seen.cost_train
    dummy = f"A dummy that knows no features costs {seen.cost_dummy:.4g} on the same rows"
    dummy += "." if seen.beats_dummy else ": the model is not clearly better."
    side = "above" if gap >= 0 else "below"
    above = f"{percent(bias)} of what there is to explain" if bias > 0 else "not"
    against = f"within two standard errors ({seen.noise:.4g})" if seen.se and gap <= seen.noise else percent(variance)
    return [
        Evidence("J_train", train, f"J_train is {train:.4g}, the cost on the rows that it learned from."),
        Evidence("J_cv", cv, f"J_cv is {cv:.4g}, the cost on rows that it has not seen."),
        Evidence("J_dummy", seen.cost_dummy, dummy),
        Evidence("level", level.cost, f"Bias is counted from {level.cost:.4g}: {level.reason}."),
        Evidence("bias", bias, f"Bias: J_train is {above} above that level (high from {percent(level.limit)})."),
        Evidence("variance", variance, f"Variance: J_cv is {abs(gap):.4g} {side} J_train, {against} (high from 10 %)."),
    ]


def _signs(seen: Observations) -> list[Evidence]:
    """What the curves and the other variants add."""
    better, falling, rising, diverged = seen.fits_better, seen.falling, seen.rising, seen.diverged
    signs = [
        ("fits better", better if better > CLEAR else 0.0,
         f"The training rows can be fitted {percent(better)} better, but that did not pay on new rows."),
        ("still falling", falling, f"The cost still fell by {percent(falling)} in the last tenth of the epochs."),
        ("rising", rising, f"J_cv rose by {percent(rising)} after its best epoch, whose weights are used."),
        ("diverged", diverged, f"{diverged} of {seen.variants} variants diverged."),
    ]  # fmt: skip
    return [Evidence(name, value, sentence) for name, value, sentence in signs if value > 0]
