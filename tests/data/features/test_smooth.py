"""Median centre, interquartile scale, smooth limit: against scikit-learn's and the formula of the paper."""

import numpy as np
from sklearn.preprocessing import RobustScaler

from descent.data.features.smooth import SmoothClip


def test_it_is_the_robust_scaling_bent_smoothly_to_three() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(501, 3)) ** 3 * (1, 1e-6, 1e9)
    robust = RobustScaler().fit_transform(x)
    np.testing.assert_allclose(SmoothClip().fit_transform(x), robust / np.sqrt(1 + (robust / 3) ** 2), rtol=1e-12)


def test_columns_without_interquartile_range_take_half_the_range_and_constants_become_zero() -> None:
    x = np.zeros((100, 2))
    x[:7, 0], x[:, 1] = 8.0, 5.0
    found = SmoothClip().fit(x).transform(x)
    np.testing.assert_allclose(found[:7, 0], 2 / np.sqrt(1 + 4 / 9))
    assert (found[7:, 0] == 0).all() and (found[:, 1] == 0).all()


def test_no_number_is_too_large() -> None:
    found = SmoothClip().fit(np.arange(9.0)[:, None]).transform(np.array([[1e300], [-1e300], [1e20]]))
    np.testing.assert_allclose(found[:, 0], [3, -3, 3], rtol=1e-15)
