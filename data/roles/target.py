"""The task that a target asks for, its numbers, and its labels in the order of their codes."""

from typing import Any

import numpy as np
import pandas as pd

from descent.data.cells import to_numbers
from descent.data.errors import ColumnError
from descent.data.names import count, listed, shortened
from descent.data.options import setting
from descent.data.reading.tables import Table
from descent.data.roles.checks import refuse_hopeless_target

FEW = 20
"""A target of at most this many different whole numbers is a class, if its rows are many more."""
COUNTED = 4
"""Different numbers from which a target can be seen to count things."""
RARE = 10
"""Rows that the highest of some counts has fewer of."""


def checked_task(column: pd.Series, task: str | None, table: Table, notes: list[str]) -> str:
    """The task that was said, or else the one that the target asks for, with a note that says why.

    Raises:
        ColumnError: it is no task, or the target cannot answer it.
    """
    said = task is not None
    if task is None:
        task, reason = task_of(column)
        notes.append(f"task: {task} ({reason})")
    if task not in ("regression", "binary", "multiclass"):
        raise ColumnError(f"data.task: {task!r} is not a task; allowed: regression, binary, multiclass")
    if pd.api.types.is_datetime64_any_dtype(column):
        raise ColumnError(f"{table.path}: target {column.name!r} holds dates. Choose a target of numbers or labels")
    if task != "regression":
        refuse_hopeless_target(column, task, table, said=said)
    return task


def classes_of(column: pd.Series, task: str, positive: str | None, table: Table) -> tuple[Any, ...]:
    """The labels in the order of their codes; none for numbers.

    Raises:
        ColumnError: they are too many or too few for the task, or ``positive`` is none of them.
    """
    path = table.path
    if task == "regression":
        return ()
    labels = tuple(_plain(value) for value in sorted(column.unique()))
    if task == "binary" and len(labels) != 2:
        raise ColumnError(
            f"{path}: target {column.name!r} has {len(labels):,} labels ({listed([str(v) for v in labels], 6)}); "
            "a binary task needs two: leave data.task out, or set it to multiclass"
        )
    if task == "multiclass" and len(labels) < 3:
        raise ColumnError(
            f"{path}: target {column.name!r} has {len(labels)} labels; multiclass needs three: leave data.task out, "
            "or set it to binary"
        )
    if task == "binary" and positive is not None:
        texts = [str(value) for value in labels]
        if str(positive) not in texts:
            raise ColumnError(
                f"{path}: data.positive: {positive!r} is no label of {column.name!r}; allowed: {', '.join(texts)}"
            )
        positive = str(positive)
        labels = (labels[1 - texts.index(positive)], labels[texts.index(positive)])
    return labels


def _plain(value: Any) -> Any:
    """A label as str, int, float or bool; whole floats as int."""
    value = value.item() if isinstance(value, np.generic) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def target_numbers(column: pd.Series, table: Table) -> pd.Series:
    """The target of a regression as floats.

    Raises:
        ColumnError: a value is no number.
    """
    numbers, wrong = to_numbers(column)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ColumnError(
            f"{table.path}: target {column.name!r}, {table.row(int(column.index[row]))}: "
            f"{shortened(column.iloc[row])} is not a number ({count(int(wrong.sum()), 'such value')}), "
            "but data.task is regression. Fix the value, or say that it "
            f"means a missing one: {setting('data.missing', [str(column.iloc[row])])}"
        )
    return pd.Series(numbers, column.index, name=column.name)


def task_of(column: pd.Series) -> tuple[str, str]:
    """The task that the values ask for, and why."""
    distinct = column.nunique()
    kind = "binary" if distinct == 2 else "multiclass"
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return kind, f"{distinct} labels"
    whole = bool((column.to_numpy() % 1 == 0).all())
    if distinct == 2:
        return kind, "two values"
    if whole and _is_counted(column):
        return "regression", f"counts up to {column.max():.0f}; for classes: --set data.task=multiclass"
    if whole and distinct <= FEW and len(column) >= 10 * distinct:
        return kind, f"{distinct} whole numbers; for numbers to predict: --set data.task=regression"
    return "regression", f"{distinct:,} different numbers"


def _is_counted(column: pd.Series) -> bool:
    """Whether whole numbers count things: most rows have few, ever fewer have more, and hardly any have most.

    Codes of classes are spread otherwise, or have rows enough of each.
    """
    counts = column.value_counts().sort_index()
    if len(counts) < COUNTED or counts.index[0] not in (0, 1) or counts.iloc[-1] >= RARE:
        return False
    peak = int(np.argmax(counts.to_numpy()))
    tail = counts.to_numpy()[peak:].astype(float)
    return peak <= len(counts) // 2 and bool((np.diff(tail) <= 2 * np.sqrt(tail[:-1])).all())
