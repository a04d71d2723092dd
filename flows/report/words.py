"""What a result says, in words and in rows of a table: for the terminal, for notes and for the report."""

from math import isfinite
from pathlib import PurePath

from descent.flows.report.figure import number as apart
from descent.ml.statistics.metrics import greater_is_better
from descent.schemas import ExperimentResult

NAMES = {
    "rmse": "root mean squared error",
    "mae": "mean absolute error",
    "r2": "R²",
    "log_loss": "log loss",
    "accuracy": "accuracy",
    "f1_macro": "macro F1",
    "roc_auc": "area under the ROC curve",
    "average_precision": "average precision",
}

SPLITS = {
    "random": "at random",
    "stratified": "at random, stratified by class",
    "time": "by time, so that the test rows are the latest",
    "group": "by group, so that the rows of a group stay together",
    "column": "by a column of the table",
}


def number(value: float | None) -> str:
    """Four significant digits, as a reader compares them; a dash where there is none."""
    return "–" if value is None or not isfinite(value) else f"{value + 0.0:.4g}"  # + 0.0: never -0


def spread(value: float | None) -> str:
    """Two significant digits of a standard error or deviation: more mean nothing."""
    return "–" if value is None or not isfinite(value) else number(float(f"{value:.2g}"))


def spread_apart(value: float | None) -> str:
    """The same with thousands apart, as the report writes numbers."""
    return apart(value if value is None else float(f"{value:.2g}"))


def chance(share: float) -> str:
    """A probability in per cent; never 0 or 100, which no finite evidence gives."""
    return "under 1 %" if share < 0.005 else "over 99 %" if share > 0.995 else f"{100 * share:.0f} %"


def headline(result: ExperimentResult) -> str:
    """How many rows, and how often they have been looked at."""
    rows, opening = result.data.splits.test, result.test.opening
    times = "once" if opening is None or opening.number == 1 else f"by {opening.number} different models now"
    return f"Test set: {rows:,} rows, opened {times}"


def columns(result: ExperimentResult) -> list[str]:
    """Titles: the metric, this model, its interval, and the models that know less."""
    dummy = "always the mean" if result.task == "regression" else "always the class shares"
    trees = ["boosted trees"] if result.test.boosted else []
    return ["", "this model", f"{100 * result.test.confidence:.4g} % interval", *trees, "plain linear", dummy]


def rows(result: ExperimentResult) -> list[list[str]]:
    """One row per metric, in the order of `columns`."""
    test = result.test
    others = [*([test.boosted] if test.boosted else []), test.linear, test.baseline]
    return [
        [name, number(value), _interval(result, name), *(number(one.get(name)) for one in others)]
        for name, value in test.metrics.items()
    ]


def rival(result: ExperimentResult) -> str:
    """What to say first of models that are clearly better on the test rows; nothing where none is."""
    test, metric = result.test, result.selected.metric or ""
    said = {
        "boosted": "Another kind of model, gradient-boosted trees, predicts these rows clearly better{}: where only "
        f"accuracy matters, use those. {len(result.variants)} variants were tried here.",
        "linear": "A plain linear model predicts the test rows clearly better{}: use that one.",
        "baseline": "A dummy that knows no features predicts the test rows clearly better{}: they are unlike those "
        "that the model learned from, or there is little to learn.",
    }
    found = []
    for name in (one for one in said if one in test.beaten_by):
        mine, theirs = test.metrics.get(metric), getattr(test, name).get(metric)
        figures = "" if None in (mine, theirs) else f" ({metric_name(metric)} {apart(theirs)} against {apart(mine)})"
        found.append(said[name].format(figures))
    return " ".join(found)


def made_of(result: ExperimentResult) -> str:
    """What the final model is, in a sentence or two."""
    members, calibration = result.selected.members, result.selected.calibration
    count = sum(one.models for one in members)
    if count < 2:
        said = "The final model was trained on the train and cv rows together."
    elif len(members) == 1:
        said = f"The final model is the average of the {count} models of the folds."
    else:
        shares = ", ".join(f"{one.name} {percent(round(one.weight, 2))}" for one in members)
        said = f"The final model is a weighted average of {count} models: {shares}."
    if calibration is None:
        return said
    return (
        f"{said} Its probabilities are calibrated (temperature {number(calibration.temperature)}): on rows that no "
        f"model had learned from, the log loss falls from {number(calibration.before)} to {number(calibration.after)}."
    )


def caveats(result: ExperimentResult) -> list[str]:
    """What makes the test result worth less than it seems."""
    opening, found = result.test.opening, []
    if opening is None:
        return []
    if opening.number > 1:
        found.append(
            f"{opening.number} different models have been tested on these rows, so chance favours the best of them: "
            f"the intervals are widened to {100 * result.test.confidence:.4g} % each (Bonferroni). Only rows that "
            "no model has been tested on are unbiased"
        )
    if opening.elsewhere:
        sets = "set of test rows was" if opening.elsewhere == 1 else "sets of test rows were"
        found.append(
            f"{opening.elsewhere} other {sets} drawn from this table and opened before (split.seed, fractions)"
        )
    if opening.unreadable:
        lines = "line" if opening.unreadable == 1 else "lines"
        found.append(f"{opening.unreadable} {lines} of .descent/openings.jsonl cannot be read and may hide openings")
    return found


def split(result: ExperimentResult) -> str:
    """How the table was cut, after "split"."""
    return SPLITS.get(result.data.split_by or "", f"by {result.data.split_by}")


def source(result: ExperimentResult) -> str:
    """The table's name without its folder."""
    return PurePath(result.data.source or "").name or "the table"


def metric_name(metric: str) -> str:
    """A metric as a reader says it."""
    return NAMES.get(metric, metric)


def answer(result: ExperimentResult) -> str:
    """What the test rows say, in one sentence."""
    metric = result.selected.metric or next(iter(result.test.metrics))
    value, dummy = result.test.metrics.get(metric), result.test.baseline.get(metric)
    said = f"On {result.data.splits.test:,} test rows that no earlier step had seen, its {metric_name(metric)} is "
    said += apart(value)
    interval = result.test.intervals.get(metric)
    if interval and None not in interval:
        said += f" ({percent(result.test.confidence)} interval {apart(interval[0])} to {apart(interval[1])})"
    known = "the mean" if result.task == "regression" else "the class shares"
    if dummy is not None:
        said += f"; a dummy that always predicts {known} has {apart(dummy)}"
    linear = result.test.linear.get(metric)
    if linear is not None:
        said += f", a plain {'linear' if result.task == 'regression' else 'logistic'} model {apart(linear)}"
    return said + "."


def better_than_dummy(result: ExperimentResult) -> str:
    """How far the model is from the dummy in the metric that selects."""
    metric = result.selected.metric or ""
    value, dummy = result.test.metrics.get(metric), result.test.baseline.get(metric)
    if value is None or not dummy:
        return ""
    if not greater_is_better(metric):
        change = 1 - value / dummy
        return f"{100 * abs(change):.0f} % {'less' if change >= 0 else 'more'} than the dummy's {apart(dummy)}"
    return f"the dummy has {apart(dummy)}"


def percent(share: float) -> str:
    """A share in per cent, with as many digits as it needs: 95 %, 97.5 %."""
    return f"{100 * share:.4g} %"


def seconds(value: float) -> str:
    """A duration."""
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.1f} min"


def _interval(result: ExperimentResult, name: str) -> str:
    low, high = result.test.intervals.get(name, (None, None))
    return "–" if low is None or high is None else f"{number(low)} to {number(high)}"
