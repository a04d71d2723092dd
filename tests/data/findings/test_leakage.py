"""Columns that give the target away are asked about; honest ones are not."""

import json
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data.finding import Finding
from descent.data.findings.examined import Examined
from descent.data.findings.leakage import target_leakage

Ask = Callable[..., Any]
RNG = np.random.default_rng(0)
M = 300


def frame_of(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"noise": RNG.normal(size=M), **columns})


def suspect_leaks(frame: pd.DataFrame, inference: Any) -> list[Finding]:
    """All rows are training rows."""
    return target_leakage(Examined(inference, frame, frame[:0], frame[:0]))


def named(finding: Finding) -> list[str]:
    """The columns in the option that the finding tells to type: those that it is about."""
    assert (finding.name, finding.severity) == ("target-leakage", "warning")
    _, value = shlex.split(finding.action[finding.action.index("--set") :])
    names = list(map(str, json.loads(value.partition("=")[2])))
    assert names == list(finding.columns)
    return names


def test_the_parts_of_a_sum_are_all_named(ask: Ask) -> None:
    small, large = RNG.normal(10, 1, M), RNG.normal(100, 30, M)
    notes = suspect_leaks(*ask(frame_of(small=small, large=large, y=small + large)))
    assert [named(note) for note in notes] == [["large"], ["small", "large"]]
    assert notes[1].evidence.startswith("small and large together determine the target (exactly, R² 1)")


def test_a_difference_with_weights_and_units_is_found_too(ask: Ask) -> None:
    a, b, c = RNG.normal(size=(3, M))
    notes = suspect_leaks(*ask(frame_of(a=a * 1e6, b=b, c=c * 1e-6, y=3 * a - b + 2 * c)))
    assert [named(note) for note in notes] == [["a", "b", "c"]]


def test_a_copy_is_named_once(ask: Ask) -> None:
    y = RNG.normal(size=M)
    notes = suspect_leaks(*ask(frame_of(copy=y * 1.8 + 32, y=y)))
    assert [named(note) for note in notes] == [["copy"]]
    assert "copy alone follows the target (correlation 1.00)" in notes[0].evidence


def test_a_copy_with_holes_is_found(ask: Ask) -> None:
    y = RNG.normal(size=M)
    notes = suspect_leaks(*ask(frame_of(copy=np.where(RNG.random(M) < 0.3, np.nan, y), y=y)))
    assert [named(note) for note in notes] == [["copy"]]


@pytest.mark.parametrize("labels", [("no", "yes"), (0, 1), (False, True)])
def test_flags_that_never_err(ask: Ask, labels: tuple[Any, Any]) -> None:
    first, second = RNG.random(M) < 0.1, RNG.random(M) < 0.1
    y = first | second | (RNG.random(M) < 0.05)
    frame = frame_of(first=first.astype(int), second=second.astype(int), y=[labels[int(flag)] for flag in y])
    notes = [note for note in suspect_leaks(*ask(frame)) if "flag" in note.evidence]
    assert [named(note) for note in notes] == [["first", "second"]]
    assert notes[0].evidence.startswith(
        "first and second are flags that are never wrong: wherever one is set, the target is pos"
    )
    notes = [note for note in suspect_leaks(*ask(frame.drop(columns="second"))) if "flag" in note.evidence]
    assert notes[0].evidence.startswith("first is a flag that is never wrong: wherever it is set")


def test_honest_columns_raise_no_question(ask: Ask) -> None:
    a, b = RNG.normal(size=(2, M))
    assert suspect_leaks(*ask(frame_of(a=a, b=b, y=a + b + RNG.normal(size=M)))) == []
    assert suspect_leaks(*ask(frame_of(a=a, y=a + RNG.normal(size=M) > 0))) == []
    assert suspect_leaks(*ask(frame_of(a=a, y=["u", "v", "w"] * (M // 3)))) == []


def test_constant_and_empty_columns_of_the_training_rows_do_no_harm(ask: Ask) -> None:
    frame, inference = ask(frame_of(a=RNG.normal(size=M), b=RNG.normal(size=M), y=RNG.normal(size=M)))
    rows = frame[:50].assign(a=1.0, b=np.nan)
    assert suspect_leaks(rows, inference) == []
    assert suspect_leaks(rows.assign(y=2.0), inference) == []


def test_names_with_quotes_and_blanks_can_be_typed(ask: Ask) -> None:
    y = RNG.normal(size=M)
    notes = suspect_leaks(*ask(frame_of(**{'it\'s "so" ': y, "y": y})))
    assert [named(note) for note in notes] == [['it\'s "so" ']]
