"""The result in words: the note for MLflow and Prefect, and the report on a terminal."""

import json
import re
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent.flows.report.markdown import leaderboard, markdown, plain
from descent.flows.report.terminal import print_report
from descent.flows.report.words import number, rival
from descent.schemas import ExperimentResult
from descent.schemas.results import TestResult as Tested


def result(variants: int = 1, name: str = "32-16 relu · adam · λ=0.1 · lr=0.001 · deg 2") -> ExperimentResult:
    row = {
        "params": {"lambda": 0.1},
        "cost": {"train": 0.1234567, "cv": 0.2},
        "metrics": {"cv": {"rmse": 1.5, "r2": 0.5}},
        "epochs": 30,
        "status": "completed",
    }
    lost = row | {"name": "lost", "status": "diverged", "cost": {"train": None, "cv": None}, "metrics": {"cv": {}}}
    return ExperimentResult.model_validate(
        {
            "experiment": "flats [/b] <b>|new|</b>",
            "task": "regression",
            "data": {
                "rows": 1000,
                "digest": "0" * 64,
                "splits": {"train": 600, "cv": 200, "test": 200},
                "source": "t.csv",
            },
            "variants": [row | {"name": name if i == 0 else f"{name} {i}"} for i in range(variants)] + [lost],
            "selected": {
                "name": name,
                "params": {},
                "metric": "rmse",
                "cv": {"mean": 1.25, "se": 0.0625, "folds": [1.0, 1.5]},
            },
            "diagnosis": {
                "verdict": "high bias",
                "advice": [{"text": "[bold]exclude[/] <i>column</i>"}],
                "evidence": [{"name": "J_train", "value": 0.1, "sentence": "J_train is 0.1 [much]"}],
            },
            "test": {
                "metrics": {"rmse": 1.5, "r2": 0.5},
                "baseline": {"rmse": 3.0, "r2": 0.0},
                "linear": {"rmse": 2.0},
                "intervals": {"rmse": [1.25, 1.75]},
            },
            "seconds": {"total": 5, "load": 1, "features": 1, "train": 1, "crossvalidate": 1, "track": 1},
            "mlflow": {"tracking_uri": "sqlite:///x", "experiment_id": "1", "run_id": "a1"},
            "model": "/runs/[old]/model",
        }
    )


@given(st.text())
def test_no_text_is_markup_in_a_note(text: str) -> None:
    from html import unescape

    written = plain(text)
    assert not set("\\`*_[]<>|") & set(written)
    assert "#" not in written.replace("&#", "")
    assert unescape(written) == text


def test_a_note_shows_the_outcome_and_escapes_names() -> None:
    note = markdown(result())
    assert "<b>" not in note
    assert "<i>" not in note
    assert "rmse 1.25 ± 0.062 over 2 folds" in note
    assert "|  | this model | 95 % interval | plain linear | always the mean |" in note
    assert "| rmse | 1.5 | 1.25 to 1.75 | 2 | 3 |" in note
    assert "| r2 | 0.5 | – | – | 0 |" in note


def test_models_that_are_clearly_better_are_named_before_all_else() -> None:
    assert rival(result()) == ""
    test = result().test.model_copy(update={"beaten_by": ("baseline", "linear")})
    said = rival(result().model_copy(update={"test": test}))
    clearly = "predicts the test rows clearly better (root mean squared error"
    assert said.startswith(f"A plain linear model {clearly} 2 against 1.5): use that one.")
    assert f"A dummy that knows no features {clearly} 3 against 1.5)" in said


def test_the_leaderboard_is_a_table_of_numbers_with_null_for_what_is_none() -> None:
    table = json.loads(leaderboard(result()))
    first, last = (dict(zip(table["columns"], row, strict=True)) for row in table["data"])
    assert (first["train/J"], first["cv/rmse"]) == (pytest.approx(0.1235, abs=1e-4), 1.5)
    assert (last["train/J"], last["status"]) == (None, "diverged")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_report_says_everything_at_any_width(width: int) -> None:
    from rich.console import Console

    page = StringIO()
    print_report(result(variants=14), Console(file=page, width=width))
    words = " ".join(page.getvalue().split())
    for part in (
        "Selected 32-16 relu · adam · λ=0.1 · lr=0.001 · deg 2",
        "rmse 1.25 ± 0.062 over 2 folds",
        "high bias",
        "J_train is 0.1 [much]",
        "→ [bold]exclude[/] <i>column</i>",
        "/runs/[old]/model",
        "(experiment flats [/b] <b>|new|</b>, run a1)",
        "… and 5 more variants in MLflow",
    ):
        assert part in words, page.getvalue()
    assert words.count(" 1.5 ") >= 11  # the metric of ten rows and of the test, none cut off
    assert "[bold]Selected" not in words
    if width >= 100:
        assert "◀" in words
        (first,) = [line for line in page.getvalue().splitlines() if re.match(r"\s*1\s+32-16", line)]
        assert first.split()[-6:] == ["1.5", "0.5", "0.1235", "0.2", "30", "◀"]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_cell_is_broken_on_a_terminal_of_usual_width(width: int) -> None:
    from rich.console import Console

    names = ("log_loss", "accuracy", "average_precision")
    found = result(variants=14, name="64-32 relu · adam · λ=0.1 · lr=0.001 · deg 2").model_copy(
        update={
            "test": Tested.model_validate(
                {
                    "metrics": dict.fromkeys(names, 0.8983),
                    "baseline": dict.fromkeys(names, 0.3517),
                    "linear": dict.fromkeys(names, 0.7791),
                    "intervals": dict.fromkeys(names, (0.8863, 0.9103)),
                }
            ),
        }
    )
    page = StringIO()
    print_report(found, Console(file=page, width=width))
    lines = page.getvalue().splitlines()
    for i in range(1, 10):
        (row,) = [line for line in lines if line.lstrip().startswith(f"{i + 1} ")]
        assert f"64-32 relu · adam · λ=0.1 · lr=0.001 · deg 2 {i}" in row and " 1.5" in row
    (row,) = [line for line in lines if "average_precision" in line]
    assert row.split()[:5] == ["average_precision", "0.8983", "0.8863", "to", "0.9103"]
    assert ("J_train" in "".join(lines[:6])) == (width >= 100)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.0, "1.235e+06"),
        (-0.0, "0"),
        (-0.5, "-0.5"),
        (0.000123456, "0.0001235"),
        (None, "–"),
        (float("inf"), "–"),
        (0.0, "0"),
    ],
)
def test_numbers_have_four_digits(value: float | None, text: str) -> None:
    assert number(value) == text
