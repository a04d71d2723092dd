"""A run whose pictures and report fail: the answer stands, and what is missing is said everywhere."""

import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from descent.flows.errors import attempt
from descent.schemas import ExperimentResult

from .embedded import Embedded

BREAK = """
import descent.flows.report.page
import descent.flows.tasks

def measure(*_):
    raise FloatingPointError("no luck with these columns")

def write(*_):
    raise OSError("this cannot be written today")

descent.flows.tasks.measure = measure
descent.flows.report.page.write = write
"""


def divide(by: int) -> float:
    return 1 / by


def test_an_attempt_gives_what_was_made_or_says_why_not() -> None:
    failures: list[str] = []
    assert attempt("the half", lambda: divide(2), failures) == 0.5
    assert failures == []
    assert attempt("the whole", lambda: divide(0), failures) is None
    (failure,) = failures
    assert failure.startswith("the whole could not be made: ZeroDivisionError: division by zero (test_errors.py, line ")


def test_the_line_is_that_of_the_process_that_failed() -> None:
    failures: list[str] = []
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        attempt("the whole", executor.submit(divide, 0).result, failures)
    assert "(test_errors.py, line " in failures[0]


def test_an_interruption_is_no_failure_of_a_picture() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt("a picture", interrupted, [])


@pytest.mark.integration
def test_a_run_without_pictures_and_report_is_whole_otherwise(home: Embedded, tmp_path: Path) -> None:
    answer = home.descent(
        "run",
        "data/samples/diabetes.csv",
        "--target",
        "progression",
        "--set",
        "name=without pictures",
        "--set",
        "search.models=[{kind: linear, lambda: [1, 10]}]",
        "--set",
        "diagnose.curves=false",
        "--json",
        first=BREAK,
    )
    assert answer.code == 0, answer.stderr
    result = ExperimentResult.model_validate(answer.json)
    assert result.report is None
    columns, report = [warning.split(" could")[0] for warning in result.warnings]
    assert (columns, report) == ("the importance of the columns", "the report")
    assert "FloatingPointError: no luck with these columns" in result.warnings[0]
    assert all("OSError: this cannot be written today" in warning for warning in result.warnings[1:])
    folder = Path(result.model).parent
    assert sorted(path.name for path in folder.iterdir()) == ["experiment.yaml", "model", "result.json"]
    assert json.loads((folder / "result.json").read_text(encoding="utf-8"))["warnings"] == list(result.warnings)
    assert home.runs("without pictures")[result.mlflow.run_id] == "FINISHED"
    tags = dict(home.mlflow("select key, value from tags where run_uuid = ?", result.mlflow.run_id))
    assert tags["warnings"] == " ".join(result.warnings)
    assert "the report could not be made" in tags["mlflow.note.content"]
    predicted = home.descent("predict", result.model, "data/samples/diabetes.csv", "-o", tmp_path / "predicted.csv")
    assert predicted.code == 0, predicted.stderr
