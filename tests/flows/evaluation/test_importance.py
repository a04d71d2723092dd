"""Permutation importance: against scikit-learn's on the same model and rows."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance

from descent import ml
from descent.flows.evaluation import importance
from descent.flows.search.models import model_of

from ..steps import Steps
from ..tables import churn, prices


def measured(table: pd.DataFrame, target: str, folder: Path) -> tuple[importance.Importance, Steps, Any]:
    steps = Steps.take(table, target, folder)
    found = importance.measure(steps.entry, steps.study)
    assert found is not None
    return found, steps, steps.swept


class Predicts(BaseEstimator):  # type: ignore[misc]
    """The variant as scikit-learn knows models."""

    def __init__(self, steps: Steps, matrices: Any) -> None:
        self.steps, self.matrices = steps, matrices

    def fit(self, x: Any, y: Any) -> "Predicts":
        return self

    def predict(self, frame: pd.DataFrame) -> Any:
        model = model_of(self.steps.entry.variant, self.matrices.width, 1, "regression")
        outputs = ml.outputs(model, self.steps.entry.weights, self.matrices.features.transform(frame))
        return self.matrices.target.decode(outputs)


def test_it_agrees_with_scikit_learn(tmp_path: Path) -> None:
    found, steps, matrices = measured(prices(400), "price", tmp_path)
    frame = steps.parts.frame.iloc[steps.parts.cv]
    names = list(matrices.features.schema)
    theirs = permutation_importance(
        Predicts(steps, matrices),
        frame[names],
        frame["price"],
        scoring="neg_root_mean_squared_error",
        n_repeats=30,
        random_state=0,
    )
    ours = {one.name: one for one in found.columns}
    for name, mean, deviation in zip(names, theirs.importances_mean, theirs.importances_std, strict=True):
        noise = 4 * (ours[name].deviation + deviation) / np.sqrt(found.repeats)
        assert ours[name].mean == pytest.approx(mean, abs=noise), name
    assert found.base == pytest.approx(steps.entry.metrics["rmse"], rel=1e-4)


def test_what_decides_comes_first_and_noise_is_not_clear(tmp_path: Path) -> None:
    found, _, _ = measured(prices(400), "price", tmp_path)
    assert [one.name for one in found.columns][:2] == ["area", "city"]
    assert [one.clear for one in found.columns][:2] == [True, True]


def test_a_greater_metric_that_falls_counts_as_worse(tmp_path: Path) -> None:
    found, _, _ = measured(churn(), "churn", tmp_path)
    assert {one.name for one in found.columns} == {"months", "calls"}
    assert all(one.mean > 0 for one in found.columns)


def test_only_the_column_of_its_job_is_shuffled() -> None:
    frame = pd.DataFrame({"a": [1, 2, 3], "b": ["x", "y", "z"]})
    both = importance.mixed(frame, [("a", np.array([2, 0, 1])), ("b", np.array([1, 2, 0]))])
    assert both["a"].tolist() == [3, 1, 2, 1, 2, 3]
    assert both["b"].tolist() == ["x", "y", "z", "y", "z", "x"]


@pytest.mark.parametrize(("rows", "columns", "width"), [(80, 279, 350), (9000, 18, 4000), (20, 2, 2), (9000, 3, 3)])
def test_the_effort_is_bounded(rows: int, columns: int, width: int) -> None:
    used, repeats = importance.effort(rows, columns, width)
    assert min(rows, importance.FEWEST_ROWS) <= used <= min(rows, importance.MOST_ROWS)
    assert 2 <= repeats <= importance.REPEATS
    assert used * columns * width * repeats <= importance.CELLS or (used, repeats) == (min(rows, 50), 2)
