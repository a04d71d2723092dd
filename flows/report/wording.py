"""Sentences of the report."""

from pathlib import PurePath

from descent.flows.report.figure import number
from descent.flows.report.words import chance
from descent.schemas import ExperimentResult

ERRORS = ("rmse", "mae", "log_loss")
"""Metrics of which less is better."""

NAMES = {
    "rmse": "root mean squared error", "mae": "mean absolute error", "r2": "R²", "log_loss": "log loss",
    "accuracy": "accuracy", "f1_macro": "macro F1", "roc_auc": "area under the ROC curve",
    "average_precision": "average precision",
}  # fmt: skip


def spread(value: float | None) -> str:
    """Two significant digits of a standard error or deviation: more mean nothing."""
    return number(value if value is None else float(f"{value:.2g}"))


SPLITS = {
    "random": "at random",
    "stratified": "at random with every class in equal shares",
    "time": "by time, so that the test rows are the latest",
    "group": "by group, so that all rows of one stay together",
    "column": "as the table says",
}

__all__ = ["answer", "better_than_dummy", "chance", "metric_name", "percent", "seconds", "source", "split", "spread"]


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
    said = f"On {result.data.splits.test:,} test rows that nothing before had seen, its {metric_name(metric)} is "
    said += number(value)
    interval = result.test.intervals.get(metric)
    if interval and None not in interval:
        said += f" ({percent(result.test.confidence)} interval {number(interval[0])} to {number(interval[1])})"
    known = "the mean" if result.task == "regression" else "the shares of the classes"
    if dummy is not None:
        said += f"; a dummy that knows only {known} has {number(dummy)}"
    linear = result.test.linear.get(metric)
    if linear is not None:
        said += f", a plain {'linear' if result.task == 'regression' else 'logistic'} model {number(linear)}"
    return said + "."


def better_than_dummy(result: ExperimentResult) -> str:
    """How far the model is from the dummy in the metric that selects."""
    metric = result.selected.metric or ""
    value, dummy = result.test.metrics.get(metric), result.test.baseline.get(metric)
    if value is None or not dummy:
        return ""
    if metric in ERRORS:
        change = 1 - value / dummy
        return f"{100 * abs(change):.0f} % {'less' if change >= 0 else 'more'} than the dummy's {number(dummy)}"
    return f"the dummy has {number(dummy)}"


def percent(share: float) -> str:
    """A share in per cent, with as many digits as it needs: 95 %, 97.5 %."""
    return f"{100 * share:.4g} %"


def seconds(value: float) -> str:
    """A duration."""
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.1f} min"
