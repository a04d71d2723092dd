"""Features against transformers put together by hand; nothing learned from rows that are not training rows."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from descent.data import FeatureError, FeatureMap

Ask = Callable[..., Any]


@pytest.mark.parametrize("degree", [1, 2, 3])
@pytest.mark.parametrize("scaler", [StandardScaler, MinMaxScaler, RobustScaler, QuantileTransformer, None])
@pytest.mark.parametrize("only", [False, True])
@pytest.mark.parametrize("impute", ["median", "mean", "most_frequent"])
def test_the_matrix_is_that_of_scikit_learn(
    ask: Ask, settings: Any, houses: pd.DataFrame, degree: int, scaler: Any, impute: str, only: bool
) -> None:
    frame, inference = ask(houses, exclude=["sold"])
    train, rest = frame[:120], frame[120:]
    name = {
        StandardScaler: "standard",
        MinMaxScaler: "minmax",
        RobustScaler: "robust",
        QuantileTransformer: "quantile",
        None: "none",
    }[scaler]
    found, own = FeatureMap.fit_transform(
        train, inference, settings(degree=degree, scale=name, impute=impute, interaction_only=only)
    )
    normal = {"n_quantiles": 120, "output_distribution": "normal"} if scaler is QuantileTransformer else {}
    steps = [SimpleImputer(strategy=impute)]
    steps += [scaler(**normal)] if scaler else []
    steps += [PolynomialFeatures(degree, include_bias=False, interaction_only=only)] if degree > 1 else []
    steps += [StandardScaler() if normal else scaler()] if scaler and degree > 1 else []
    oracle = ColumnTransformer(
        [
            ("n", make_pipeline(*steps), ["size", "rooms"]),
            ("c", OneHotEncoder(min_frequency=0.01, handle_unknown="infrequent_if_exist"), ["town", "heating"]),
        ],
        sparse_threshold=0,
    )
    oracle.fit(train.fillna({"heating": "missing"}))
    for part in (train, rest):
        wanted = np.asarray(oracle.transform(part.fillna({"heating": "missing"})), np.float64)
        wanted = np.clip(wanted, -10, 10) if scaler else wanted
        matrix = found.transform(part)
        assert matrix.dtype == np.float32
        assert matrix.flags.c_contiguous
        np.testing.assert_allclose(matrix, wanted, rtol=1e-5, atol=1e-6)
    assert len(found.names) == matrix.shape[1]
    np.testing.assert_array_equal(own, found.transform(train))


def test_names_say_what_a_feature_is(ask: Ask, settings: Any, houses: pd.DataFrame) -> None:
    frame, inference = ask(houses)
    names = FeatureMap.fit_transform(frame, inference, settings(degree=2))[0].names
    assert {
        "size",
        "rooms",
        "size rooms",
        "size^2",
        "sold year",
        "sold month sin",
        "sold weekday cos",
        "town_Bonn",
    } <= set(names)
    assert "heating_missing" in names
    assert len(set(names)) == len(names)


def test_dates_become_a_year_and_points_on_circles(ask: Ask, settings: Any) -> None:
    dates = pd.Series(pd.date_range("2020-01-01", periods=400, freq="27h")).sample(frac=1, random_state=0)
    frame, inference = ask(pd.DataFrame({"d": dates.to_numpy(), "y": np.arange(400.0)}), by="random")
    found = FeatureMap.fit_transform(frame, inference, settings(scale="none"))[0]
    assert found.names == (
        "d year",
        "d month sin",
        "d month cos",
        "d weekday sin",
        "d weekday cos",
        "d hour sin",
        "d hour cos",
    )
    turns = np.array([[(d.month - 1) / 12, d.weekday() / 7, d.hour / 24] for d in frame["d"]])
    circles = np.stack([np.sin(2 * np.pi * turns), np.cos(2 * np.pi * turns)], axis=2).reshape(400, 6)
    wanted = np.column_stack([frame["d"].dt.year, circles])
    np.testing.assert_allclose(found.transform(frame), wanted.astype(np.float32), atol=1e-6)
    by_time = ask(frame, by="time", time="d")[1]
    assert "d year" not in FeatureMap.fit_transform(frame, by_time, settings())[0].names


def test_december_is_as_near_to_january_as_to_november(ask: Ask, settings: Any) -> None:
    days = pd.to_datetime([f"2023-{month:02}-01" for month in range(1, 13)] * 3)
    frame, inference = ask(pd.DataFrame({"d": days, "y": np.arange(36.0)}), by="random")
    found = FeatureMap.fit_transform(frame, inference, settings(scale="none"))[0]
    months = found.transform(frame)[:12, [found.names.index("d month sin"), found.names.index("d month cos")]]
    steps = np.linalg.norm(months - np.roll(months, 1, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-5)


def test_the_same_dates_as_text_and_with_a_zone_give_the_same(ask: Ask, settings: Any) -> None:
    dates = pd.date_range("2020-01-01", periods=100, freq="31h")[::-1]
    frame, inference = ask(pd.DataFrame({"d": dates, "y": np.arange(100.0)}), by="random")
    found = FeatureMap.fit_transform(frame, inference, settings())[0]
    wanted = found.transform(frame)
    for other in (
        frame["d"].dt.strftime("%Y-%m-%d %H:%M:%S"),
        frame["d"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"),
        frame["d"].dt.tz_localize("UTC").dt.tz_convert("Asia/Tokyo"),
        frame["d"].astype(object),
    ):
        np.testing.assert_array_equal(found.transform(frame.assign(d=other)), wanted)


def test_the_same_values_in_other_types_give_the_same(ask: Ask, settings: Any) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"n": rng.integers(0, 90, 100), "c": rng.integers(1, 4, 100), "b": rng.random(100) < 0.5})
    frame, inference = ask(frame.assign(y=rng.normal(size=100)), roles={"categorical": ["c"]})
    found = FeatureMap.fit_transform(frame, inference, settings())[0]
    wanted = found.transform(frame)
    for change in (
        {"n": frame["n"].astype(float), "c": frame["c"].astype(float)},
        {"n": frame["n"].astype(str), "c": frame["c"].astype(str), "b": frame["b"].astype(str)},
        {"n": frame["n"].astype(object), "c": frame["c"].astype(object), "b": frame["b"].astype(object)},
        {"n": frame["n"].astype("Int64"), "c": frame["c"].astype("category"), "b": frame["b"].astype("boolean")},
        {"c": frame["c"].astype("uint8"), "b": frame["b"].astype("category")},
    ):
        np.testing.assert_array_equal(found.transform(frame.assign(**change)), wanted)
    one_fraction = frame.astype({"c": float})
    one_fraction.loc[0, "c"] = 2.5  # must not turn the other rows' 1 into "1.0"
    np.testing.assert_array_equal(found.transform(one_fraction)[1:], wanted[1:])
    np.testing.assert_array_equal(found.transform(frame[frame.columns[::-1]].assign(extra=1)), wanted)


@budget(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2))
def test_other_rows_change_nothing_that_was_learned(ask: Ask, settings: Any, seed: int, degree: int) -> None:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"a": rng.normal(size=60), "b": rng.choice(["u", "v", "w"], 60), "y": rng.normal(size=60)})
    frame, inference = ask(frame)
    train = rng.permutation(60)[:36]
    changed = frame.copy()
    others = np.setdiff1d(np.arange(60), train)
    changed.loc[others, "a"] = rng.normal(1e6, 1e6, len(others))
    changed.loc[others, "b"] = "new"
    before = FeatureMap.fit_transform(frame.iloc[train], inference, settings(degree=degree))[0]
    after = FeatureMap.fit_transform(changed.iloc[train], inference, settings(degree=degree))[0]
    assert before.names == after.names
    np.testing.assert_array_equal(before.transform(frame)[train], after.transform(changed)[train])


def test_rare_levels_are_joined_and_unknown_ones_go_with_them(ask: Ask, settings: Any) -> None:
    towns = ["a"] * 50 + ["b"] * 46 + ["c"] * 2 + ["d"] * 2
    frame, inference = ask(pd.DataFrame({"t": towns, "y": np.arange(100.0)}))
    found = FeatureMap.fit_transform(frame, inference, settings(rare=0.05))[0]
    assert found.names == ("t_a", "t_b", "t_infrequent_sklearn")
    new = pd.DataFrame({"t": ["a", "c", "never seen", None]})
    assert found.transform(new).tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 1], [0, 0, 1]]


def test_a_fold_without_values_is_no_obstacle(ask: Ask, settings: Any, houses: pd.DataFrame) -> None:
    frame, inference = ask(houses)
    for degree in (1, 2):
        for scale in ("standard", "minmax", "robust", "quantile", "none"):
            for impute in ("median", "mean", "most_frequent"):
                rows = frame[:40].assign(size=np.nan, rooms=3, heating=pd.Series([None] * 40, dtype="str"), sold=pd.NaT)
                found = FeatureMap.fit_transform(rows, inference, settings(degree=degree, scale=scale, impute=impute))[
                    0
                ]
                assert np.isfinite(found.transform(frame)).all()
                assert len(found.names) == found.transform(frame).shape[1]


def test_outliers_are_cut_off_before_their_powers_are_taken(ask: Ask, settings: Any, houses: pd.DataFrame) -> None:
    frame, inference = ask(houses, exclude=["sold", "town", "heating"])
    found = FeatureMap.fit_transform(frame, inference, settings(degree=5))[0]
    wild = frame.assign(size=1e200, rooms=-1e200)
    matrix = found.transform(wild)
    assert np.isfinite(matrix).all()
    assert np.abs(matrix).max() <= 10


def test_a_linear_model_sees_through_scaling(ask: Ask, settings: Any, houses: pd.DataFrame) -> None:
    """Scaling is a change of units: least squares predicts the same with and without it."""
    frame, inference = ask(houses.dropna(subset=["size"]), exclude=["sold", "town", "heating"])
    predictions = [
        LinearRegression()
        .fit(
            x := FeatureMap.fit_transform(frame, inference, settings(scale=scale, degree=2))[1].astype(float),
            frame["y"],
        )
        .predict(x)
        for scale in ("standard", "minmax", "robust")
    ]
    np.testing.assert_allclose(predictions[1], predictions[0], rtol=1e-3)
    np.testing.assert_allclose(predictions[2], predictions[0], rtol=1e-3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rooms": "three"}, "column 'rooms', row 1: 'three' where the model learned numbers"),
        (
            {"sold": "31.01.2024"},
            "column 'sold', row 1: '31.01.2024' is not a date in a form that the model learned: write 2",
        ),
        ({"sold": 20240131}, "column 'sold', row 1: '20240131' is not a date"),
        ({"rooms": None, "size": None}, None),
        ({"sold": None}, None),
        ({"sold": "2024-01-31"}, None),
    ],
)
def test_new_rows_are_held_against_what_was_learned(
    ask: Ask, settings: Any, houses: pd.DataFrame, change: dict[str, object], message: str | None
) -> None:
    frame, inference = ask(houses)
    found = FeatureMap.fit_transform(frame, inference, settings())[0]
    if message is None:
        assert np.isfinite(found.transform(frame.assign(**change))).all()
        return
    with pytest.raises(FeatureError) as caught:
        found.transform(frame.assign(**change))
    assert message in str(caught.value)


def test_missing_columns_are_named(ask: Ask, settings: Any, houses: pd.DataFrame) -> None:
    frame, inference = ask(houses)
    with pytest.raises(FeatureError, match="columns are missing: 'rooms', 'town'"):
        FeatureMap.fit_transform(frame, inference, settings())[0].transform(frame.drop(columns=["rooms", "town"]))


def test_too_many_features_say_where_they_come_from(ask: Ask, settings: Any) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"x{k}": rng.normal(size=80) for k in range(10)}).assign(y=rng.normal(size=80))
    frame, inference = ask(frame)
    with pytest.raises(
        FeatureError, match=r"3,002 features .* degree 5 over 10 numeric columns: lower features\.degree"
    ):
        FeatureMap.fit_transform(frame, inference, settings(degree=5))
    frame, inference = ask(pd.DataFrame({"t": [f"t{k % 40}" for k in range(80)], "y": rng.normal(size=80)}))
    with pytest.raises(FeatureError, match=r"40 features .* categories of 't': leave one out, raise features\.rare"):
        FeatureMap.fit_transform(frame, inference, settings(max_columns=20, encode="one_hot"))


def test_numbers_too_large_for_the_matrix_are_refused(ask: Ask, settings: Any) -> None:
    huge = np.random.default_rng(0).normal(size=80)
    for size, scale, degree in ((1e30, "none", 2), (1e200, "none", 3), (1e200, "standard", 1)):
        frame, inference = ask(pd.DataFrame({"x": huge, "y": huge}))
        frame = frame.assign(x=huge * size)  # rows that came later: `infer` refuses the largest of these itself
        with pytest.raises(FeatureError, match=r"too large|cannot be scaled"):
            FeatureMap.fit_transform(frame, inference, settings(scale=scale, degree=degree))[0].transform(frame)


def test_a_mostly_empty_column_says_something_by_having_a_value(ask: Ask, settings: Any) -> None:
    rng = np.random.default_rng(0)
    there = rng.random(300) < 0.2
    frame = pd.DataFrame(
        {
            "fee": np.where(there, rng.normal(10, 1, 300), np.nan),
            "x": rng.normal(size=300),
            "y": rng.normal(size=300),
        }
    )
    rows, inference = ask(frame, "y")
    features, matrix = FeatureMap.fit_transform(rows, inference, settings())
    assert features.names == ("fee", "x", "fee given")
    np.testing.assert_array_equal(matrix[:, 2] > 0, there)
    np.testing.assert_array_equal(features.transform(rows.assign(fee=1.0))[:, 2], np.full(300, matrix[there, 2][0]))
    half = rows.assign(fee=np.where(rng.random(300) < 0.6, 1.5, np.nan))
    assert FeatureMap.fit_transform(half, inference, settings())[0].names == ("fee", "x")
