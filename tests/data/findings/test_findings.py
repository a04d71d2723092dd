"""Each check on a table that has what it looks for, and on one that has not."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import FoundError, examine, infer, read_table, split_rows
from descent.data.finding import SEVERITIES, Finding, joined_names
from descent.data.findings.order import likeness

Ask = Callable[..., Any]
M = 600


def clean(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(2, M))
    return pd.DataFrame(
        {"a": a, "b": b, "c": rng.choice(["u", "v", "w"], M), "y": a - b + rng.normal(size=M)},
    )


def found(ask: Ask, frame: pd.DataFrame, **options: Any) -> dict[str, Finding]:
    rows, inference = ask(frame, **options)
    findings = examine(rows, inference, split_rows(rows, inference))
    assert [SEVERITIES.index(finding.severity) for finding in findings] == sorted(
        SEVERITIES.index(finding.severity) for finding in findings
    )
    for finding in findings:
        assert set(finding.columns) <= set(frame.columns)
        assert "\n" not in str(finding)
    return {finding.name: finding for finding in findings}


@pytest.mark.parametrize("seed", range(5))
def test_a_clean_table_has_no_findings(ask: Ask, seed: int) -> None:
    assert found(ask, clean(seed)) == {}
    frame = clean(seed)
    assert found(ask, frame.assign(y=np.where(frame["y"] > 0, "p", "q"))) == {}
    assert found(ask, frame.assign(y=pd.cut(frame["y"], 3, labels=["l", "m", "n"]).astype(str))).keys() <= {
        "small-class"
    }


def test_columns_that_say_nothing(ask: Ask) -> None:
    frame = clean().assign(
        same=1,
        number=np.arange(M),
        key=[f"K{k}" for k in range(M)],
        said=[f"so {k} it went on and on" for k in range(M)],
    )
    frame.loc[60:, "rare"] = None
    frame["rare"] = np.where(frame.index < 60, frame["a"], np.nan)
    findings = found(ask, frame)
    assert findings["constant-column"].columns == ("same",)
    assert findings["identifier"].columns == ("number", "key")
    assert findings["free-text"].columns == ("said",)
    assert findings["mostly-missing"].columns == ("rare",)
    assert {finding.severity for finding in findings.values()} == {"note"}


@pytest.mark.parametrize(
    ("change", "name", "columns"),
    [
        ({"y": np.nan}, "missing-target", ("y",)),
        ({"y": 1.5}, "constant-target", ("y",)),
        ({"y": [f"n{k}" for k in range(M)]}, "target-of-names", ("y",)),
        ({"y": ["one", *["p"] * (M - 1)]}, "class-of-one-row", ("y",)),
        ({"big": [1e308, *range(M - 1)]}, "huge-numbers", ("big",)),
        ({"y": [-1e200, *np.linspace(0, 1, M - 1)]}, "huge-numbers", ("y",)),
    ],
)
def test_errors_stop_before_training(ask: Ask, change: dict[str, Any], name: str, columns: tuple[str, ...]) -> None:
    with pytest.raises(FoundError) as caught:
        found(ask, clean().assign(**change))
    finding = caught.value.finding
    assert (finding.name, finding.severity, finding.columns) == (name, "error", columns)
    assert finding.evidence in str(caught.value)


def typed(action: str) -> list[str]:
    """The words that an action tells to set ``data.missing`` to."""
    _, found = shlex.split(action[action.index("--set ") :])[:2]
    words: list[str] = json.loads(found.removeprefix("data.missing="))
    return words


def test_a_huge_number_is_named_so_that_it_is_met(ask: Ask, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    clean().assign(big=[1.2345678e150, *range(M - 1)]).to_csv(path, index=False)
    with pytest.raises(FoundError) as caught:
        infer(read_table(path), "y")
    missing = typed(caught.value.finding.action)
    assert infer(read_table(path, missing), "y")[0]["big"].isna().tolist() == [True, *[False] * (M - 1)]


@pytest.mark.parametrize("mark", [-999, 999_999_999])
def test_a_mark_of_a_missing_value_is_named_so_that_it_is_met(ask: Ask, mark: int) -> None:
    frame = clean().assign(b=np.where(np.arange(M) % 30 == 0, mark, clean()["b"]))
    (word,) = typed(found(ask, frame)["extreme-outliers"].action)
    assert float(word) == mark


def test_numbers_with_texts_among_them_are_not_called_names(ask: Ask) -> None:
    mixed = ["hello" if k % 3 == 0 else f"{k / 7:.3f}" for k in range(M)]
    with pytest.raises(FoundError) as caught:
        found(ask, clean().assign(y=mixed))
    finding = caught.value.finding
    assert finding.name == "target-of-names"
    assert f"'hello' ({sum(value == 'hello' for value in mixed)}), first in row 1;" in finding.evidence
    assert "data.missing" in finding.action


def test_too_few_rows(ask: Ask) -> None:
    with pytest.raises(FoundError, match="1 row with a target is too few"):
        found(ask, clean()[:1])


def test_rows_without_a_target_are_counted(ask: Ask) -> None:
    frame = clean()
    frame.loc[:29, "y"] = np.nan
    finding = found(ask, frame)["missing-target"]
    assert (finding.severity, finding.evidence) == ("note", "30 rows (5.0%) have no value of y and are left out")


def test_classes_of_few_rows(ask: Ask) -> None:
    labels = np.where(np.arange(M) % 40 == 0, "rare", np.where(clean()["a"] + clean(1)["b"] > 0, "p", "q"))
    frame = clean().assign(y=labels)
    assert "class-imbalance" not in found(ask, frame)
    assert found(ask, frame)["small-class"].evidence.endswith("rare (12)")
    two = clean().assign(y=np.where(np.random.default_rng(0).random(M) < 0.03, "rare", "often"))
    assert found(ask, two)["class-imbalance"].evidence.startswith("severe imbalance: rare (2.")


def test_a_telling_column_is_found_for_every_task(ask: Ask) -> None:
    frame = clean()
    classes = pd.cut(frame["y"], 4, labels=["k", "l", "m", "n"]).astype(str)
    findings = found(
        ask, frame.assign(y=classes, after=classes.map({"k": "r", "l": "s", "m": "t", "n": "r"}) + classes)
    )
    assert findings["target-leakage"].columns == ("after",)
    bent = frame.assign(after=(frame["y"] - 1) ** 3 + np.abs(frame["y"]) * 0.01)
    assert "after" in found(ask, bent)["target-leakage"].columns


def test_a_column_that_tells_more_than_all_others_is_suspicious(ask: Ask) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(M, 10))
    y = x.sum(axis=1) * 0.3 + rng.normal(size=M) * 2
    frame = pd.DataFrame(x, columns=list("abcdefghij")).assign(y=np.where(y > 0, "p", "q"))
    assert "suspicious-predictor" not in found(ask, frame)
    assert found(ask, frame.assign(after=y + rng.normal(size=M) * 2))["suspicious-predictor"].columns == ("after",)


def test_drift_between_the_parts(ask: Ask) -> None:
    frame = clean().assign(day=pd.date_range("2020-01-01", periods=M))
    assert found(ask, frame) == {}
    moved = frame.assign(b=frame["b"] + np.arange(M) / 150)
    findings = found(ask, moved.assign(y=moved["a"] - moved["b"] + clean(1)["a"]))
    assert findings["drift"].columns == ("b",)
    assert findings["target-drift"].columns == ("y",)
    assert {findings["drift"].severity, findings["target-drift"].severity} == {"warning"}


def test_rows_in_an_order(ask: Ask) -> None:
    frame = clean()
    finding = found(ask, frame.sort_values("y", ignore_index=True))["sorted-rows"]
    assert (finding.severity, finding.columns) == ("note", ("y",))
    finding = found(ask, frame.sort_values("c", ignore_index=True))["sorted-rows"]
    assert (finding.severity, finding.columns) == ("note", ("c",))
    finding = found(ask, frame.sort_values("a", ignore_index=True))["sorted-rows"]
    assert (finding.severity, finding.columns) == ("warning", ("a",))


def test_dates_that_the_split_ignores(ask: Ask) -> None:
    rng = np.random.default_rng(0)
    walk = np.cumsum(rng.normal(size=M))
    frame = clean().assign(day=pd.date_range("2020-01-01", periods=M), y=walk)
    assert "time-ignored" not in found(ask, frame)  # in order, it is split by time
    assert found(ask, frame, by="random")["time-ignored"].severity == "warning"
    shuffled = frame.sample(frac=1, random_state=0, ignore_index=True)
    assert found(ask, shuffled)["time-ignored"].severity == "warning"
    assert (
        found(ask, clean().assign(day=frame["day"]).sample(frac=1, random_state=0))["time-ignored"].severity == "note"
    )


def test_groups_that_the_split_ignores(ask: Ask) -> None:
    rng = np.random.default_rng(0)
    who = rng.permutation(np.repeat(np.arange(100), 6))
    base = rng.normal(size=100)[who]
    frame = clean().assign(patient_id=who, y=base + rng.normal(size=M) * 0.5)
    assert "group-ignored" not in found(ask, frame)  # recognised by its name
    assert found(ask, frame, by="random")["group-ignored"].severity == "warning"
    named = frame.rename(columns={"patient_id": "member id"})
    assert found(ask, named)["group-ignored"].columns == ("member id",)
    assert found(ask, clean().assign(**{"member id": who}))["group-ignored"].severity == "note"


def test_things_measured_several_times(ask: Ask) -> None:
    rng = np.random.default_rng(0)
    things = rng.normal(size=(M // 5, 4))[rng.permutation(np.repeat(np.arange(M // 5), 5))]
    frame = pd.DataFrame(things, columns=list("abcd")).assign(day=rng.integers(1, 90, M).astype(float))
    findings = found(ask, frame.assign(y=things.sum(axis=1) + frame["day"] / 30 + rng.normal(size=M)))
    assert findings["hidden-groups"].columns == ("day",)
    assert "120 things" in findings["hidden-groups"].evidence


def test_numbers_far_from_the_rest(ask: Ask) -> None:
    frame = clean()
    frame.loc[7, "a"] = 1e6
    frame.loc[10:20, "b"] = -999
    rows, inference = ask(frame)
    findings = [f for f in examine(rows, inference, split_rows(rows, inference)) if f.name == "extreme-outliers"]
    assert [f.columns for f in findings] == [("b",)] or [f.columns for f in findings] == [("a",), ("b",)]
    assert "--set 'data.missing=[\"-999\"]'" in findings[-1].action


def test_columns_prepared_before_the_split(ask: Ask) -> None:
    rng = np.random.default_rng(0)
    frame = clean()
    scaled = frame.assign(a=(frame["a"] - frame["a"].mean()) / frame["a"].std())
    assert found(ask, scaled)["scaled-before-split"].columns == ("a",)
    town = rng.integers(0, 60, M)
    frame = frame.assign(y=frame["y"] + rng.normal(size=60)[town] * 0.3)
    means = frame.groupby(town)["y"].transform("mean")
    assert found(ask, frame.assign(town=means))["target-encoded"].columns == ("town",)
    other = clean(1)["y"] + rng.normal(size=60)[town] * 0.3  # means of other rows: an honest encoding
    assert "target-encoded" not in found(ask, frame.assign(town=other.groupby(town).transform("mean")))


def test_likeness_is_zero_by_chance_and_one_at_most() -> None:
    rng = np.random.default_rng(0)
    for values in (rng.normal(size=2000), rng.integers(0, 4, 2000)):
        assert abs(likeness(values)[0]) < 0.1
        assert abs(likeness(values)[1]) < 4
        assert likeness(np.sort(values))[0] == pytest.approx(1, abs=0.01)
        assert likeness(np.sort(values))[1] > 20


def test_joined_names() -> None:
    assert joined_names(["a"]) == "a"
    assert joined_names(["a", "b", "c"]) == "a, b and c"
    assert joined_names(list("abcdef"), 4) == "a, b, c and 3 more"
