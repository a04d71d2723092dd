"""What fits which task."""

from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.config.judgement import METRICS
from descent.schemas.config.models import POSITIVE, TARGETS, NetworkSearch
from descent.schemas.config.sweeps import choices
from descent.schemas.problems.errors import ConfigError, Problem
from descent.schemas.problems.origin import Path

KINDS = {
    "regression": ("linear", "network"),
    "binary": ("linear", "logistic", "network"),
    "multiclass": ("linear", "softmax", "network"),
}
"""Kinds of models that can learn each task."""

PLAIN = {"squared_error"}
"""What ``loss`` is where it is not written."""

COSTS = {"regression": ("rmse", "r2"), "binary": ("log_loss",), "multiclass": ("log_loss",)}
"""Metrics from whose level a cost J follows, against which a model can be diagnosed."""


def check_task(config: ExperimentConfig, task: str) -> None:
    """Hold metric, baseline, kinds and the positive label to the task.

    Raises:
        ConfigError: one problem for each that does not fit.
    """
    problems: list[Problem] = []

    def refuse(path: Path, message: str) -> None:
        problems.append(config.problem(path, message))

    if task not in METRICS:
        refuse(("data", "task"), f"{task} is not a task: one of {', '.join(METRICS)}")
    else:
        metric = config.select.metric
        if metric is not None and metric not in METRICS[task]:
            allowed = ", ".join(METRICS[task])
            refuse(("select", "metric"), f"{metric} does not fit a {task} task. Allowed: {allowed}")
        elif metric is not None and config.diagnose.baseline is not None and metric not in COSTS[task]:
            usable = " or ".join(COSTS[task])
            refuse(
                ("diagnose", "baseline"),
                f"{config.diagnose.baseline:g} is a level of select.metric, and no cost J follows from {metric} to "
                f"compare with: give the level as {usable} and set select.metric to that, or leave baseline out",
            )
        for index, model in enumerate(config.search.models or ()):
            if model.kind not in KINDS[task]:
                path = ("search", "models", index, "kind")
                refuse(path, f"{model.kind} does not fit a {task} task. Allowed: {', '.join(KINDS[task])}")
            elif task == "regression" and isinstance(model, NetworkSearch) and any(choices(model.label_smoothing)):
                path = ("search", "models", index, "label_smoothing")
                refuse(path, "a regression has no labels to smooth: leave it out")
            elif task != "regression" and isinstance(model, NetworkSearch) and set(choices(model.loss)) != PLAIN:
                path = ("search", "models", index, "loss")
                refuse(path, f"is for numbers, but the task is {task}: leave it out")
        if config.data.positive is not None and task != "binary":
            refuse(("data", "positive"), f"names a label of a binary task, but the task is {task}: leave it out")
    if problems:
        raise ConfigError(problems)


def check_losses(config: ExperimentConfig, least: float) -> None:
    """Hold the losses of networks to a target whose smallest number is ``least``.

    Raises:
        ConfigError: one problem for each that does not fit.
    """
    problems = [
        config.problem(
            ("search", "models", index, "loss"),
            f"{loss} needs a target {TARGETS[loss]}; its smallest value is {least:g}",
        )
        for index, model in enumerate(config.search.models or ())
        if isinstance(model, NetworkSearch)
        for loss in choices(model.loss)
        if loss in TARGETS and (least < 0 or (least == 0 and TARGETS[loss] == POSITIVE))
    ]
    if problems:
        raise ConfigError(problems)
