"""The one look at the test rows: noted before, verified, measured with intervals and beside simple models."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, root_mean_squared_error
from sklearn.utils.extmath import softmax

from descent.flows.errors import RunError
from descent.flows.evaluation import final_test
from descent.flows.evaluation.ensemble import Member
from descent.flows.table import ledger

from ..steps import Steps
from ..tables import churn, prices

LINEAR = "search.models=[{kind: linear, lambda: 5}]"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))
    return tmp_path / ".descent"


def measure(steps: Steps, folder: Path, run: str = "run-1") -> final_test.Tested:
    return final_test.tested(steps.refit(folder), steps.at(folder, run))


def test_predictions_on_the_test_rows_are_kept_in_the_units_of_the_target(tmp_path: Path) -> None:
    table = prices()
    found = measure(Steps.take(table, "price", tmp_path, LINEAR), tmp_path)
    assert len(found.y) == len(found.outputs) == 40
    assert set(found.y) <= set(table["price"])
    rmse = root_mean_squared_error(found.y, found.outputs)
    assert rmse == pytest.approx(found.metrics["rmse"], rel=1e-5)
    low, high = found.intervals["rmse"]
    assert low < rmse < high


def test_outputs_of_classes_are_logits_and_targets_are_codes(tmp_path: Path) -> None:
    found = measure(Steps.take(churn(), "churn", tmp_path, LINEAR), tmp_path)
    assert set(found.y) == {0, 1}
    probabilities = softmax(np.column_stack([np.zeros(len(found.y)), found.outputs]))
    assert log_loss(found.y, probabilities) == pytest.approx(found.metrics["log_loss"], rel=1e-5)
    assert set(found.intervals) == set(found.metrics)


@pytest.mark.parametrize("degree", [1, 2])
def test_the_linear_model_is_the_one_of_scikit_learn_without_powers(tmp_path: Path, degree: int) -> None:
    steps = Steps.take(prices(), "price", tmp_path, LINEAR, f"features.degree={degree}")
    made = steps.refit(tmp_path)
    found = final_test.tested(made, steps.at(tmp_path, "r"))
    assert made.linear is not None
    features, rows = made.linear.features, pd.read_parquet(steps.parts.sealed.path)
    ridge = Ridge(alpha=1.0).fit(features.transform(steps.parts.frame), steps.parts.frame["price"])
    expected = root_mean_squared_error(rows["price"], ridge.predict(features.transform(rows)))
    assert found.linear["rmse"] == pytest.approx(expected, rel=1e-4)
    assert len(features.names) == 5


def test_the_linear_model_of_classes_is_logistic_regression(tmp_path: Path) -> None:
    steps = Steps.take(churn(), "churn", tmp_path, LINEAR)
    made = steps.refit(tmp_path)
    assert made.linear is not None
    features, rows = made.linear.features, pd.read_parquet(steps.parts.sealed.path)
    logistic = LogisticRegression(C=1.0, tol=1e-8).fit(
        features.transform(steps.parts.frame), steps.parts.frame["churn"]
    )
    expected = log_loss(rows["churn"], logistic.predict_proba(features.transform(rows)))
    assert final_test.tested(made, steps.at(tmp_path, "r")).linear["log_loss"] == pytest.approx(expected, rel=1e-3)


def test_a_model_that_predicts_the_opposite_is_beaten_by_a_dummy_and_by_a_line(tmp_path: Path) -> None:
    steps = Steps.take(prices(), "price", tmp_path, LINEAR)
    made = steps.refit(tmp_path)
    assert final_test.tested(made, steps.at(tmp_path, "r")).beaten_by == ()
    trained = made.model.members[0].trained
    opposite = replace(made.model, members=(Member(replace(trained, parameters=-trained.parameters), 1.0),))
    found = final_test.tested(replace(made, model=opposite), steps.at(tmp_path, "s"))
    assert set(found.beaten_by) == {"baseline", "linear"}


def test_an_opening_is_noted_with_the_digest_of_what_was_opened(tmp_path: Path, home: Path) -> None:
    steps = Steps.take(prices(), "price", tmp_path, LINEAR)
    found = measure(steps, tmp_path)
    (opening,), _ = ledger.read(home / ledger.NAME)
    assert opening == found.count.opening
    assert (opening.run, opening.target, opening.test_rows) == ("run-1", "price", 40)
    assert opening.sealed == steps.parts.sealed.digest
    assert opening.table == steps.question.digest


def test_a_second_model_is_counted_and_its_intervals_are_wider(tmp_path: Path) -> None:
    steps = Steps.take(prices(), "price", tmp_path / "a", LINEAR)
    first, again = measure(steps, tmp_path / "a"), measure(steps, tmp_path / "b")
    other = Steps.take(prices(), "price", tmp_path / "c", LINEAR, "search.epochs=7")
    second = measure(other, tmp_path / "c")
    assert [one.count.number for one in (first, again, second)] == [1, 1, 2]
    assert first.intervals == again.intervals
    for name, (low, high) in first.intervals.items():
        assert second.metrics[name] == first.metrics[name]  # epochs mean nothing to newton, but who would know?
        assert second.intervals[name][0] < low
        assert high < second.intervals[name][1]


def test_another_seed_draws_other_rows_of_the_same_table(tmp_path: Path) -> None:
    measure(Steps.take(prices(), "price", tmp_path / "a", LINEAR), tmp_path / "a")
    other = measure(Steps.take(prices(), "price", tmp_path / "b", LINEAR, "split.seed=1"), tmp_path / "b")
    assert (other.count.number, other.count.elsewhere) == (1, 1)


def test_the_same_rows_read_otherwise_are_the_same_rows(tmp_path: Path) -> None:
    measure(Steps.take(prices(), "price", tmp_path / "a", LINEAR), tmp_path / "a")
    other = Steps.take(prices(), "price", tmp_path / "b", LINEAR, "data.missing=[Ulm]")
    assert measure(other, tmp_path / "b").count.number == 2


def test_sealed_rows_that_were_changed_are_not_measured_but_the_opening_is_noted(tmp_path: Path, home: Path) -> None:
    steps = Steps.take(prices(), "price", tmp_path, LINEAR)
    path = steps.parts.sealed.path
    rows = pd.read_parquet(path)
    path.chmod(0o600)
    rows.assign(price=rows["price"].iloc[::-1].to_numpy()).to_parquet(path)
    with pytest.raises(RunError, match=r"sealed test rows were changed: .*SHA-256 .* Run again"):
        measure(steps, tmp_path)
    assert len(ledger.read(home / ledger.NAME)[0]) == 1


def test_sealed_rows_that_are_gone_are_told(tmp_path: Path) -> None:
    steps = Steps.take(prices(), "price", tmp_path, LINEAR)
    steps.parts.sealed.path.unlink()
    with pytest.raises(RunError, match=r"cannot be read: .*No such file"):
        measure(steps, tmp_path)


def test_rows_of_one_group_are_drawn_together_for_the_intervals(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(60), 10)
    x, level = rng.normal(size=600), rng.normal(size=60)[patient]
    table = pd.DataFrame({"patient_id": patient, "x": x, "y": x + 2 * level + 0.1 * rng.normal(size=600)})
    steps = Steps.take(table, "y", tmp_path, LINEAR)
    assert steps.question.inference.split_by == "group"
    found = measure(steps, tmp_path)
    from descent.ml.statistics import bootstrap

    low, high = bootstrap.intervals("regression", found.y, found.outputs)["rmse"]
    assert found.intervals["rmse"][1] - found.intervals["rmse"][0] > 1.5 * (high - low)
