"""Codes become categories, row numbers survive gaps, and what meant "no value" still means it when a model is asked."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from descent import data
from descent.data.features.compiled.features import CompiledFeatures
from descent.schemas import FeatureSettings

SETTINGS = FeatureSettings(max_levels=20)


@pytest.fixture
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "id": np.arange(1, 2501),
            "season": rng.integers(1, 5, 2500),
            "age": rng.choice([1, 3, 7, 14, 28], 2500),
            "flag": rng.integers(0, 2, 2500),
            "level": rng.choice(["x", "y", "unknown"], 2500),
            "a": np.where(rng.random(2500) < 0.1, -999.0, rng.normal(size=2500)),
            "y": rng.normal(size=2500),
        }
    )


def infer(frame: pd.DataFrame, folder: Path, missing: tuple[str, ...] = ()) -> tuple[pd.DataFrame, data.Inference]:
    frame.to_csv(folder / "t.csv", index=False)
    return data.infer(data.read_table(folder / "t.csv", missing), "y")


def test_numbers_without_gap_and_with_many_rows_are_categories(frame: pd.DataFrame, tmp_path: Path) -> None:
    roles = {column.name: column.role for column in infer(frame, tmp_path)[1].columns}
    assert roles["season"] == "categorical"
    assert roles["age"] == roles["flag"] == "numeric"
    few = {column.name: column.role for column in infer(frame.head(100), tmp_path)[1].columns}
    assert few["season"] == "numeric"


def test_a_row_number_is_one_also_where_rows_without_target_are_left_out(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.loc[[5, 70, 71], "y"] = np.nan
    assert "id" in infer(frame, tmp_path)[1].of_role("identifier")


def test_a_cell_that_meant_no_value_when_fitting_means_it_when_asking(frame: pd.DataFrame, tmp_path: Path) -> None:
    rows, inference = infer(frame, tmp_path, ("unknown", "-999"))
    features = data.FeatureMap.fit_transform(rows, inference, SETTINGS)[0]
    features.save(tmp_path / "model")
    for one in (features, CompiledFeatures.load(tmp_path / "model")):
        np.testing.assert_array_equal(one.transform(frame), one.transform(rows))
        asked = pd.DataFrame({"season": ["1", "1", "1"], "age": [1, 1, 1], "flag": [0, 0, 0]})
        answers = one.transform(asked.assign(level=["unknown", "?", None], a=["-999", "?", ""]))
        assert (answers == answers[-1]).all()
