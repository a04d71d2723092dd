"""Folds: each row held out once, classes in their shares, groups whole, time never backwards."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import TimeSeriesSplit

from descent.data import SplitError, fold_rows

from .questions import SEEDS, question


@pytest.mark.parametrize(("task", "group"), [("regression", False), ("multiclass", False), ("regression", True)])
def test_folds_of_a_predefined_split_are_drawn_from_what_is_not_test(task: str, group: bool) -> None:
    y = np.arange(60) % 3
    frame = pd.DataFrame({"s": ["train", "train", "cv"] * 20, "y": y, "g": np.arange(60) // 4})
    asked = question(task, "column", () if task == "regression" else (0, 1, 2))
    asked = replace(asked, group="g" if group else None)
    pairs = fold_rows(frame, asked, 4)
    assert sorted(np.concatenate([held for _, held in pairs])) == list(range(60))
    for fit, held in pairs:
        if group:
            assert not set(frame["g"][fit]) & set(frame["g"][held])
        if task == "multiclass":
            assert np.bincount(y[held]).tolist() == [5, 5, 5]


@given(st.integers(20, 200), st.integers(2, 8), SEEDS)
def test_folds_hold_every_row_out_once(rows: int, folds: int, seed: int) -> None:
    pairs = fold_rows(pd.DataFrame({"y": np.arange(rows)}), question("regression", "random"), folds, seed)
    assert sorted(np.concatenate([held for _, held in pairs])) == list(range(rows))
    for fit, held in pairs:
        assert sorted(np.concatenate([fit, held])) == list(range(rows))
        assert abs(len(held) - rows / folds) <= 1


@given(st.lists(st.integers(2, 60), min_size=2, max_size=5), st.integers(2, 5), SEEDS)
def test_folds_are_stratified(counts: list[int], folds: int, seed: int) -> None:
    y = np.repeat(np.arange(len(counts)), counts)
    if max(counts) < folds or len(y) <= folds:
        with pytest.raises(SplitError, match=f"validate.folds is {folds}, but "):
            fold_rows(
                pd.DataFrame({"y": y}), question("multiclass", "stratified", tuple(range(len(counts)))), folds, seed
            )
        return
    pairs = fold_rows(
        pd.DataFrame({"y": y}), question("multiclass", "stratified", tuple(range(len(counts)))), folds, seed
    )
    assert sorted(np.concatenate([held for _, held in pairs])) == list(range(len(y)))
    for fit, held in pairs:
        assert not set(fit) & set(held)
        for code, count in enumerate(counts):
            assert abs((y[held] == code).sum() - count / folds) <= 1
            assert (y[fit] == code).any()


def test_more_folds_than_rows_of_any_class() -> None:
    with pytest.raises(SplitError, match=r"validate\.folds is 5, but no class has more than 4 rows"):
        fold_rows(pd.DataFrame({"y": [0, 1] * 4}), question("binary", "stratified", (0, 1)), 5)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 100), min_size=30, max_size=100), st.integers(2, 5))
def test_folds_in_time_are_fitted_on_the_past(moments: list[int], folds: int) -> None:
    times = np.array(moments)
    try:
        pairs = fold_rows(pd.DataFrame({"t": times, "y": times}), question("regression", "time"), folds)
    except SplitError:
        assert np.bincount(times).max() > len(times) // (folds + 1)
        return
    assert len(pairs) == folds
    for fit, held in pairs:
        assert times[fit].max() < times[held].min()


def test_folds_of_few_moments_begin_further_back() -> None:
    times = np.repeat(np.arange(7), 10)
    pairs = fold_rows(pd.DataFrame({"t": times, "y": times}), question("regression", "time"), 5)
    assert [times[held].min() for _, held in pairs] == [1, 2, 3, 4, 5]


def test_folds_of_distinct_moments_are_scikit_learns() -> None:
    times = np.random.default_rng(0).permutation(53)
    pairs = fold_rows(pd.DataFrame({"t": times, "y": times}), question("regression", "time"), 4)
    order = np.argsort(times)
    wanted = TimeSeriesSplit(4, test_size=len(times) // 8).split(times)
    for (fit, held), (wanted_fit, wanted_held) in zip(pairs, wanted, strict=True):
        assert fit.tolist() == order[wanted_fit].tolist()
        assert held.tolist() == order[wanted_held].tolist()


@pytest.mark.parametrize(
    ("by", "folds", "message"),
    [("random", 30, "train and cv have 20 rows"), ("group", 5, "train and cv have 4 groups")],
)
def test_more_folds_than_rows_or_groups(by: str, folds: int, message: str) -> None:
    frame = pd.DataFrame({"y": np.arange(20), "g": np.arange(20) % 4})
    with pytest.raises(SplitError, match=message):
        fold_rows(frame, question("regression", by), folds)
