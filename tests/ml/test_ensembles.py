"""Averages of models, against scikit-learn's metrics and what convexity says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, softmax
from sklearn.metrics import log_loss, mean_squared_error

from descent.ml.ensembles import blend, greedy_weights, temperature
from descent.ml.errors import OptionError

RNG = np.random.default_rng(0)


def test_classes_are_averaged_as_probabilities() -> None:
    binary = [RNG.normal(size=50) for _ in range(3)]
    weights = [0.5, 0.3, 0.2]
    expected = sum(w * expit(z) for z, w in zip(binary, weights, strict=True))
    np.testing.assert_allclose(expit(blend("binary", binary, weights)), expected)
    many = [RNG.normal(size=(50, 4)) for _ in range(3)]
    expected = sum(w * softmax(z, axis=1) for z, w in zip(many, weights, strict=True))
    np.testing.assert_allclose(softmax(blend("multiclass", many, weights), axis=1), expected)
    np.testing.assert_allclose(np.exp(blend("multiclass", many, weights)).sum(axis=1), 1.0)


def test_numbers_are_averaged_and_one_model_is_itself() -> None:
    values = [RNG.normal(size=20) for _ in range(2)]
    np.testing.assert_allclose(blend("regression", values, [0.25, 0.75]), 0.25 * values[0] + 0.75 * values[1])
    assert blend("binary", values[:1], [1.0]) is values[0]
    with pytest.raises(OptionError, match="2 models and 1 weights"):
        blend("regression", values, [1.0])


def test_no_probability_is_too_small_to_be_averaged() -> None:
    found = blend("binary", [np.array([-1e4, 1e4]), np.array([-1e4, 1e4])], [0.5, 0.5])
    assert np.isfinite(found).all()
    assert found[0] < -700 < 700 < found[1]


@given(st.integers(0, 1000), st.integers(2, 5), st.integers(1, 8))
def test_a_greedy_average_is_no_worse_than_its_best_member(seed: int, models: int, picks: int) -> None:
    rng = np.random.default_rng(seed)
    y = rng.normal(size=60)
    outputs = [y + rng.normal(size=60) * rng.uniform(0.5, 2) for _ in range(models)]
    weights = greedy_weights("regression", y, outputs, picks)
    assert sum(weights) == pytest.approx(1.0)
    best = min(mean_squared_error(y, z) for z in outputs)
    assert mean_squared_error(y, blend("regression", outputs, weights)) <= best + 1e-12
    codes = (y > 0).astype(int)
    weights = greedy_weights("binary", codes, outputs, picks)
    best = min(log_loss(codes, expit(z)) for z in outputs)
    assert log_loss(codes, expit(blend("binary", outputs, weights))) <= best + 1e-9


def test_greedy_weights_come_near_the_best_ones() -> None:
    y = RNG.normal(size=4000)
    outputs = [y + noise * RNG.normal(size=4000) for noise in (1.0, 1.0, 2.0)]
    best = np.array([1, 1, 0.25]) / 2.25  # independent errors: inversely as their variances
    assert greedy_weights("regression", y, outputs, 50) == pytest.approx(best, abs=0.05)


def test_one_that_knows_nothing_gets_no_vote() -> None:
    codes = RNG.integers(0, 3, 300)
    good = 3 * np.eye(3)[codes] + RNG.normal(size=(300, 3))
    assert greedy_weights("multiclass", codes, [good, 5 * RNG.normal(size=(300, 3))], 5) == [1.0, 0.0]


@pytest.mark.parametrize("true", [0.4, 1.0, 2.5])
@pytest.mark.parametrize("classes", [2, 4])
def test_the_temperature_of_logits_is_found_again(true: float, classes: int) -> None:
    rng = np.random.default_rng(0)
    z = rng.normal(size=(20_000, classes)) * 2
    codes = (softmax(z, axis=1).cumsum(axis=1) < rng.random((20_000, 1))).sum(axis=1)
    given = true * (z[:, 1] - z[:, 0] if classes == 2 else z)
    task = "binary" if classes == 2 else "multiclass"
    found = temperature(task, codes, given)
    assert found == pytest.approx(true, rel=0.05)

    def loss(by: float) -> float:
        chances = expit(given / by) if classes == 2 else softmax(given / by, axis=1)
        return float(log_loss(codes, chances))

    assert loss(found) <= min(loss(by) for by in np.geomspace(found / 1.2, found * 1.2, 21)) + 1e-9


def test_a_temperature_stays_within_limits_where_rows_are_told_apart() -> None:
    codes = np.array([0, 1] * 20)
    assert temperature("binary", codes, np.where(codes == 1, 1.0, -1.0)) == pytest.approx(0.05)
    assert temperature("binary", codes, np.where(codes == 1, -1.0, 1.0)) == pytest.approx(20.0)
    assert temperature("binary", codes, np.zeros(40)) > 0
    assert temperature("regression", codes, codes) == 1.0
