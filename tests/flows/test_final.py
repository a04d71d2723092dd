"""The one look at the test rows."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.utils.extmath import softmax

from flows import final

from .steps import Steps
from .tables import churn, prices

LINEAR = "search.models=[{kind: linear, lambda: 1}]"


def test_predictions_on_the_test_rows_are_kept_in_the_units_of_the_target(tmp_path: Path) -> None:
    table = prices()
    steps = Steps.take(table, "price", tmp_path, LINEAR)
    tested = final.test(steps.refit(tmp_path), steps.question, steps.parts)
    assert len(tested.y) == len(tested.outputs) == 40
    assert set(tested.y) <= set(table["price"])
    assert root_mean_squared_error(tested.y, tested.outputs) == pytest.approx(tested.metrics["rmse"], rel=1e-5)


def test_outputs_of_classes_are_logits_and_targets_are_codes(tmp_path: Path) -> None:
    steps = Steps.take(churn(), "churn", tmp_path, LINEAR)
    tested = final.test(steps.refit(tmp_path), steps.question, steps.parts)
    assert set(tested.y) == {0, 1}
    probabilities = softmax(np.column_stack([np.zeros(len(tested.y)), tested.outputs]))
    assert log_loss(tested.y, probabilities) == pytest.approx(tested.metrics["log_loss"], rel=1e-5)
