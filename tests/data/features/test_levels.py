"""Categories of many levels: encoded by a target that is never a row's own, small in memory, and stored."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score
from sklearn.model_selection import KFold
from sklearn.preprocessing import TargetEncoder

from descent.data import FeatureMap
from descent.data.features import levels
from descent.data.features.compiled.features import CompiledFeatures

Ask = Callable[..., Any]


def planes(rows: int = 1500, levels: int = 300, noise: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """A delay that depends on which of many planes it is, and on nothing else."""
    rng = np.random.default_rng(seed)
    plane, worth = rng.integers(levels, size=rows), rng.normal(size=levels)
    return pd.DataFrame(
        {
            "plane": [f"N{number:04d}" for number in plane],
            "y": worth[plane] * (noise > 0) + max(noise, 0.3) * rng.normal(size=rows),
        }
    )


def roles() -> dict[str, Any]:
    return {"roles": {"categorical": ["plane"]}}


def correlation(x: NDArray[Any], y: pd.Series) -> float:
    return float(np.corrcoef(x, y.astype(float))[0, 1])


def test_a_target_that_is_noise_is_not_seen_through_its_own_encoding(ask: Ask, settings: Any) -> None:
    """The planted leak: levels of five rows each, and a target that nothing predicts."""
    frame, inference = ask(planes(noise=0, levels=300).assign(y=np.random.default_rng(1).normal(size=1500)), **roles())
    features, x = FeatureMap.fit_transform(frame, inference, settings())
    assert features.names == ("plane target",)
    assert abs(correlation(x[:, 0], frame["y"])) < 0.1
    leaking = features.transform(frame)[:, 0]  # what would be seen if training rows were transformed like others
    assert correlation(leaking, frame["y"]) > 0.3


def test_there_is_no_way_to_fit_without_the_cross_fitted_matrix() -> None:
    makers = [name for name in dir(FeatureMap) if "fit" in name and not name.startswith("__")]
    assert makers == ["fit_transform"]


@budget(max_examples=25, deadline=None)
@given(row=st.integers(0, 199), change=st.floats(1, 1e3), seed=st.integers(0, 100))
def test_no_row_is_encoded_by_its_own_target(settings: Any, row: int, change: float, seed: int) -> None:
    table = planes(200, 40, seed=seed)
    texts, y = table[["plane"]].to_numpy(object), table["y"].to_numpy()
    other = y.copy()
    other[row] += change
    one, two = (
        levels.fit_transform(levels.coder(settings(scale="none"), each, None, seed), texts, each) for each in (y, other)
    )
    assert one[row, 0] == two[row, 0]
    assert (one != two).any()


def test_the_encoding_is_that_of_scikit_learn(ask: Ask, settings: Any) -> None:
    frame, inference = ask(planes(), **roles())
    train, rest = frame[:1000], frame[1000:]
    features, x = FeatureMap.fit_transform(train, inference, settings(scale="none"), seed=3)
    y = (train["y"] - train["y"].mean()) / train["y"].std(ddof=0)
    folds = list(KFold(5, shuffle=True, random_state=3).split(train))
    oracle = TargetEncoder(target_type="continuous", cv=folds)
    np.testing.assert_allclose(x, oracle.fit_transform(train[["plane"]], y), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(features.transform(rest), oracle.transform(rest[["plane"]]), rtol=1e-4, atol=1e-5)


def test_it_is_of_use(ask: Ask, settings: Any) -> None:
    """300 planes decide: their encoding explains most of what new rows do, joined rare levels nothing."""
    frame, inference = ask(planes(6000, noise=0.5), **roles())
    train, rest = frame[:4000], frame[4000:]
    explained = {}
    for encode in ("target", "one_hot"):
        features, x = FeatureMap.fit_transform(train, inference, settings(encode=encode))
        model = LinearRegression().fit(x, train["y"])
        explained[encode] = r2_score(rest["y"], model.predict(features.transform(rest)))
    assert explained["target"] > 0.7
    assert explained["one_hot"] < 0.1


@pytest.mark.parametrize(("classes", "columns"), [(2, 1), (3, 3)])
def test_classes_are_encoded_by_their_shares(ask: Ask, settings: Any, classes: int, columns: int) -> None:
    frame = planes(2000, 100)
    frame["y"] = pd.qcut(frame["y"], classes, labels=list("abc")[:classes]).astype(str)
    frame, inference = ask(frame, **roles())
    features, x = FeatureMap.fit_transform(frame, inference, settings(scale="none"))
    assert x.shape == (2000, columns)
    assert len(features.names) == columns
    assert ((x >= 0) & (x <= 1)).all()
    assert correlation(x[:, -1], frame["y"] == "abc"[classes - 1]) > 0.3


def test_levels_up_to_the_limit_have_a_column_each(ask: Ask, settings: Any) -> None:
    frame, inference = ask(planes(levels=20), **roles())
    assert len(FeatureMap.fit_transform(frame, inference, settings())[0].names) == 20
    assert len(FeatureMap.fit_transform(frame, inference, settings(max_levels=19))[0].names) == 1
    one_hot = FeatureMap.fit_transform(frame, inference, settings(max_levels=5, encode="one_hot"))
    assert len(one_hot[0].names) == 20


def test_ordinal_codes_know_no_target_and_put_unknown_levels_below(ask: Ask, settings: Any) -> None:
    frame, inference = ask(planes(), **roles())
    features, x = FeatureMap.fit_transform(frame, inference, settings(encode="ordinal", scale="none"))
    assert features.names == ("plane code",)
    codes = pd.Series(frame["plane"]).astype("category").cat.codes
    assert x[:, 0].tolist() == codes.tolist()
    assert features.transform(pd.DataFrame({"plane": ["never seen"]}))[0, 0] == -1


@pytest.mark.parametrize("encode", ["target", "ordinal"])
@pytest.mark.parametrize("scale", ["standard", "quantile", "none"])
def test_unknown_and_missing_levels_are_accepted(ask: Ask, settings: Any, encode: str, scale: str) -> None:
    table = planes()
    table.loc[:99, "plane"] = None
    frame, inference = ask(table, **roles())
    features, _ = FeatureMap.fit_transform(frame, inference, settings(encode=encode, scale=scale))
    new = pd.DataFrame({"plane": ["never seen", None, "N0001", 5]})
    assert np.isfinite(features.transform(new)).all()


def test_an_unknown_level_is_worth_the_mean(ask: Ask, settings: Any) -> None:
    frame, inference = ask(planes(), **roles())
    features, _ = FeatureMap.fit_transform(frame, inference, settings(scale="none"))
    assert features.transform(pd.DataFrame({"plane": ["never seen"]}))[0, 0] == pytest.approx(0, abs=1e-6)


def test_the_same_seed_encodes_the_same(ask: Ask, settings: Any) -> None:
    frame, inference = ask(planes(), **roles())
    one, again, other = (FeatureMap.fit_transform(frame, inference, settings(), seed)[1] for seed in (4, 4, 5))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any()


def test_rows_of_one_group_never_encode_each_other(ask: Ask, settings: Any) -> None:
    """Each level lives in one group: cross-fitted by groups, nothing is known about it but the mean of the others."""
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(60), 20)
    table = pd.DataFrame({"patient_id": patient, "plane": [f"ward {number}" for number in patient]})
    table["y"] = rng.normal(size=60)[patient]
    frame, inference = ask(table, roles={"categorical": ["plane"]})
    assert inference.split_by == "group"
    _, x = FeatureMap.fit_transform(frame, inference, settings(scale="none"))
    assert len(np.unique(x)) <= 5


@pytest.mark.parametrize("encode", ["target", "ordinal"])
@pytest.mark.parametrize("classes", [0, 2, 3])
def test_what_is_saved_comes_back(ask: Ask, settings: Any, tmp_path: Path, encode: str, classes: int) -> None:
    table = planes()
    if classes:
        table["y"] = pd.qcut(table["y"], classes, labels=list("abc")[:classes]).astype(str)
    frame, inference = ask(table, **roles())
    features, _ = FeatureMap.fit_transform(frame[:1000], inference, settings(encode=encode, scale="robust"))
    features.save(tmp_path / "features")
    loaded = CompiledFeatures.load(tmp_path / "features")
    assert (loaded.names, loaded.columns, loaded.schema) == (features.names, features.columns, features.schema)
    np.testing.assert_array_equal(loaded.transform(frame), features.transform(frame))


def test_thousands_of_levels_need_no_more_memory_than_rows(ask: Ask, settings: Any) -> None:
    import tracemalloc

    frame, inference = ask(planes(30_000, 4_000), **roles())
    tracemalloc.start()
    features, x = FeatureMap.fit_transform(frame, inference, settings())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert x.shape == (30_000, 1)
    assert peak < 30_000_000  # one column per level would be 480 MB
    assert len(features.names) == 1
