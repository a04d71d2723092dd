"""What predicting computes is what scikit-learn's transformers compute, to the last bit."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import FeatureError, FeatureMap
from descent.data.features.compiled.features import BLOCK, CompiledFeatures

from .scikit_learn import transformed

Ask = Callable[..., Any]


@pytest.fixture
def odd(houses: pd.DataFrame) -> pd.DataFrame:
    """Rows like the learned ones and unlike them: gaps, huge numbers, levels and years that nobody saw."""
    rows = pd.concat([houses] * (2 + 2 * BLOCK // len(houses)), ignore_index=True)
    rows.loc[::7, "size"] = np.nan
    rows.loc[::11, "size"] = [1e6 * (-1) ** row for row in range(len(rows.loc[::11]))]
    rows.loc[5, "size"] = np.inf
    rows["rooms"] = rows["rooms"].astype(float)
    rows.loc[::13, "rooms"] = np.nan
    rows.loc[::5, "town"] = "unheard of"
    rows.loc[::17, "town"] = None
    rows.loc[::3, "heating"] = None
    return rows


def both(features: FeatureMap, folder: Path) -> tuple[FeatureMap, CompiledFeatures]:
    features.save(folder / "model")
    return features, CompiledFeatures.load(folder / "model")


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("scale", ["standard", "minmax", "robust", "smooth_clip", "quantile", "none"])
@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("impute", ["median", "mean", "most_frequent"])
def test_numbers_are_the_same_bits(
    ask: Ask,
    settings: Any,
    houses: pd.DataFrame,
    odd: pd.DataFrame,
    tmp_path: Path,
    degree: int,
    scale: str,
    impute: str,
    only: bool,
) -> None:
    frame, inference = ask(houses)
    chosen = settings(degree=degree, scale=scale, impute=impute, interaction_only=only)
    slow, fast = both(FeatureMap.fit_transform(frame, inference, chosen)[0], tmp_path)
    assert fast.names == slow.names
    assert fast.schema == slow.schema
    np.testing.assert_array_equal(fast.transform(odd), transformed(slow, odd), strict=True)
    np.testing.assert_array_equal(fast.transform(odd.iloc[[9]]), transformed(slow, odd.iloc[[9]]), strict=True)


@pytest.mark.parametrize("encode", ["one_hot", "target", "ordinal"])
@pytest.mark.parametrize("scale", ["standard", "quantile", "none"])
@pytest.mark.parametrize("rare", [0.0, 0.4])
@pytest.mark.parametrize("target", ["y", "three"])
def test_categories_are_the_same_bits(
    ask: Ask,
    settings: Any,
    houses: pd.DataFrame,
    odd: pd.DataFrame,
    tmp_path: Path,
    encode: str,
    scale: str,
    rare: float,
    target: str,
) -> None:
    houses = houses.assign(three=pd.qcut(houses["y"], 3, labels=["low", "mid", "high"]).astype(str))
    frame, inference = ask(houses, target=target, exclude=[*({"y", "three"} - {target})])
    chosen = settings(encode=encode, scale=scale, rare=rare, max_levels=1)
    slow, fast = both(FeatureMap.fit_transform(frame, inference, chosen)[0], tmp_path)
    np.testing.assert_array_equal(fast.transform(odd), transformed(slow, odd), strict=True)


@pytest.mark.parametrize(
    "column",
    [[1, 2], [True, False], ["1", " 2 "], [1.5, None], [np.inf, 1.0], np.array([1, 2], np.int8), ["-999", -999]],
    ids=str,
)
def test_however_a_number_comes_it_means_the_same(
    ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path, column: Any
) -> None:
    frame, inference = ask(houses)
    slow, fast = both(FeatureMap.fit_transform(frame, inference, settings())[0], tmp_path)
    rows = houses.head(2).assign(size=column)
    np.testing.assert_array_equal(fast.transform(rows), transformed(slow, rows), strict=True)


def test_what_cannot_be_predicted_is_named(ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path) -> None:
    frame, inference = ask(houses, exclude=["sold"])
    fast = both(FeatureMap.fit_transform(frame, inference, settings(scale="none", degree=3))[0], tmp_path)[1]
    with pytest.raises(FeatureError, match="columns are missing: 'size'"):
        fast.transform(houses.drop(columns="size"))
    with pytest.raises(FeatureError, match="column 'size', row 1: 'big' where the model learned numbers"):
        fast.transform(houses.assign(size="big"))
    with pytest.raises(FeatureError, match="'size\\^2' has values too large for 32-bit numbers"):
        fast.transform(houses.assign(size=1e30))
    assert fast.transform(houses.head(0)).shape == (0, len(fast.names))


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored.update(format=2),
        lambda stored: stored["names"].pop(),
        lambda stored: stored["steps"].insert(0, {"step": "execute", "values": [1]}),
        lambda stored: stored["steps"][0]["values"].pop(),
        lambda stored: stored["categories"].pop(),
        lambda stored: stored["categories"][0]["one"].pop(),
        lambda stored: stored["columns"]["calendar"].append(["sold", "century"]),
        lambda stored: stored.pop("farthest"),
    ],
)
def test_a_store_that_does_not_fit_together_is_refused(
    ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    frame, inference = ask(houses)
    both(FeatureMap.fit_transform(frame, inference, settings())[0], tmp_path)
    path = tmp_path / "model" / "compiled.json"
    stored = json.loads(path.read_text())
    change(stored)
    path.write_text(json.dumps(stored))
    with pytest.raises(FeatureError, match="not the features of a model"):
        CompiledFeatures.load(tmp_path / "model")
