"""Open tables with the columns that may honestly be used, and the rows that every model is trained and evaluated on.

A folder of tables has a ``catalog.json``: a list of objects with ``name``, ``path``, ``target``, and where they apply
``categorical`` (numbers that are codes) and ``task``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data
from descent.data.features.calendar import calendar_values
from descent.data.features.columns import Columns
from descent.schemas import FeatureSettings

LEAKS = {
    "bike_sharing_hour": ("instant", "casual", "registered"),
    "bank_marketing": ("duration",),
    "parkinsons_telemonitoring": ("motor_UPDRS",),
    "ai4i2020_maintenance": ("TWF", "HDF", "PWF", "OSF", "RNF"),
    "nycflights13_q1": ("dep_time", "dep_delay", "arr_time", "air_time"),
    "adult": ("split",),
    "steel_energy": ("CO2(tCO2)",),
}
"""Columns that are known only after the fact, and the split that others made: by the tables' own descriptions."""
SPLITS = {"steel_energy": "random"}
"""Where two versions might read the dates differently, and so cut the rows differently: midnight has the wrong day."""
USED = ("numeric", "categorical", "boolean", "coded")
MISSING = "missing"


@dataclass(frozen=True)
class Question:
    """One table and what it is asked."""

    name: str
    path: Path
    target: str
    codes: frozenset[str]
    task: str | None = None

    @property
    def exclude(self) -> tuple[str, ...]:
        """The columns that may not be used."""
        return LEAKS.get(self.name, ())


@dataclass(frozen=True)
class Rows:
    """What a rival sees: features as floats (NaN: missing) and texts, labels as codes 0 to K-1, numbers as they are."""

    task: str
    learn: pd.DataFrame
    test: pd.DataFrame
    y: NDArray[Any]
    y_test: NDArray[Any]
    classes: int
    numbers: tuple[str, ...]
    words: tuple[str, ...]


def questions(folders: Sequence[Path]) -> list[Question]:
    """The tables of some folders, as their catalogs name them."""
    return [
        Question(one["name"], folder / one["path"], one["target"], frozenset(one.get("categorical", ())))
        for folder in folders
        for one in json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    ]


def settings(question: Question, seed: int) -> dict[str, Any]:
    """What descent is told beside file and target."""
    said: dict[str, Any] = {"split.seed": seed}
    if question.exclude:
        said["data.exclude"] = list(question.exclude)
    if question.name in SPLITS:
        said["split.by"] = SPLITS[question.name]
    return said


@cache
def rows(question: Question, seed: int) -> Rows:
    """The train and cv rows together, and the test rows, of the split that descent draws from ``seed``."""
    table = data.read_table(question.path)
    frame, inference = data.infer(
        table, question.target, exclude=question.exclude, by=SPLITS.get(question.name), task=question.task
    )
    split = data.split_rows(frame, inference, seed=seed)
    learn, test = frame.iloc[np.sort(np.concatenate([split.train, split.cv]))], frame.iloc[split.test]
    used = inference.of_role(*USED)
    numbers = [name for name in used if pd.api.types.is_numeric_dtype(frame[name]) and name not in question.codes]
    columns = data.FeatureMap.fit_transform(learn, inference, FeatureSettings())[0].columns
    x, x_test = (_features(part, numbers, [n for n in used if n not in numbers], columns) for part in (learn, test))
    y, y_test, classes = _targets(learn[question.target], test[question.target], inference.task)
    words = tuple(name for name in x.columns if x[name].dtype == object)
    names = tuple(name for name in x.columns if name not in words)
    return Rows(inference.task, x, x_test, y, y_test, classes, names, words)


def _features(frame: pd.DataFrame, numbers: Sequence[str], words: Sequence[str], columns: Columns) -> pd.DataFrame:
    made: dict[str, Any] = {name: frame[name].to_numpy(np.float64, na_value=np.nan) for name in numbers}
    if columns.calendar:
        named = [f"{column} {part}" for column, part in columns.calendar]
        made |= dict(zip(named, calendar_values(frame, columns), strict=True))
    for name in words:
        texts = frame[name].astype(object)
        made[name] = texts.where(texts.notna(), MISSING).map(str).to_numpy(object)
    return pd.DataFrame({name: pd.Series(values, dtype=_dtype(values)) for name, values in made.items()})


def _dtype(values: NDArray[Any]) -> Any:
    return object if values.dtype == object else np.float64


def _targets(learn: pd.Series, test: pd.Series, task: str) -> tuple[NDArray[Any], NDArray[Any], int]:
    """Numbers; or codes of the labels that occur in ``learn``, and -1 for one that does not."""
    if task == "regression":
        return learn.to_numpy(np.float64), test.to_numpy(np.float64), 0
    labels = pd.Index(sorted(learn.unique()))
    return labels.get_indexer(pd.Index(learn)), labels.get_indexer(pd.Index(test)), len(labels)
