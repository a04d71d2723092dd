"""The dummy model, against scikit-learn's."""

from math import isfinite

import numpy as np
import pytest

from descent.flows.evaluation.baselines import cost_of, dummy_metrics


def test_the_dummy_of_a_regression_is_that_of_scikit_learn() -> None:
    from sklearn.dummy import DummyRegressor
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    rng = np.random.default_rng(0)
    y, held = rng.normal(3, 2, 50), rng.normal(4, 2, 20)
    said = DummyRegressor().fit(np.zeros((50, 1)), y).predict(np.zeros((20, 1)))
    mine = dummy_metrics("regression", y, held, 0)
    assert mine == pytest.approx(
        {
            "rmse": root_mean_squared_error(held, said),
            "mae": mean_absolute_error(held, said),
            "r2": r2_score(held, said),
        }
    )
    assert cost_of("regression", mine) == pytest.approx(np.mean((held - said) ** 2) / 2)


@pytest.mark.parametrize(("task", "classes"), [("binary", 2), ("multiclass", 4)])
def test_the_dummy_of_classes_is_that_of_scikit_learn(task: str, classes: int) -> None:
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

    rng = np.random.default_rng(classes)
    y, held = rng.choice(classes, 80, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()), np.arange(24)
    held %= classes
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((80, 1)), y)
    chances, said = dummy.predict_proba(np.zeros((24, 1))), dummy.predict(np.zeros((24, 1)))
    areas = roc_auc_score(held, chances[:, 1] if classes == 2 else chances, multi_class="ovr")
    mine = dummy_metrics(task, y, held, classes)
    assert {name: mine[name] for name in ("log_loss", "accuracy", "f1_macro", "roc_auc")} == pytest.approx(
        {
            "log_loss": log_loss(held, chances),
            "accuracy": accuracy_score(held, said),
            "f1_macro": f1_score(held, said, average="macro"),
            "roc_auc": areas,
        }
    )
    assert cost_of(task, mine) == mine["log_loss"]


@pytest.mark.parametrize(("task", "classes"), [("binary", 2), ("multiclass", 3)])
def test_a_class_that_the_training_rows_lack_costs_much_but_not_everything(task: str, classes: int) -> None:
    y = np.zeros(40, np.int64)
    y[: 10 * (classes - 2)] = 1
    assert isfinite(dummy_metrics(task, y, np.arange(classes), classes)["log_loss"])
