"""Linear, logistic and softmax regression against closed forms and scikit-learn."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from descent import ml

from ..problems import arrays, rows, same

LAMBDAS = [0.0, 0.3, 10.0, 1000.0]


SOLVERS = ["lbfgs", "newton"]


def fit(model: ml.Model, x: np.ndarray, y: np.ndarray, lam: float, solver: str = "lbfgs", **more: object) -> np.ndarray:
    """Coefficients (K, n + 1), the last column the intercepts, in float64."""
    data = ml.Arrays(x, y, **more)  # type: ignore[arg-type]
    (one,) = ml.train(model, solver, [ml.Settings(lam=lam)], data, epochs=2000, dtype="float64")
    assert one.status == "completed"
    return one.parameters.reshape(model.outputs, -1)


def ridge(x: np.ndarray, y: np.ndarray, lam: float) -> np.ndarray:
    """The closed form (XᵀX + λI)⁻¹Xᵀy with an unpenalised intercept."""
    ones = np.column_stack([x, np.ones(len(x))])
    penalty = lam * np.eye(ones.shape[1])
    penalty[-1, -1] = 0
    return np.linalg.solve(ones.T @ ones + penalty, ones.T @ y).T


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("lam", LAMBDAS)
@pytest.mark.parametrize("outputs", [1, 3])
def test_linear_regression_reaches_ridge(lam: float, outputs: int, solver: str) -> None:
    x, y = rows("regression", 200, 8, outputs)
    x = x * np.logspace(-1, 2, 8) + 3
    found = fit(ml.Model(8, outputs=outputs), x, y, lam, solver)
    oracle = Ridge(alpha=lam).fit(x, y)
    np.testing.assert_allclose(found, np.reshape(ridge(x, y, lam), (outputs, 9)), atol=1e-6)
    np.testing.assert_allclose(found[:, :-1], np.reshape(oracle.coef_, (outputs, 8)), atol=1e-6)
    np.testing.assert_allclose(found[:, -1], np.ravel(oracle.intercept_), atol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("lam", [0.3, 10.0, 1000.0])
@pytest.mark.parametrize(("task", "classes"), [("binary", 1), ("multiclass", 2), ("multiclass", 4)])
def test_classifiers_reach_logistic_regression(lam: float, task: str, classes: int, solver: str) -> None:
    x, y = rows(task, 300, 6, classes)
    found = fit(ml.Model(6, outputs=classes, task=task), x, y, lam, solver)  # type: ignore[arg-type]
    oracle = LogisticRegression(C=1 / lam, tol=1e-10, max_iter=10_000).fit(x, y)
    if task == "multiclass" and classes == 2:
        # Two logits share the one of scikit-learn, which makes the penalty half: w₁ = −w₀ and w = w₁ − w₀.
        oracle = LogisticRegression(C=2 / lam, tol=1e-10, max_iter=10_000).fit(x, y)
        found = found[1:] - found[:1]
    np.testing.assert_allclose(found[:, :-1], oracle.coef_, atol=1e-4)
    free = found[:, -1] - found[:, -1].mean() if classes > 2 else found[:, -1]
    target = oracle.intercept_ - oracle.intercept_.mean() if classes > 2 else oracle.intercept_
    np.testing.assert_allclose(free, target, atol=1e-4)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_ticket_table(solver: str) -> None:
    found = fit(ml.Model(1), np.array([[100.0], [500.0]]), np.array([30.0, 80.0]), 0, solver)
    np.testing.assert_allclose(found, [[0.125, 17.5]], atol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_purchases(solver: str) -> None:
    x, y = np.array([[30.0], [40.0], [55.0], [70.0], [130.0]]), np.array([1, 1, 0, 1, 0])
    oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000).fit(x, y)
    found = fit(ml.Model(1, task="binary"), x, y, 0, solver)
    np.testing.assert_allclose(found, [[oracle.coef_[0, 0], oracle.intercept_[0]]], rtol=1e-3)


@pytest.mark.parametrize("optimizer", ["sgd", "momentum", "nesterov", "adam"])
def test_first_order_optimizers_reach_the_same_minimum(optimizer: str) -> None:
    x, y = rows("regression", 100, 3)
    settings = [ml.Settings(lam=lam, learning_rate=0.02 if optimizer == "adam" else 0.05) for lam in (0.0, 20.0)]
    found = ml.train(ml.Model(3), optimizer, settings, ml.Arrays(x, y), batch=None, epochs=3000, dtype="float64")
    for one, chosen in zip(found, settings, strict=True):
        np.testing.assert_allclose(one.parameters, ridge(x, y, chosen.lam), atol=1e-6)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(("task", "outputs"), [("regression", 1), ("binary", 1), ("multiclass", 3)])
def test_weights_count_rows_as_repeated(task: str, outputs: int, solver: str) -> None:
    x, y = rows(task, 80, 4, outputs)
    times = np.random.default_rng(3).integers(0, 4, len(x))
    model = ml.Model(4, outputs=outputs, task=task)  # type: ignore[arg-type]
    weighted = fit(model, x, y, 2.0, solver, weights=times)
    repeated = fit(model, np.repeat(x, times, axis=0), np.repeat(y, times), 2.0, solver)
    np.testing.assert_allclose(weighted, repeated, atol=1e-5)


def test_weighted_mini_batches_follow_the_weighted_objective() -> None:
    x, y = rows("regression", 80, 4)
    times = np.random.default_rng(3).integers(1, 4, len(x))
    model, settings = ml.Model(4, (3,), activation="tanh"), [ml.Settings(lam=2.0, learning_rate=0.1)]
    weighted = ml.train(model, "sgd", settings, ml.Arrays(x, y, weights=times), batch=None, epochs=40, dtype="float64")
    repeated = ml.Arrays(np.repeat(x, times, axis=0), np.repeat(y, times))
    expected = ml.train(model, "sgd", settings, repeated, batch=None, epochs=40, dtype="float64")
    np.testing.assert_allclose(weighted[0].parameters, expected[0].parameters, rtol=1e-9)
    assert weighted[0].cost_train == pytest.approx(expected[0].cost_train, rel=1e-9)


def test_balanced_weights_give_every_class_the_same_say() -> None:
    weights = ml.balanced_weights(np.array([0, 0, 0, 1]))
    np.testing.assert_allclose(weights, [2 / 3, 2 / 3, 2 / 3, 2])


@pytest.mark.parametrize("solver", SOLVERS)
def test_huber_with_a_wide_threshold_is_squared_error_and_narrow_resists_outliers(solver: str) -> None:
    x, y = rows("regression", 100, 3)
    wide = fit(ml.Model(3, loss="huber", huber_delta=1e3), x, y, 1.0, solver)
    np.testing.assert_allclose(wide, fit(ml.Model(3), x, y, 1.0), atol=1e-5)
    spoiled = y.copy()
    spoiled[:5] += 100
    narrow = fit(ml.Model(3, loss="huber", huber_delta=0.1), x, spoiled, 0.0, solver)
    clean = fit(ml.Model(3), x, y, 0.0)
    assert np.abs(narrow - clean).max() < 0.2 < np.abs(fit(ml.Model(3), x, spoiled, 0.0) - clean).max()


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_a_constant_column_gets_no_weight_and_copies_share_theirs(task: str, solver: str) -> None:
    x, y = rows(task, 60, 4)
    x[:, 1] = 0.1
    x[:, 3] = x[:, 2]
    for lam in (0.0, 1.0):
        found = fit(ml.Model(4, task=task), x, y, lam, solver)  # type: ignore[arg-type]
        assert found[0, 1] == pytest.approx(0, abs=1e-9)
        assert found[0, 2] == pytest.approx(found[0, 3], abs=1e-5)


def test_newton_in_parts_is_newton_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    data, model = arrays("multiclass", 3), ml.Model(5, outputs=3, task="multiclass")
    settings = [ml.Settings(lam=lam) for lam in (0.5, 1.0, 2.0, 4.0, 8.0)]
    whole = ml.train(model, "newton", settings, data)
    monkeypatch.setattr("descent.ml.solvers.newton._INVERSES", 2 * 8 * 6**2)
    done: list[float] = []
    parts = ml.train(model, "newton", settings, data, callback=lambda progress: done.append(progress.done))
    assert all(same(one, other) for one, other in zip(parts, whole, strict=True))
    assert done == sorted(done) and done[-1] <= 1


@pytest.mark.parametrize(("task", "outputs"), [("regression", 2), ("binary", 1), ("multiclass", 3)])
def test_newton_reads_a_mapped_file_block_by_block_to_the_same_bits(task: str, outputs: int, tmp_path: Path) -> None:
    x, y = rows(task, 20_000, 80, outputs)
    x = x.astype(np.float32)
    file = np.lib.format.open_memmap(tmp_path / "x.npy", mode="w+", dtype=np.float32, shape=(len(x), 81))
    file[:, :-1], file[:, -1] = x, 1
    file.flush()
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    model, settings = ml.Model(80, (), outputs, task), [ml.Settings(lam=1.0)]  # type: ignore[arg-type]
    weights = np.random.default_rng(0).uniform(0, 2, len(x))
    tracemalloc.start()
    (found,) = ml.train(model, "newton", settings, ml.Arrays(mapped, y, weights=weights), epochs=50)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (kept,) = ml.train(model, "newton", settings, ml.Arrays(x, y, weights=weights), epochs=50)
    assert same(found, kept)
    assert peak < x.nbytes  # a copy in float64 is twice that


def test_newton_needs_few_iterations_and_float32_is_close() -> None:
    for task, outputs, most in (("regression", 1, 2), ("binary", 1, 40), ("multiclass", 4, 40)):
        x, y = rows(task, 400, 10, outputs)
        model, settings = ml.Model(10, (), outputs, task), [ml.Settings(lam=lam) for lam in (0.1, 1.0, 100.0)]  # type: ignore[arg-type]
        data = ml.Arrays(x, y, x[:50], y[:50])
        exact = ml.train(model, "lbfgs", settings, data, dtype="float64", epochs=2000)
        for one, target in zip(ml.train(model, "newton", settings, data), exact, strict=True):
            assert one.epochs <= most and one.status == "completed" and "converged" in one.message
            np.testing.assert_allclose(one.parameters, target.parameters, atol=1e-3)
            assert one.cost_train == pytest.approx(ml.cost(model, one.parameters, x, y), rel=1e-5)
            assert one.cost_cv == pytest.approx(ml.cost(model, one.parameters, x[:50], y[:50]), rel=1e-5)
            assert one.curve_cv is not None and len(one.curve_cv) == one.epochs


@pytest.mark.parametrize(("task", "outputs"), [("regression", 2), ("binary", 1), ("multiclass", 3)])
def test_networks_train_with_lbfgs(task: str, outputs: int) -> None:
    x, y = rows(task, 80, 4, outputs)
    model = ml.Model(4, (6,), outputs, task, "tanh")  # type: ignore[arg-type]
    (one,) = ml.train(model, "lbfgs", [ml.Settings(lam=0.1)], ml.Arrays(x, y, x, y), epochs=60)
    assert one.curve_train[-1] < 0.5 * one.curve_train[0]
    assert one.cost_cv == pytest.approx(one.cost_train)
    assert one.curve_cv is not None
    np.testing.assert_allclose(one.curve_train, one.curve_cv, rtol=1e-6)
