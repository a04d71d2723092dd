"""The Gaussian process against scikit-learn's of the same kernels, and against learning without a row."""

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, DotProduct, WhiteKernel

from descent.data.references import gaussian_process

RNG = np.random.default_rng(3)
X = RNG.normal(size=(70, 4))
Y = np.sin(2 * X[:, 0]) + X[:, 1] + 0.3 * RNG.normal(size=70)
THETAS = [np.log([0.7, 0.4, 1.0, 3.0, 20.0, 0.05, 0.2]), np.log([3.0, 2.0, 2.0, 2.0, 0.5, 1.0, 0.01])]


def theirs(theta: np.ndarray) -> GaussianProcessRegressor:
    kernel = ConstantKernel() * RBF(np.ones(4)) + ConstantKernel() * DotProduct(1.0, "fixed") + WhiteKernel()
    kernel.theta = theta
    return GaussianProcessRegressor(kernel, optimizer=None).fit(X, Y)


@pytest.mark.parametrize("theta", THETAS)
def test_the_likelihood_and_its_slope_are_those_of_scikit_learn(theta: np.ndarray) -> None:
    value, slope = gaussian_process.likelihood(theta, X, Y)
    expected, expected_slope = theirs(theta).log_marginal_likelihood(theta, eval_gradient=True)
    assert value == pytest.approx(expected, rel=1e-9)
    np.testing.assert_allclose(slope, expected_slope, rtol=1e-7, atol=1e-8)


def test_predictions_are_those_of_scikit_learn_and_a_row_is_predicted_from_the_others() -> None:
    found = gaussian_process.learn(X, Y, float(Y.var()))
    held = RNG.normal(size=(30, 4))
    np.testing.assert_allclose(found.predict(held), theirs(found.theta).predict(held), rtol=1e-6, atol=1e-8)
    for row in (0, 41):
        others = np.arange(70) != row
        alone = GaussianProcessRegressor(theirs(found.theta).kernel, optimizer=None).fit(X[others], Y[others])
        assert found.left_out[row] == pytest.approx(float(alone.predict(X[[row]])[0]), rel=1e-6)


def test_learning_climbs_and_finds_the_noise() -> None:
    found = gaussian_process.learn(X, Y, float(Y.var()))
    start = np.log([Y.var(), 3, 3, 3, 3, 0.1 * Y.var(), 0.3 * Y.var()])
    assert gaussian_process.likelihood(found.theta, X, Y)[0] > gaussian_process.likelihood(start, X, Y)[0] + 3
    assert np.exp(found.theta[-1]) == pytest.approx(0.09, rel=0.6)


def test_rows_that_are_the_same_in_floating_point_end_in_no_error() -> None:
    theta = np.log([1e12, 3.0, 3.0, 3.0, 3.0, 1e-9, 1e-30])
    value, slope = gaussian_process.likelihood(theta, np.repeat(X[:5], 10, axis=0), np.repeat(Y[:5], 10))
    assert value == -np.inf
    assert (slope == 0).all()
