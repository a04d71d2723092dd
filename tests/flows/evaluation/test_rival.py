"""Boosted trees beside the model: against scikit-learn's on the same columns."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, root_mean_squared_error

from descent.data.references.boosted import boosted
from descent.flows.evaluation import final_test
from descent.flows.evaluation.rival import clearly_better, rival_of

from ..steps import Steps
from ..tables import churn, prices


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))


def test_it_is_scikit_learns_on_the_same_rows_and_stands_in_the_test(tmp_path: Path) -> None:
    steps = Steps.take(prices(300), "price", tmp_path, "search.models=[{kind: linear}]")
    rival = rival_of(steps.study)
    assert rival is not None
    frame, rows = steps.parts.frame, pd.read_parquet(steps.parts.sealed.path)
    columns = steps.swept.features.columns
    assert columns.categorical == ("city",)
    codes = {city: code for code, city in enumerate(frame["city"].value_counts().index)}

    def matrix(part: pd.DataFrame) -> np.ndarray:
        return np.column_stack([part[list(columns.numeric)], part["city"].map(codes)])

    flags = [False] * len(columns.numeric) + [True]
    theirs = HistGradientBoostingRegressor(categorical_features=flags).fit(matrix(frame), frame["price"])
    found = final_test.tested(steps.refit(tmp_path), steps.at(tmp_path), rival)
    expected = root_mean_squared_error(rows["price"], theirs.predict(matrix(rows)))
    assert found.boosted["rmse"] == pytest.approx(expected, rel=0.02)
    assert set(rival.cv) == set(found.boosted)


def test_probabilities_of_classes_that_training_lacked_are_small_and_known(tmp_path: Path) -> None:
    steps = Steps.take(churn(300), "churn", tmp_path, "search.models=[{kind: logistic}]")
    columns, frame = steps.swept.features.columns, steps.parts.frame
    trees = boosted("binary", frame, steps.study.y, columns, 2, 0)
    assert trees is not None
    numbers = frame[list(columns.numeric)].to_numpy(float)
    if not (columns.categorical or columns.coded):
        theirs = HistGradientBoostingClassifier().fit(numbers, steps.study.y).predict_proba(numbers)
        ours = 1 / (1 + np.exp(-trees.outputs(frame)))
        assert log_loss(steps.study.y, ours) == pytest.approx(log_loss(steps.study.y, theirs), rel=1e-6)
    codes = np.where(steps.study.y == 1, 2, 0)
    three = boosted("multiclass", frame, codes, columns, 3, 0)
    assert three is not None
    assert np.exp(three.outputs(frame))[:, 1].max() < 1e-6


def test_so_many_classes_have_no_rival() -> None:
    frame = pd.DataFrame({"x": np.arange(600.0)})
    columns = Steps  # never looked at
    assert boosted("multiclass", frame, np.arange(600) % 300, columns, 300, 0) is None  # type: ignore[arg-type]
    assert boosted("binary", frame, np.zeros(600, int), columns, 2, 0) is None  # type: ignore[arg-type]


def test_better_is_said_of_what_is_better_beyond_chance() -> None:
    rng = np.random.default_rng(0)
    mine = rng.exponential(size=500)
    assert clearly_better(mine, mine - 0.2 + 0.1 * rng.normal(size=500), np.arange(500))
    assert not clearly_better(mine, rng.permutation(mine), np.arange(500))
    assert not clearly_better(mine, mine + 0.2, np.arange(500))
