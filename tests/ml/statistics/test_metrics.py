"""Metrics against scikit-learn and SciPy, ties and missing classes included."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax
from sklearn import metrics as sk

from descent.ml.errors import ArrayError, OptionError, TargetError
from descent.ml.statistics import metrics
from descent.ml.statistics.rows import labels_of, softmax

seeds = st.integers(0, 2**32 - 1)
few_examples = settings(max_examples=60, deadline=None)


@few_examples
@given(seeds, st.integers(2, 60), st.sampled_from([(), (1,), (3,)]))
def test_regression(seed, rows, outputs):
    rng = np.random.default_rng(seed)
    y, guess = rng.normal(5, 3, (2, rows, *outputs)).astype(np.float32)
    exact = y.astype(np.float64), guess.astype(np.float64)  # scikit-learn sums in the dtype that it is given
    expected = {
        "rmse": sk.root_mean_squared_error(*exact),
        "mae": sk.mean_absolute_error(*exact),
        "r2": sk.r2_score(*exact),
    }
    assert metrics.evaluate("regression", None, y, guess) == pytest.approx(expected, rel=1e-5)


@few_examples
@given(seeds, st.integers(2, 80), st.integers(1, 6))
def test_binary_with_ties(seed, rows, levels):
    rng = np.random.default_rng(seed)
    logits = rng.integers(-levels, levels + 1, rows) / 2.0  # few distinct values: many ties
    y = rng.permutation(np.append([0, 1], rng.integers(0, 2, rows - 2)))
    probability = 1 / (1 + np.exp(-logits))
    predicted = (logits > 0).astype(int)
    expected = {
        "log_loss": sk.log_loss(y, probability),
        "accuracy": sk.accuracy_score(y, predicted),
        "f1_macro": sk.f1_score(y, predicted, average="macro"),
        "roc_auc": sk.roc_auc_score(y, logits),
        "average_precision": sk.average_precision_score(y, logits),
    }
    assert metrics.evaluate("binary", None, y, logits) == pytest.approx(expected, rel=1e-9)


@few_examples
@given(seeds, st.integers(3, 60), st.integers(3, 6), st.booleans())
def test_multiclass(seed, rows, classes, rounded):
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 2, (max(rows, classes), classes))
    logits = np.round(logits) if rounded else logits
    y = rng.permutation(np.append(np.arange(classes), rng.integers(0, classes, len(logits) - classes)))
    probabilities = scipy_softmax(logits, axis=1)
    predicted = probabilities.argmax(axis=1)
    expected = {
        "log_loss": -log_softmax(logits, axis=1)[np.arange(len(y)), y].mean(),
        "accuracy": sk.accuracy_score(y, predicted),
        "f1_macro": sk.f1_score(y, predicted, average="macro"),
        "roc_auc": np.mean([sk.roc_auc_score(y == k, softmax(logits)[:, k]) for k in range(classes)]),
    }
    found = metrics.evaluate("multiclass", None, y, logits)
    assert found == pytest.approx(expected, rel=1e-9)
    if not rounded:
        assert found["roc_auc"] == pytest.approx(sk.roc_auc_score(y, probabilities, multi_class="ovr"), rel=1e-9)


def test_multiclass_auc_is_the_mean_over_the_classes_that_occur():
    rng = np.random.default_rng(0)
    logits, y = rng.normal(size=(40, 4)), rng.integers(0, 3, 40)  # class 3 never occurs
    probabilities = softmax(logits)
    expected = np.mean([sk.roc_auc_score(y == k, probabilities[:, k]) for k in range(3)])
    assert metrics.evaluate("multiclass", ["roc_auc"], y, logits) == pytest.approx({"roc_auc": expected})


def test_softmax_agrees_with_scipy():
    logits = np.random.default_rng(1).normal(0, 50, (30, 5))
    np.testing.assert_allclose(softmax(logits), scipy_softmax(logits, axis=1), rtol=1e-12)


@pytest.mark.parametrize("size", [1e4, 1e30])
def test_log_loss_of_huge_logits_is_exact(size):
    y, logits = np.array([0, 1]), np.array([size, -size])
    assert metrics.log_loss(y, logits) == pytest.approx(size)
    assert metrics.log_loss(y, -logits) == 0.0
    assert metrics.log_loss(y, np.column_stack([-logits, logits])) == pytest.approx(2 * size)


def test_what_is_undefined_is_left_out():
    assert set(metrics.evaluate("regression", None, np.ones(4), np.arange(4.0))) == {"rmse", "mae"}
    assert set(metrics.evaluate("binary", None, np.zeros(4), np.arange(4.0))) == {"log_loss", "accuracy", "f1_macro"}
    only_positive = metrics.evaluate("binary", None, np.ones(4), np.arange(4.0))
    assert "roc_auc" not in only_positive
    assert only_positive["average_precision"] == 1.0
    one_class = metrics.evaluate("multiclass", None, np.full(4, 2), np.eye(4))
    assert set(one_class) == {"log_loss", "accuracy", "f1_macro"}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_outputs_of_a_diverged_model_have_no_metrics(bad):
    assert metrics.evaluate("binary", None, np.array([0, 1]), np.array([0.0, bad])) == {}
    assert metrics.evaluate("regression", None, np.array([0.0, 1.0]), np.array([0.0, bad])) == {}


def test_a_tie_goes_to_the_lower_class():
    assert labels_of(np.array([0.0, 0.1])).tolist() == [0, 1]
    assert labels_of(np.array([[1.0, 1.0], [0.0, 1.0]])).tolist() == [0, 1]


def test_directions_and_defaults():
    names = {name for task in metrics.METRICS for name in metrics.METRICS[task]}
    assert {name for name in names if not metrics.greater_is_better(name)} == {"rmse", "mae", "log_loss"}
    assert {task: metrics.default_metric(task) for task in metrics.METRICS} == {
        "regression": "rmse",
        "binary": "log_loss",
        "multiclass": "log_loss",
    }


@pytest.mark.parametrize(
    ("error", "message", "arguments"),
    [
        (OptionError, "task is 'classes'", ("classes", None, [0, 1], [0.0, 1.0])),
        (OptionError, "metric of a binary task is 'rmse'", ("binary", ["rmse"], [0, 1], [0.0, 1.0])),
        (ArrayError, "no rows", ("binary", None, [], [])),
        (ArrayError, r"shape \(3,\) for y of shape \(2,\)", ("regression", None, [0.0, 1.0], [0.0, 1.0, 2.0])),
        (ArrayError, r"shape \(2, 1\) for y of shape \(2,\)", ("regression", None, [0.0, 1.0], [[0.0], [1.0]])),
        (ArrayError, r"allowed is \(m, K\)", ("multiclass", None, [0, 1], [0.0, 1.0])),
        (TargetError, "from 0 to 2; allowed are class codes", ("binary", None, [0, 2], [0.0, 1.0])),
        (TargetError, "from -1 to 1", ("multiclass", None, [-1, 1], np.eye(2))),
    ],
)
def test_refusals(error, message, arguments):
    with pytest.raises(error, match=message):
        metrics.evaluate(*arguments)


def test_an_unknown_metric_has_no_direction():
    with pytest.raises(OptionError, match="did you mean 'rmse'"):
        metrics.greater_is_better("rmsee")
