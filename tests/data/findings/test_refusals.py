"""Tables that are odd in one way: learned from with a word about it, or refused with the setting that helps."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import FeatureError, FeatureMap, FoundError, Split, examine, split_rows
from descent.data.finding import Finding

Ask = Callable[..., Any]
M = 300


def table(seed: int = 0, rows: int = M) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, rows))
    return pd.DataFrame({"a": a, "b": b, "y": a - b + rng.normal(size=rows)})


def found(ask: Ask, frame: pd.DataFrame, split: Split | None = None, **options: Any) -> dict[str, Finding]:
    rows, inference = ask(frame, **options)
    return {finding.name: finding for finding in examine(rows, inference, split or split_rows(rows, inference))}


def test_empty_columns_are_left_out_with_a_note(ask: Ask) -> None:
    frame = table().assign(void=np.nan, none=None)
    noticed = found(ask, frame)
    assert noticed["all-missing-column"].columns == ("void", "none")
    assert noticed["all-missing-column"].severity == "note"
    assert "constant-column" not in noticed
    assert ask(frame)[1].of_role("numeric") == ("a", "b")
    with pytest.raises(FoundError, match="cannot be split by it"):
        ask(frame, group="void")


def test_a_column_empty_but_for_one_value_tells_by_being_empty(ask: Ask, settings: Any) -> None:
    frame = table()
    frame["flag"] = pd.Series(np.where(frame["y"] > 1, "x", None), dtype="str")
    frame["one"] = np.where(frame["y"] > 1, 1.0, np.nan)
    rows, inference = ask(frame)
    assert inference.of_role("categorical") == ("flag", "one")
    features, matrix = FeatureMap.fit_transform(rows, inference, settings())
    present = (frame["y"] > 1).to_numpy(np.float32)
    for name in ("flag_x", "one_1"):
        assert (matrix[:, features.names.index(name)] == present).all()


@pytest.mark.parametrize("lone", [1, 3])
def test_classes_of_one_row_are_left_out_with_a_warning(ask: Ask, lone: int) -> None:
    labels = ["p", "q", "r"] * (M // 3)
    labels[50 : 50 + lone] = [f"once {number}" for number in range(lone)]
    frame = table().assign(y=labels)
    rows, inference = ask(frame)
    assert inference.classes == ("p", "q", "r")
    assert len(rows) == M - lone
    finding = found(ask, frame)["class-of-one-row"]
    assert finding.severity == "warning"
    assert finding.columns == ("y",)
    assert "'once 0' has only one row (row 51)" in finding.evidence


def test_two_classes_are_left_where_a_third_has_one_row(ask: Ask) -> None:
    frame = table().assign(y=["p", "q"] * (M // 2 - 1) + ["p", "once"])
    assert ask(frame)[1].task == "binary"


def test_many_small_classes_are_learned_if_the_user_says_so(ask: Ask) -> None:
    frame = table(rows=960).assign(y=[f"sku {k % 120}" for k in range(960)])
    with pytest.raises(FoundError, match=r"--set 'data\.numeric=\[\"y\"\]'.*--set data\.task=multiclass"):
        ask(frame)
    assert len(ask(frame, task="multiclass")[1].classes) == 120
    with pytest.raises(FoundError, match="these are names"):
        ask(frame.assign(y=[f"n{k}" for k in range(960)]), task="multiclass")


def test_balanced_classes_are_in_no_imbalance(ask: Ask) -> None:
    frame = table(rows=4200).assign(y=[f"sku {k % 300}" for k in range(4200)])
    assert "class-imbalance" not in found(ask, frame)
    rare = frame.assign(y=np.where((np.arange(4200) % 300 == 7) & (np.arange(4200) > 600), "sku 8", frame["y"]))
    assert found(ask, rare)["class-imbalance"].evidence.startswith("severe imbalance: sku 7 (<0.1%)")


@pytest.mark.parametrize(("mean", "most"), [(0.7, 1), (2.0, 1), (1.5, 4)])
def test_counts_with_a_rare_highest_value_are_numbers(ask: Ask, mean: float, most: int) -> None:
    counts = np.minimum(np.random.default_rng(0).poisson(mean, 900), 12)
    counts[:most] = counts.max() + 1
    frame = table(rows=900).assign(y=counts)
    assert ask(frame)[1].task == "regression"
    assert ask(frame, task="multiclass")[1].task == "multiclass"


@pytest.mark.parametrize("codes", [np.arange(900) % 7, np.repeat([0, 1, 2], 300), 3 + np.arange(900) % 5])
def test_codes_of_classes_are_no_counts(ask: Ask, codes: Any) -> None:
    assert ask(table(rows=900).assign(y=codes))[1].task == "multiclass"


@pytest.mark.parametrize("name", ["year", "Year", "fiscal_year", "Jahr", "t", "week", "month_no"])
def test_a_time_that_counts_the_rows_splits_them_and_is_a_number(ask: Ask, name: str) -> None:
    frame = table(rows=140)
    frame.insert(0, name, np.arange(1880, 2020))
    rows, inference = ask(frame)
    assert inference.time == name
    assert inference.split_by == "time"
    assert name in inference.of_role("numeric")
    assert split_rows(rows, inference).test.min() == 112
    alone = ask(frame[[name, "y"]])[1]
    assert alone.of_role("numeric") == (name,)
    assert ask(frame.rename(columns={name: "number"}))[1].of_role("identifier") == ("number",)


def test_a_part_without_a_class_is_told_by_name(ask: Ask) -> None:
    frame = table().assign(patient=np.arange(M) % 30, y=np.where(np.arange(M) % 30 == 4, "c", "a"))
    frame.loc[np.arange(M) % 3 == 0, "y"] = "b"
    rows, inference = ask(frame, group="patient")
    finding = found(ask, frame, group="patient")["class-not-in-part"]
    split = split_rows(rows, inference)
    for part in ("train", "cv", "test"):
        lacks = "c" not in set(rows["y"].iloc[getattr(split, part)])
        assert (f"the {part} part has no row of c" in finding.evidence) == lacks
    assert "class-not-in-part" not in found(ask, frame.drop(columns="patient"))


@pytest.mark.parametrize("kind", ["sums", "means", "a word", "a word with a sum"])
def test_a_last_row_of_totals_is_noticed(ask: Ask, kind: str) -> None:
    frame = table().assign(side=["E", "W"] * (M // 2))
    last = frame.mean(numeric_only=True) if kind == "means" else frame.sum(numeric_only=True)
    side = "Grand total" if "word" in kind else None
    row = {"a": 0.1, "b": 0.2, "y": 0.3} if kind == "a word" else dict(last)
    whole = pd.concat([frame, pd.DataFrame([{**row, "side": side}])], ignore_index=True)
    finding = found(ask, whole.astype({"side": "str"}))["totals-row"]
    assert finding.severity == "warning"
    assert "totals-row" not in found(ask, frame)


def test_many_columns_of_few_rows_are_taken(ask: Ask, settings: Any) -> None:
    wide = pd.DataFrame(np.random.default_rng(0).normal(size=(40, 2100)), columns=[f"g{k}" for k in range(2100)])
    rows, inference = ask(wide.assign(y=wide["g0"] * 2))
    assert FeatureMap.fit_transform(rows, inference, settings())[1].shape == (40, 2100)
    with pytest.raises(FeatureError, match=r"2,100 features .* leave some out.*--set features\.max_columns=2100"):
        FeatureMap.fit_transform(rows, inference, settings(max_columns=50))
    rows = rows[[*wide.columns[:90], "y"]]
    rows, inference = ask(rows)
    with pytest.raises(FeatureError, match=r"lower features\.degree.*--set features\.max_columns="):
        FeatureMap.fit_transform(rows, inference, settings(degree=2, max_columns=50))
