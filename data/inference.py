"""What a table is asked, decided where nothing was said: task, roles, and how its rows may honestly be split."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from .checks import as_numbers, refuse_empty, refuse_hopeless_target
from .errors import ColumnError
from .roles import Column, parse_dates, role_of
from .tables import Table, find_column

FEW = 20
"""A target of at most this many different whole numbers is a class, if its rows are many more."""
ORDERED = 0.95
"""Rank correlation of a date with the row number above which the file is ordered in time."""


@dataclass(frozen=True)
class Inference:
    """What a column is for, what is asked, and how rows may be split.

    ``classes`` are the labels in the order of their codes; for a binary task the last one is the positive label.
    ``split_by`` is random, time or group; ``notes`` say what was decided and how to decide otherwise.
    """

    target: str
    task: str
    classes: tuple[Any, ...]
    columns: tuple[Column, ...]
    split_by: str
    group: str | None
    time: str | None
    notes: tuple[str, ...]

    def of_role(self, *roles: str) -> tuple[str, ...]:
        """Names of the columns with one of the roles, in the table's order."""
        return tuple(column.name for column in self.columns if column.role in roles)

    @property
    def dates(self) -> tuple[str, ...]:
        """Columns that become calendar features."""
        return self.of_role("datetime", "time")


def infer(
    table: Table,
    target: str,
    *,
    task: str | None = None,
    exclude: Sequence[str] = (),
    numeric: Sequence[str] = (),
    categorical: Sequence[str] = (),
    group: str | None = None,
    time: str | None = None,
    by: str | None = None,
    positive: str | None = None,
) -> tuple[pd.DataFrame, Inference]:
    """The rows that can be used, and what to do with them. None and () leave a decision to the table.

    Returns the frame without rows whose target is missing, numbered anew, and with numbers where numbers are meant.

    Raises:
        ColumnError: a column is missing, empty, or cannot play its role; the target cannot be learned.
    """
    path = table.path

    def find(name: str, key: str) -> str:
        return find_column(table.frame, name, key, path)

    target = find(target, "data.target")
    notes = list(table.notes)
    frame = _rows_with_target(table, target, notes)
    excluded = {find(name, "data.exclude") for name in exclude}
    numbers = {find(name, "data.numeric") for name in numeric}
    words = {find(name, "data.categorical") for name in categorical}
    group = None if group is None else find(group, "data.group")
    time = None if time is None else find(time, "data.time")
    frame = frame.assign(**{name: as_numbers(frame[name], path) for name in numbers})

    task, classes = _task(frame[target], task, positive, path, notes)
    if task == "regression":
        frame = frame.assign(**{target: as_numbers(frame[target], path)})
    refuse_hopeless_target(frame[target], task, path)

    columns = []
    for name in map(str, frame.columns):
        if name == target:
            continue
        if name in excluded:
            columns.append(Column(name, "excluded", "by the configuration"))
            continue
        refuse_empty(frame[name], path)
        if name in (group, time):
            columns.append(Column(name, "group" if name == group else "time", "by the configuration"))
        elif name in numbers:
            columns.append(Column(name, "numeric", "by the configuration"))
        elif name in words:
            columns.append(Column(name, "categorical", "by the configuration"))
        else:
            columns.append(role_of(frame[name]))
    columns, by, group, time = _split(frame, columns, by, group, time, path, notes)
    if not any(column.role in ("numeric", "categorical", "datetime", "time") for column in columns):
        raise ColumnError(f"{path}: no column is left to predict {target!r} from. Roles: " + _told(columns))
    return frame, Inference(target, task, classes, tuple(columns), by, group, time, tuple(notes))


def _told(columns: Sequence[Column]) -> str:
    return "; ".join(f"{column.name} is {column.role} ({column.reason})" for column in columns)


def _rows_with_target(table: Table, target: str, notes: list[str]) -> pd.DataFrame:
    known = table.frame[target].notna()
    if not known.any():
        raise ColumnError(f"{table.path}: target {target!r} has no values")
    if known.all():
        return table.frame
    notes.append(f"{int((~known).sum()):,} rows without a value of the target {target} are left out")
    return table.frame[known].reset_index(drop=True)


def _task(
    column: pd.Series, task: str | None, positive: str | None, path: object, notes: list[str]
) -> tuple[str, tuple[Any, ...]]:
    """The task and the labels in the order of their codes."""
    if task is None:
        task, reason = _task_of(column)
        notes.append(f"task: {task} ({reason})")
    if task == "regression":
        return task, ()
    labels = tuple(value.item() if isinstance(value, np.generic) else value for value in sorted(column.unique()))
    if task == "binary" and len(labels) != 2:
        shown = ", ".join(map(repr, labels[:6]))
        raise ColumnError(
            f"{path}: target {column.name!r} has {len(labels)} labels ({shown} …); a binary task needs two"
        )
    if task == "multiclass" and len(labels) < 3:
        raise ColumnError(
            f"{path}: target {column.name!r} has {len(labels)} labels; multiclass needs three: try binary"
        )
    if task == "binary" and positive is not None:
        texts = [str(label) for label in labels]
        if positive not in texts:
            raise ColumnError(f"{path}: data.positive: {positive!r} is no label of {column.name!r}: {', '.join(texts)}")
        labels = (labels[1 - texts.index(positive)], labels[texts.index(positive)])
    return task, labels


def _task_of(column: pd.Series) -> tuple[str, str]:
    distinct = column.nunique()
    kind = "binary" if distinct == 2 else "multiclass"
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return kind, f"{distinct} labels"
    whole = bool((column % 1 == 0).all())
    if distinct == 2:
        return kind, "two values"
    if whole and distinct <= FEW and len(column) >= 10 * distinct:
        return kind, f"{distinct} whole numbers; for numbers to predict: --set data.task=regression"
    return "regression", f"{distinct:,} different numbers"


def _split(
    frame: pd.DataFrame,
    columns: list[Column],
    by: str | None,
    group: str | None,
    time: str | None,
    path: object,
    notes: list[str],
) -> tuple[list[Column], str, str | None, str | None]:
    """How to split, and by which column; roles follow: a time that does not split is a date like others."""
    groups = [column.name for column in columns if column.role == "group"]
    if group is None and groups:
        group = groups[0]
    if time is None and by in (None, "time"):
        time = next((c.name for c in columns if c.role == "datetime" and _orders_rows(frame[c.name])), None)
    if by is None:
        by = "group" if group is not None else "time" if time is not None else "random"
        if by != "random":
            why = (
                f"rows of one {group} stay together" if by == "group" else f"rows follow {time}: the test is the future"
            )
            notes.append(f"split by {by}: {why}; otherwise: --set split.by=random")
    if by == "group" and group is None:
        raise ColumnError(f"{path}: split.by is group, but data.group does not say which column")
    if by == "time" and time is None:
        raise ColumnError(f"{path}: split.by is time, but data.time does not say which column")
    if by != "time":
        time = None
    roles = dict.fromkeys(groups, "group") | ({} if time is None else {time: "time"})
    columns = [
        Column(c.name, roles.get(c.name, "datetime" if c.role == "time" else c.role), c.reason)  # type: ignore[arg-type]
        for c in columns
    ]
    return columns, by, group, time


def _orders_rows(column: pd.Series) -> bool:
    """Whether rows are (almost) in the order of these dates: Spearman's rank correlation with the row number."""
    ranks = parse_dates(column).rank().to_numpy()
    known = np.isfinite(ranks)
    if known.sum() < 10:
        return False
    return bool(np.corrcoef(ranks[known], np.flatnonzero(known))[0, 1] >= ORDERED)
