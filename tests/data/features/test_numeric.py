"""Numbers are transformed some rows at a time; scikit-learn, given all at once, is the oracle."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.base import clone

from descent.data.features import numeric
from descent.data.features.settings import FeatureOptions

from .scikit_learn import through


@dataclass(frozen=True)
class Given:
    """Settings of features."""

    degree: int = 1
    interaction_only: bool = False
    scale: str = "standard"
    impute: str = "median"
    rare: float = 0.0
    encode: str = "target"
    max_levels: int = 50
    max_columns: int = 2000


def values(rows: int = 997) -> np.ndarray:
    """Four columns with holes: two of measurements, one of few numbers, one empty."""
    rng = np.random.default_rng(0)
    found = np.column_stack([rng.normal(size=(rows, 2)) * (1, 50), rng.integers(0, 5, rows), np.full(rows, np.nan)])
    found[rng.random(found.shape) < 0.1] = np.nan
    return found


@pytest.mark.parametrize("impute", ["median", "mean", "most_frequent"])
@pytest.mark.parametrize("scale", ["standard", "minmax", "robust", "smooth_clip", "quantile", "none"])
@pytest.mark.parametrize("degree", [1, 3])
def test_rows_in_blocks_give_what_all_rows_give_at_once(
    impute: str, scale: str, degree: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: FeatureOptions = Given(degree=degree, scale=scale, impute=impute)
    x, width = values(), numeric.terms(4, given)
    once, blocks = numeric.pipeline(given, len(x), seed=0), numeric.pipeline(given, len(x), seed=0)
    expected = numeric.fit_transform(once, x, width)
    monkeypatch.setattr(numeric, "CELLS", 100 * width)
    found = numeric.fit_transform(blocks, x, width)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(through(blocks, x), found)
    own = clone(once.named_steps["impute"]).fit(x)
    np.testing.assert_allclose(blocks.named_steps["impute"].statistics_, own.statistics_, rtol=1e-12)
    if impute != "mean":
        np.testing.assert_array_equal(blocks.named_steps["impute"].statistics_, own.statistics_)
