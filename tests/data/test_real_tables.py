"""The ten open tables that the figures are measured on, as a new user would type them."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import FeatureMap, Target, examine, fold_rows, infer, read_table, split_rows

FOLDER = Path(os.environ.get("DESCENT_TABLES", Path(__file__).parents[3] / "shared" / "data"))


@dataclass(frozen=True)
class Known:
    """What is known of a table: question, split, and the columns that must be asked about."""

    file: str
    target: str
    rows: int
    task: str
    by: str = ""
    """Empty: stratified for classes, else random."""
    group: str | None = None
    time: str | None = None
    leaks: frozenset[str] = frozenset()
    copies: int = 0


TABLES = [
    Known("penguins_raw.csv", "Species", 344, "multiclass"),
    Known(
        "bike_sharing_hour.csv.gz",
        "cnt",
        17379,
        "regression",
        "time",
        time="dteday",
        leaks=frozenset({"casual", "registered"}),
    ),
    Known("bank_marketing.csv.gz", "y", 41188, "binary", copies=12),
    Known(
        "parkinsons_telemonitoring.csv",
        "total_UPDRS",
        5875,
        "regression",
        "group",
        group="subject#",
        leaks=frozenset({"motor_UPDRS"}),
    ),
    Known("wine_quality.csv", "quality", 6497, "multiclass", copies=1177),
    Known(
        "ai4i2020_maintenance.csv",
        "Machine failure",
        10000,
        "binary",
        leaks=frozenset({"TWF", "HDF", "PWF", "OSF", "RNF"}),
    ),
    Known("arrhythmia.csv", "class", 452, "multiclass"),
    Known("concrete_strength.csv", "Concrete compressive strength(MPa, megapascals)", 1030, "regression", copies=25),
    Known("magic_gamma.csv.gz", "class", 19020, "binary", copies=115),
    Known(
        "nycflights13_q1.csv.gz",
        "arr_delay",
        77911,
        "regression",
        "time",
        time="time_hour",
        leaks=frozenset({"dep_delay"}),
    ),
]
# Findings that the difficulties in the tables' README must lead to.
TRAPS = {
    "penguins_raw": {"constant-column", "mostly-missing", "sorted-rows", "group-ignored", "time-ignored"},
    "bike_sharing_hour": {"target-leakage", "drift", "target-drift"},
    "bank_marketing": {"suspicious-predictor", "sorted-rows"},
    "wine_quality": {"class-imbalance", "small-class", "duplicates-across-splits"},
    "ai4i2020_maintenance": {"target-leakage", "class-imbalance", "identifier"},
    "arrhythmia": {"constant-column", "small-class", "mostly-missing"},
    "concrete_strength": {"hidden-groups", "duplicates-across-splits"},
    "magic_gamma": {"sorted-rows"},
    "nycflights13_q1": {"target-leakage", "missing-target", "drift"},
}


@pytest.mark.tables
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the tables are not here: {FOLDER} (set DESCENT_TABLES)")
@pytest.mark.parametrize("known", TABLES, ids=lambda known: known.file.split(".")[0])
def test_a_real_table(known: Known, settings: Any) -> None:
    frame, inference = infer(read_table(FOLDER / known.file), known.target)
    assert len(frame) == known.rows
    assert inference.target.strip() == known.target
    found = (inference.task, inference.split_by, inference.group, inference.time)
    drawn = "random" if known.task == "regression" else "stratified"
    assert found == (known.task, known.by or drawn, known.group, known.time)

    split = split_rows(frame, inference)
    parts = (split.train, split.cv, split.test)
    assert sorted(np.concatenate(parts)) == list(range(known.rows))
    slack = 0.06 if known.by == "group" else 0.01
    assert [len(part) / known.rows for part in parts] == pytest.approx([0.6, 0.2, 0.2], abs=slack)

    train = frame.iloc[split.train]
    features = FeatureMap.fit_transform(train, inference, settings())[0]
    target = Target.fit(train[inference.target], inference.task, inference.classes)
    for part in parts:
        rows = frame.iloc[part]
        matrix = features.transform(rows)
        assert matrix.shape == (len(part), len(features.names))
        assert np.isfinite(matrix).all()
        assert np.isfinite(target.encode(rows[inference.target])).all()
    for fit, held in fold_rows(frame, inference, 3):
        assert len(fit)
        assert len(held)

    findings = examine(frame, inference, split)
    assert {name for finding in findings if finding.name == "target-leakage" for name in finding.columns} == known.leaks
    assert (known.copies > 0) == any(finding.name == "duplicate-rows" for finding in findings)
    assert TRAPS.get(known.file.split(".")[0], set()) <= {finding.name for finding in findings}


@pytest.mark.tables
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the tables are not here: {FOLDER} (set DESCENT_TABLES)")
def test_the_traps_that_take_a_setting_are_named_too() -> None:
    """Patients torn apart by a random split, and the call's duration by its name."""
    frame, inference = infer(read_table(FOLDER / "parkinsons_telemonitoring.csv"), "total_UPDRS", by="random")
    found = {finding.name: finding for finding in examine(frame, inference, split_rows(frame, inference))}
    assert (found["group-ignored"].severity, found["group-ignored"].columns) == ("warning", ("subject#",))
    frame, inference = infer(read_table(FOLDER / "bank_marketing.csv.gz"), "y")
    found = {finding.name: finding for finding in examine(frame, inference, split_rows(frame, inference))}
    assert found["suspicious-predictor"].columns == ("duration",)
    assert (found["sorted-rows"].severity, "nr.employed" in found["sorted-rows"].columns) == ("warning", True)
    frame, inference = infer(read_table(FOLDER / "bike_sharing_hour.csv.gz"), "cnt", by="random")
    found = {finding.name: finding for finding in examine(frame, inference, split_rows(frame, inference))}
    assert (found["time-ignored"].severity, found["time-ignored"].columns) == ("warning", ("dteday",))


@pytest.mark.tables
@pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the tables are not here: {FOLDER} (set DESCENT_TABLES)")
@pytest.mark.parametrize("known", TABLES, ids=lambda known: known.file.split(".")[0])
def test_cells_are_those_that_pandas_reads(known: Known) -> None:
    """pandas' own reader is the oracle. It leaves dates as text, we leave numbers with marks among them to `infer`."""
    frame = read_table(FOLDER / known.file).frame
    oracle = pd.read_csv(FOLDER / known.file, na_values=["?"])
    assert list(frame.columns) == list(oracle.columns)
    for name in frame.columns:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            assert (frame[name] == pd.to_datetime(oracle[name], utc=True).dt.tz_localize(None)).all()
        else:
            marked = pd.api.types.is_numeric_dtype(oracle[name]) and isinstance(frame[name].dtype, pd.StringDtype)
            column = pd.to_numeric(frame[name]) if marked else frame[name]
            pd.testing.assert_series_equal(column, oracle[name], check_dtype=False, check_exact=True)
