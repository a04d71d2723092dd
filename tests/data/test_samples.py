"""The tables that are shipped: what their README says, and what the examples need."""

import runpy
from pathlib import Path

import pandas as pd
import pytest
from sklearn.datasets import load_diabetes

from descent.data import infer, read_table

SAMPLES = Path(__file__).parents[2] / "data" / "samples"


@pytest.mark.parametrize(
    ("file", "target", "shape", "task"),
    [("penguins.csv", "species", (344, 8), "multiclass"), ("diabetes.csv", "progression", (442, 12), "regression")],
)
def test_a_sample_asks_its_question(file: str, target: str, shape: tuple[int, int], task: str) -> None:
    table = read_table(SAMPLES / file)
    frame, inference = infer(table, target)
    assert table.frame.shape == shape
    assert len(frame) == shape[0]
    assert (inference.task, inference.split_by) == (task, "random" if task == "regression" else "stratified")


def test_the_running_number_is_no_feature() -> None:
    _, inference = infer(read_table(SAMPLES / "diabetes.csv"), "progression")
    assert inference.of_role("identifier") == ("id",)


def test_diabetes_is_scikit_learns() -> None:
    oracle = load_diabetes(as_frame=True, scaled=False).frame
    frame = pd.read_csv(SAMPLES / "diabetes.csv").drop(columns="id")
    pd.testing.assert_frame_equal(frame.rename(columns={"progression": "target"}), oracle, check_dtype=False)


def test_the_script_that_made_diabetes_makes_it_again() -> None:
    made = runpy.run_path(str(SAMPLES / "make.py"))["diabetes"]()
    assert made.to_csv(index=False, lineterminator="\n") == (SAMPLES / "diabetes.csv").read_text(encoding="utf-8")
