"""Losses with a log link, for numbers that are never negative: scikit-learn's deviances are the oracle."""

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import GammaRegressor, PoissonRegressor

from descent import ml
from descent.ml.network.losses import LOSSES
from descent.ml.network.rows import make_rows

DEVIANCES = {"poisson": lambda z, u: np.exp(z) - u * z, "gamma": lambda z, u: z + u * np.exp(-z)}


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", DEVIANCES)
def test_the_gradient_is_that_of_the_deviance_and_the_cost_the_squared_error(name: str, weighted: bool) -> None:
    rng = np.random.default_rng(0)
    z, u, shift = rng.normal(size=(3, 1, 20)), rng.gamma(2, size=(1, 1, 20)), 1.5
    w = rng.uniform(0.2, 2, (1, 1, 20)) if weighted else None
    factor, total, gradient = 1.0 if w is None else w, np.empty(3), z.copy()
    LOSSES[name](z.shape, "float64", 1.0, shift)(gradient, u - shift, w, total)
    np.testing.assert_allclose(total, (factor * 0.5 * (np.exp(z) - u) ** 2).sum(axis=(1, 2)))
    slope = (DEVIANCES[name](z + 1e-6, u) - DEVIANCES[name](z - 1e-6, u)) / 2e-6
    np.testing.assert_allclose(gradient, factor * slope, atol=1e-8)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", DEVIANCES)
def test_extreme_outputs_are_borne(name: str, dtype: str) -> None:
    z, total = np.array([[[1e4, 80, 0, -80]]], dtype), np.empty(1, dtype)
    with np.errstate(over="raise", invalid="raise"):
        LOSSES[name](z.shape, dtype)(z, np.full((1, 1, 4), 2, dtype), None, total)
    assert np.isfinite(total).all()


@pytest.mark.parametrize(("name", "oracle"), [("poisson", PoissonRegressor), ("gamma", GammaRegressor)])
def test_a_model_without_hidden_layers_is_scikit_learns(name: str, oracle: Any) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(400, 3))
    mean = np.exp(x @ [0.5, -0.3, 0.2] + 0.4)
    y = rng.poisson(mean) if name == "poisson" else rng.gamma(2, mean / 2)
    shift = y.mean() / y.std()
    model = ml.Model(3, (), 1, loss=name, shift=shift)
    data = ml.Arrays(x, (y - y.mean()) / y.std())
    (found,) = ml.train(
        model,
        "adam",
        [ml.Settings(learning_rate=0.05, schedule=ml.Schedule("cosine"))],
        data,
        batch=None,
        epochs=1500,
        dtype="float64",
    )
    expected = oracle(alpha=0, tol=1e-10, max_iter=10_000).fit(x, y).predict(x)
    predicted = ml.outputs(model, found.parameters, x) * y.std() + y.mean()
    np.testing.assert_allclose(predicted, expected, rtol=1e-5)
    assert found.cost_train == pytest.approx(0.5 * np.mean((expected - y) ** 2) / y.var(), rel=1e-5)


def test_counts_are_learned_better_and_never_negative_by_an_estimator() -> None:
    errors, least = {"squared_error": 0.0, "poisson": 0.0}, {"squared_error": np.inf, "poisson": np.inf}
    for seed in range(3):
        rng = np.random.default_rng(seed)
        x = rng.uniform(-1, 1, (600, 4))
        mean = np.exp(2 * np.sin(3 * x[:, 0]) + x[:, 1] + 2 * x[:, 2] * x[:, 3])
        y = rng.poisson(mean)
        for loss in errors:
            one = ml.NeuralNetworkRegressor(
                (32, 32), loss=loss, activation="mish", epochs=60, patience=15, random_state=0, learning_rate=0.01
            ).fit(x[:400], y[:400])
            found = one.predict(x[400:])
            errors[loss] += np.abs(found - mean[400:]).mean()
            least[loss] = min(least[loss], found.min())
    assert least["poisson"] >= 0 > least["squared_error"]
    assert errors["poisson"] < 0.8 * errors["squared_error"]


@pytest.mark.parametrize("batch", [16, 600])
@pytest.mark.parametrize("name", DEVIANCES)
def test_alone_and_in_company_the_bits_are_the_same(name: str, batch: int) -> None:
    rng = np.random.default_rng(3)
    data = ml.Arrays(x := rng.normal(size=(700, 4)), np.exp(x[:, 0]) - 1.0, x[:50], np.exp(x[:50, 0]) - 1.0)
    model = ml.Model(4, (9, 5), 1, activation="silu", loss=name, shift=1.0)
    settings = [ml.Settings(seed=v % 2, learning_rate=0.01, lam=v) for v in range(5)]
    fleet = ml.train(model, "adam", settings, data, batch=batch, epochs=3)
    for v, one in enumerate(fleet):
        (alone,) = ml.train(model, "adam", [settings[v]], data, batch=batch, epochs=3)
        assert alone.parameters.tobytes() == one.parameters.tobytes() and alone.cost_cv == one.cost_cv


def test_targets_below_zero_and_solvers_are_refused() -> None:
    x, y = np.ones((4, 1)), np.array([-2.0, -1.0, 0.0, 1.0])
    for name, wanted in (("poisson", "≥ 0"), ("gamma", "> 0")):
        with pytest.raises(ml.TargetError, match=f"reaches -1 with shift 1; {name} needs numbers {wanted}"):
            make_rows(ml.Model(1, loss=name, shift=1.0), x, y, None, "float32")
    make_rows(ml.Model(1, loss="poisson", shift=2.0), x, y, None, "float32")
    with pytest.raises(ml.OptionError, match="which newton does not minimise"):
        ml.train(ml.Model(1, loss="poisson", shift=2.0), "newton", [ml.Settings()], ml.Arrays(x, y))
