"""What every real model has to beat: a dummy that knows no features, and a plain linear model."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.ml.statistics import metrics
from descent.schemas import ExperimentConfig, FeatureSettings, Variant, expand_variants, plain_search

Array = NDArray[Any]


def dummy_outputs(task: str, y: Array, classes: int, rows: int) -> Array:
    """Constant outputs for ``rows`` rows: the mean of ``y``, or the logits of the class shares in ``y``.

    ``y`` (m,) are training targets: numbers, or codes 0…classes−1. A class that ``y`` lacks counts as half a row, so
    that its logit is finite. Returns (rows,) for regression and binary, (rows, classes) for multiclass.
    """
    if task == "regression":
        return np.full(rows, float(np.mean(y)))
    shares = np.maximum(np.bincount(y, minlength=classes), 0.5) / len(y)
    if task == "binary":
        return np.full(rows, float(np.log(shares[1] / shares[0])))
    return np.tile(np.log(shares), (rows, 1))


def dummy_metrics(task: str, y: Array, y_held: Array, classes: int) -> dict[str, float]:
    """Every metric of the task on ``y_held`` for the dummy that knows ``y``."""
    return metrics.evaluate(task, None, y_held, dummy_outputs(task, y, classes, len(y_held)))


def plain_linear(config: ExperimentConfig, task: str, features: FeatureSettings, columns: int) -> Variant:
    """The linear, logistic or softmax regression that anybody would try first: no powers, λ = 1.

    That is scikit-learn's Ridge and LogisticRegression as they come. ``features`` are the winner's, whose scaling and
    encoding it shares; ``columns`` how many the table has.
    """
    search = config.model_copy(update={"search": plain_search(task, columns)})
    (variant, *_) = expand_variants(search)  # several where features are swept: these are replaced
    return replace(variant, name="plain linear", features=replace(features, degree=1, interaction_only=False))


def cost_of(task: str, values: dict[str, float]) -> float:
    """The unregularised cost J that metrics imply: rmse²/2, or the log loss."""
    return values["rmse"] ** 2 / 2 if task == "regression" else values["log_loss"]
