"""Copies of rows, within the rows that are learned from and across the cuts."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from descent.data import Split, examine, split_rows
from descent.data.finding import Finding

Ask = Callable[..., Any]
M = 200


def found(ask: Ask, frame: pd.DataFrame, split: Split | None = None) -> dict[str, Finding]:
    rows, inference = ask(frame)
    return {finding.name: finding for finding in examine(rows, inference, split or split_rows(rows, inference))}


def clean() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame({"x": rng.normal(size=M), "c": rng.choice(["a", "b", None], M), "y": rng.normal(size=M)})


def test_a_table_without_copies_has_no_such_finding(ask: Ask) -> None:
    assert not {"duplicate-rows", "duplicates-across-splits"} & found(ask, clean()).keys()


def test_copies_are_counted_where_they_stand(ask: Ask) -> None:
    frame = clean()
    frame.loc[10:19] = frame.loc[0:9].to_numpy()  # within the training rows
    frame.loc[150:153] = frame.loc[20:23].to_numpy()  # cv
    frame.loc[190] = frame.loc[30].to_numpy()  # test
    rows = np.arange(M)
    findings = found(ask, frame, Split(rows[:120], rows[120:160], rows[160:]))
    assert findings["duplicate-rows"].evidence.startswith("14 of 160 rows")
    assert findings["duplicate-rows"].severity == "warning"
    across = findings["duplicates-across-splits"]
    assert across.evidence.startswith("4 of 40 cv rows and 1 of 40 test rows")
    assert across.severity == "warning"


def test_a_few_copies_are_worth_a_note(ask: Ask) -> None:
    frame = pd.concat([clean()] * 2, ignore_index=True)
    frame.loc[M:, "x"] += 1
    frame.loc[1] = frame.loc[0].to_numpy()
    rows = np.arange(2 * M)
    assert found(ask, frame, Split(rows[:240], rows[240:320], rows[320:]))["duplicate-rows"].severity == "note"


def test_rows_of_few_values_are_equal_by_chance(ask: Ask) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {"a": rng.choice(["u", "v"], M), "b": rng.choice(["x", "y"], M), "y": rng.choice(["p", "q"], M)}
    )
    findings = found(ask, frame)
    assert findings["duplicates-across-splits"].severity == findings["duplicate-rows"].severity == "note"


def test_no_finding_depends_on_labels_of_test_rows(ask: Ask) -> None:
    frame, inference = ask(pd.concat([clean(), clean()[:30]], ignore_index=True))
    split = split_rows(frame, inference)
    other = frame.copy()
    other.loc[split.test, "y"] = np.random.default_rng(1).permutation(other.loc[split.test, "y"])
    assert examine(frame, inference, split) == examine(other, inference, split)
