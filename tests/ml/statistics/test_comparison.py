"""Paired comparisons: against closed forms, against coverage by simulation."""

import numpy as np
import pytest

from descent import ml
from descent.ml.statistics.comparison import compare, lower_bound


def test_the_gain_is_that_of_the_mean_loss() -> None:
    y, old, new = np.array([1.0, 2, 3, 4]), np.array([1.0, 3, 3, 6]), np.array([1.0, 2, 4, 4])
    found = compare("regression", "rmse", y, old, new)
    assert (found.measure, found.difference, found.rows) == ("mean squared error", 5 / 4 - 1 / 4, 4)
    assert compare("regression", "mae", y, old, new).difference == pytest.approx(3 / 4 - 1 / 4)
    z = np.array([2.0, -1.0, 0.5])
    codes = np.array([1, 0, 0])
    losses = np.log1p(np.exp(-np.where(codes == 1, z, -z)))
    found = compare("binary", "log_loss", codes, z, np.zeros(3))
    assert found.difference == pytest.approx(losses.mean() - np.log(2))
    logits = np.array([[3.0, 0, 0], [0, 3, 0], [3, 0, 0]])
    assert compare("multiclass", "accuracy", [0, 1, 2], np.zeros((3, 3)), logits).difference == pytest.approx(1 / 3)


def test_the_bound_is_that_of_students_t_for_normal_gains() -> None:
    from scipy.stats import t

    gains = np.random.default_rng(0).normal(1, 2, 400)
    bound = lower_bound(gains, np.arange(400), 0.95, np.random.default_rng(1))
    expected = gains.mean() - t.ppf(0.95, 399) * gains.std(ddof=1) / 20
    assert bound == pytest.approx(expected, abs=0.02)


def test_a_comparison_keeps_a_part_of_the_error_back() -> None:
    from scipy.stats import t

    rng = np.random.default_rng(0)
    new, gains = np.zeros(400), rng.normal(0.2, 2, 400)
    found = compare("regression", "mae", new, np.abs(gains + 20), np.full(400, 20.0))
    expected = found.difference - t.ppf(1 - 0.85 * 0.05, 399) * gains.std(ddof=1) / 20
    assert found.lower == pytest.approx(expected, abs=0.02)
    assert found.confidence == 0.95


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_no_better_models_seldom_look_better(task: str) -> None:
    rng, wrong = np.random.default_rng(0), 0
    for _ in range(200):
        truth = rng.normal(size=300)
        old, new = truth + rng.normal(0, 1, 300), truth + rng.normal(0, 1, 300)
        y = truth + rng.normal(size=300) if task == "regression" else (rng.random(300) < 1 / (1 + np.exp(-truth)))
        metric = "rmse" if task == "regression" else "log_loss"
        wrong += compare(task, metric, y.astype(float if task == "regression" else int), old, new).better
    assert wrong <= 200 * 0.05 + 3 * np.sqrt(200 * 0.05 * 0.95)


def test_rows_of_a_group_count_as_one() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(12), 50)
    shift = rng.normal(0.15, 1, 12)[groups]  # a whole group is predicted better or worse
    y, old = np.zeros(600), np.ones(600)
    new = 1 - shift / 2
    alone, together = compare("regression", "mae", y, old, new), compare("regression", "mae", y, old, new, units=groups)
    assert together.units == 12
    assert together.lower < alone.lower


def test_a_metric_that_is_no_mean_is_drawn_itself() -> None:
    rng = np.random.default_rng(0)
    y = (rng.random(200) < 0.3).astype(int)
    found = compare("binary", "roc_auc", y, rng.normal(size=200), y + rng.normal(size=200) / 3)
    assert found.measure == "roc_auc"
    assert found.better
    assert not compare("binary", "roc_auc", y, y + rng.normal(size=200) / 3, rng.normal(size=200)).better
    assert compare("binary", "roc_auc", [1, 0, 0, 0, 0, 0], np.arange(6.0), np.arange(6.0)).lower <= 0


def test_nothing_can_be_said_of_one_row() -> None:
    with pytest.raises(ml.ArrayError, match="at least two"):
        compare("regression", "rmse", [1.0], [1.0], [2.0])
