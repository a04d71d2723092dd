"""The variance of linear models from one fit, against fresh samples and closed forms."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from descent.ml.diagnosis.sandwich import MOST_WEIGHTS, Fit, sandwich
from descent.ml.statistics.rows import row_costs

RNG = np.random.default_rng(8)
X_CV = RNG.normal(size=(2000, 4))


def fitted(task: str, x: np.ndarray, y: np.ndarray, lam: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Outputs on the training rows and on `X_CV` of scikit-learn's model."""
    if task == "regression":
        model = Ridge(alpha=lam).fit(x, y)
        return model.predict(x), model.predict(X_CV)
    model = LogisticRegression(C=1 / lam, max_iter=1000, tol=1e-8).fit(x, y)
    return model.decision_function(x), model.decision_function(X_CV)


def drawn(task: str, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose truth is bent, so that every model is wrong."""
    x = rng.normal(size=(rows, 4))
    f = x[:, 0] + 0.5 * x[:, 1] ** 2
    if task == "regression":
        return x, f + rng.normal(size=rows)
    if task == "binary":
        return x, (rng.random(rows) < 1 / (1 + np.exp(-f))).astype(int)
    z = np.stack([f, -f, x[:, 2]], axis=1)
    return x, (z + rng.gumbel(size=z.shape)).argmax(axis=1)


def of(task: str, x: np.ndarray, y: np.ndarray, lam: float = 1.0) -> Fit:
    z, z_cv = fitted(task, x, y, lam)
    found = sandwich(task, x, y, z, X_CV, z_cv, lam)
    assert found is not None
    return found


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_variance_is_that_between_fresh_samples(task: str) -> None:
    found, outputs, rng = [], [], np.random.default_rng(1)
    for _ in range(60):
        x, y = drawn(task, 300, rng)
        found.append(of(task, x, y).variance)
        outputs.append(fitted(task, x, y)[1])
    y_cv = np.zeros(len(X_CV), int)  # any: of a variance they make no difference
    costs = np.mean([row_costs(task, y_cv, z).mean() for z in outputs])
    true = (costs - row_costs(task, y_cv, np.mean(outputs, axis=0)).mean()) * 60 / 59
    assert np.mean(found) == pytest.approx(true, rel=0.15)


def test_least_squares_has_its_closed_form_and_gives_back_what_it_took_from_j_train() -> None:
    sums, rng = [], np.random.default_rng(2)
    for _ in range(1000):
        x = rng.normal(size=(30, 4))
        y = x.sum(axis=1) + 2.0 * rng.normal(size=30)
        one = of("regression", x, y, 1e-9)
        sums.append((one.variance, one.costs.mean() + one.optimism))
    variance, without = np.mean(sums, axis=0)
    assert variance == pytest.approx(0.5 * 4 * (1 / 30 + 4 * (1 + 1 / 30) / (30 - 4 - 2)), rel=0.1)
    assert without == pytest.approx(0.5 * 4, rel=0.03)  # the noise alone


def test_a_stiff_model_varies_less_and_the_unit_is_that_of_the_target() -> None:
    x, y = drawn("regression", 100, RNG)
    assert of("regression", x, y, 1000.0).variance < 0.4 * of("regression", x, y, 1.0).variance
    z, z_cv = fitted("regression", x, y)
    scaled = sandwich("regression", x, y, z, X_CV, z_cv, 1.0, unit=100.0)
    assert scaled is not None
    assert scaled.variance == pytest.approx(100 * of("regression", x, y).variance)
    assert scaled.costs == pytest.approx(100 * of("regression", x, y).costs)


def test_too_many_weights_and_interpolation_are_left_alone() -> None:
    wide = np.zeros((3, MOST_WEIGHTS))
    assert sandwich("regression", wide, np.zeros(3), np.zeros(3), wide, np.zeros(3), 1.0) is None
    x = RNG.normal(size=(20, 18))
    y = RNG.normal(size=20)
    z = Ridge(alpha=1e-6).fit(x, y).predict(x)
    assert sandwich("regression", x, y, z, x, z, 1e-6) is None
