"""What a table is asked, decided where nothing was said: task, roles, and how its rows may honestly be split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from descent.data.cells import to_dates
from descent.data.errors import ColumnError
from descent.data.finding import Finding
from descent.data.names import find_column
from descent.data.reading.dialect import UNSAID, Dialect
from descent.data.reading.tables import Table
from descent.data.roles.checks import (
    as_dates,
    as_numbers,
    empty_columns,
    lone_classes,
    of_lone_classes,
    refuse_hopeless_target,
    refuse_huge_numbers,
    refuse_more_than_two,
    refuse_no_target,
    refuse_slips,
)
from descent.data.roles.readings import readings, refuse_unread_target
from descent.data.roles.roles import Column, Role, counts_time, role_of
from descent.data.roles.target import FEW, checked_task, classes_of, target_numbers, task_of
from descent.data.spelling.guess import Hints
from descent.data.spelling.kinds import Dates, Levels, Spelling
from descent.data.spelling.table import Spelled, spelled

MOSTLY_DATED = 0.9
"""Share of rows that need a date for the split to follow it: a day of leaving, which few have, orders none."""
ORDERED = 0.95
"""Rank correlation of a date with the row number above which the file is ordered in time."""


@dataclass(frozen=True)
class Inference:
    """What a column is for, what is asked, and how rows may be split.

    ``classes`` are the labels in the order of their codes; for a binary task the last one is the positive label.
    ``split_by`` is random, stratified, time, group or column; ``notes`` say what was decided and how to decide
    otherwise. ``missing`` are the texts that mean no value, in this table and in rows that come later, and ``keep``
    those of the usual ones that do not, in columns of texts.
    """

    target: str
    task: str
    classes: tuple[Any, ...]
    columns: tuple[Column, ...]
    split_by: str
    group: str | None
    time: str | None
    notes: tuple[str, ...]
    missing: tuple[str, ...] = ()
    without_target: int = 0
    """Rows that were left out, as they have no value of the target."""
    split_column: str | None = None
    """The column that says of every row whether it is for train, cv or test."""
    keep: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    """What was noticed on the way."""
    spellings: Mapping[str, Spelling] = field(default_factory=dict)
    """How the cells of a column are written, where it is not as usual."""
    dialect: Dialect = UNSAID
    """What the user said of how a CSV is written."""
    counts: tuple[int, ...] = ()
    """Rows of each class, in all parts together."""

    @property
    def by_chance(self) -> bool:
        """Whether rows are drawn one by one, whatever belongs together."""
        return self.split_by in ("random", "stratified")

    @property
    def drawn(self) -> bool:
        """Whether rows or groups are drawn at all."""
        return self.by_chance or self.split_by == "group"

    def of_role(self, *roles: str) -> tuple[str, ...]:
        """Names of the columns with one of the roles, in the table's order."""
        return tuple(column.name for column in self.columns if column.role in roles)

    @property
    def categories(self) -> tuple[str, ...]:
        """Columns of levels: see `data.features.levels`."""
        return self.of_role("categorical", "boolean")

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
    roles: Mapping[str, Sequence[str]] | None = None,
    group: str | None = None,
    time: str | None = None,
    by: str | None = None,
    split_column: str | None = None,
    positive: str | None = None,
    verbatim: Sequence[str] = (),
    decimal: str | None = None,
    date_order: str | None = None,
) -> tuple[pd.DataFrame, Inference]:
    """The rows that can be used, and what to do with them. None and () leave a decision to the table.

    ``roles`` says of columns what they are: names by `ROLES`, each being a key under ``data`` in messages.
    ``verbatim`` are columns whose texts stay as they stand; ``decimal`` and ``date_order`` (dmy, mdy) decide what the
    cells of a column leave open.

    Returns the frame without rows whose target is missing, numbered anew, and with numbers where numbers are meant.
    Messages count rows from 1 below the header of the file, whatever was left out.

    Raises:
        ColumnError: a column is missing, empty, or cannot play its role; the target cannot be learned.
    """
    path = table.path

    def find(name: str, key: str) -> str:
        return find_column(table.frame, name, key, path)

    target = find(target, "data.target")
    notes = list(table.notes)
    excluded = {find(name, "data.exclude") for name in exclude}
    said = {role: [find(name, f"data.{role}") for name in names] for role, names in (roles or {}).items()}
    group = None if group is None else find(group, "data.group")
    time = None if time is None else find(time, "data.time")
    split_column = None if split_column is None else find(split_column, "split.column")
    _refuse_two_roles(
        target, excluded, said, {group: "data.group", time: "data.time", split_column: "split.column"}, path
    )
    role_said = {name: role for role, names in said.items() for name in names}
    single = {group: "group", split_column: "split", time: "time"}
    as_it_is = {find(name, "data.verbatim") for name in verbatim}
    kept = role_said | {name: role for name, role in single.items() if name is not None}
    kept |= dict.fromkeys(as_it_is, "verbatim") | dict.fromkeys(excluded, "excluded")
    seen = _spelled(table.frame, kept, Hints(decimal, date_order, table.doubtful), target, task)
    table = replace(table, frame=seen.frame)
    frame = _rows_with_target(table, target)
    without = len(table.frame) - len(frame)
    counted = [name for name in said.get("numeric", ()) if name != target]
    frame = frame.assign(**{name: as_numbers(frame[name], table, seen.doubts.get(name)) for name in counted})
    dated = [*said.get("datetime", ()), *([time] if time is not None and time in seen.doubts else [])]
    frame = frame.assign(**{name: as_dates(frame[name], table, seen.doubts.get(name)) for name in dated})
    for name in said.get("boolean", ()):
        refuse_more_than_two(frame[name], table)
    findings: list[Finding] = []

    if target in seen.doubts and task is None and frame[target].nunique() > FEW:
        refuse_unread_target(seen, target, frame[target], table)
    said_task = task is not None
    task = checked_task(frame[target], task, table, notes)
    if lone := lone_classes(frame[target], task, table):
        findings += lone
        frame = frame[~of_lone_classes(frame[target])]
        if not said_task:
            task = task_of(frame[target])[0]
    classes = classes_of(frame[target], task, positive, table)
    if task == "regression":
        frame = frame.assign(**{target: target_numbers(frame[target], table)})
    elif isinstance(classes[0], int) and not isinstance(classes[0], bool):
        frame = frame.assign(**{target: frame[target].astype("int64")})  # floats where some rows had no target
    refuse_hopeless_target(frame[target], task, table, said=said_task)

    series = {str(name): column for name, column in frame.items()}  # once: pandas makes them anew at each turn
    needed = [name for name in (group, time, split_column) if name is not None]
    findings += empty_columns({name: series[name] for name in series if name not in {target, *excluded}}, needed, table)
    empty = {name for finding in findings if finding.name == "all-missing-column" for name in finding.columns}
    columns = []
    places = table.frame.index.get_indexer(frame.index)
    for name, column in series.items():
        if name == target:
            continue
        if name in excluded:
            columns.append(Column(name, "excluded", "by the configuration"))
            continue
        if name in (group, time, split_column):
            role: Role = "split" if name == split_column else "group" if name == group else "time"
            columns.append(Column(name, role, "by the configuration"))
        elif name in empty:
            columns.append(Column(name, "constant", "no value in any row"))
        elif name in role_said:
            columns.append(Column(name, role_said[name], "by the configuration"))  # type: ignore[arg-type]
        else:
            words = seen.words.get(name)
            columns.append(role_of(column, None if words is None else words.counts_of(places)))
            if name in seen.doubts and columns[-1].role in ("categorical", "boolean", "identifier", "text"):
                refuse_slips(column, seen.doubts[name], table)
    numbers_used = [column.name for column in columns if column.role == "numeric"]
    numbers_used += [target] * (task == "regression")
    refuse_huge_numbers({name: series[name] for name in numbers_used}, table)
    frame = frame.reset_index(drop=True)
    columns, by, group, time = _split(frame, columns, by, group, time, split_column, task, path, notes)
    if not any(column.role in ("numeric", "categorical", "boolean", "datetime", "time") for column in columns):
        raise ColumnError(f"{path}: no column is left to predict {target!r} from. Roles: " + _told(columns))
    findings = [*readings(seen, table, target, columns), *findings]
    codes = {column.name for column in columns if column.role == "categorical"}
    numbers = {name: Levels(numbers=True) for name in codes if pd.api.types.is_numeric_dtype(frame[name])}
    return frame, Inference(
        target,
        task,
        classes,
        tuple(columns),
        by,
        group,
        time,
        tuple(notes),
        table.missing,
        without,
        split_column,
        table.keep,
        tuple(findings),
        {**seen.spellings, **numbers},
        table.dialect,
        tuple(int((frame[target] == label).sum()) for label in classes),
    )


def _spelled(frame: pd.DataFrame, said: Mapping[str, str], hints: Hints, target: str, task: str | None) -> Spelled:
    """The frame with its cells read. A target of classes keeps its texts: they come back as labels."""
    classes = task in ("binary", "multiclass")
    seen = spelled(frame, said, hints, (target,) if classes else ())
    guessed = seen.guesses.get(target)
    if guessed is None or task == "regression":
        return seen
    if isinstance(guessed.spelling, Dates) or task_of(seen.frame[target].dropna())[0] != "regression":
        own = spelled(frame[[target]], said, hints, (target,))
        others = {name: one for name, one in seen.spellings.items() if name != target}
        guesses = {name: one for name, one in seen.guesses.items() if name != target}
        return replace(
            seen,
            frame=seen.frame.assign(**{target: own.frame[target]}),
            spellings=others | own.spellings,
            guesses=guesses,
            merged=seen.merged | own.merged,
        )
    return seen


def _told(columns: Sequence[Column]) -> str:
    return "; ".join(f"{column.name} is {column.role} ({column.reason})" for column in columns)


def _rows_with_target(table: Table, target: str) -> pd.DataFrame:
    known = table.frame[target].notna()
    if not known.any():
        refuse_no_target(table, target)
    if known.all():
        return table.frame
    return table.frame[known]


def _refuse_two_roles(
    target: str, excluded: set[str], given: Mapping[str, Sequence[str]], single: dict[str | None, str], path: str
) -> None:
    """Raise `ColumnError` if the configuration says two things about one column."""
    said = {role: set(names) for role, names in given.items()}
    pairs = [
        ("data.target", "data.exclude", {target} & excluded),
        *(("data.target", key, {target} & {name}) for name, key in single.items() if name is not None),
        *(("data.exclude", key, excluded & {name}) for name, key in single.items() if name is not None),
        *((f"data.{one}", f"data.{two}", said[one] & said[two]) for one, two in combinations(said, 2)),
        *(("data.exclude", f"data.{role}", excluded & names) for role, names in said.items()),
        *(("data.target", f"data.{role}", {target} & names) for role, names in said.items() if role != "numeric"),
    ]
    for one, two, names in pairs:
        if names:
            raise ColumnError(f"{path}: column {min(names)!r} is named in {one} and in {two}: keep one of the two")


def _split(
    frame: pd.DataFrame,
    columns: list[Column],
    by: str | None,
    group: str | None,
    time: str | None,
    split_column: str | None,
    task: str,
    path: object,
    notes: list[str],
) -> tuple[list[Column], str, str | None, str | None]:
    """How to split, and by which column; roles follow: a time that does not split is a date like others."""
    groups = [column.name for column in columns if column.role == "group"]
    if group is None and groups:
        group = groups[0]
    if time is None and by in (None, "time"):
        time = next((c.name for c in columns if c.role == "datetime" and _orders_rows(frame[c.name])), None)
        time = time or next((c.name for c in columns if c.role == "numeric" and counts_time(frame[c.name])), None)
    dates = [column.name for column in columns if column.role == "datetime"]
    if by == "time" and time is None and len(dates) == 1:
        time = dates[0]
    if split_column is not None and by is None:
        by = "column"
    if by is None:
        drawn = "random" if task == "regression" else "stratified"
        by = "group" if group is not None else "time" if time is not None else drawn
        if by != drawn:
            why = (
                f"rows of one {group} stay together"
                if by == "group"
                else f"rows are ordered by {time}: the test rows are the latest"
            )
            notes.append(f"split by {by}: {why}; otherwise: --set split.by={drawn}")
    if by == "column" and split_column is None:
        raise ColumnError(f"{path}: split.by is column, but split.column does not say which one")
    if by == "stratified" and task == "regression":
        raise ColumnError(
            f"{path}: split.by is stratified, which keeps the shares of classes, but the target is a number. "
            "Use --set split.by=random"
        )
    if by == "group" and group is None:
        raise ColumnError(f"{path}: split.by is group, but data.group does not say which column")
    if by == "time" and time is None:
        raise ColumnError(f"{path}: split.by is time, but data.time does not say which column")
    if by != "time":
        time = None
    roles: dict[str, Role] = dict.fromkeys(groups, "group")
    columns = [
        Column(c.name, roles.get(c.name, "datetime" if c.role == "time" and c.name != time else c.role), c.reason)
        for c in columns
    ]
    return columns, by, group, time


def _orders_rows(column: pd.Series) -> bool:
    """Whether rows are (almost) in the order of these dates: Spearman's rank correlation with the row number."""
    ranks = to_dates(column)[0].rank().to_numpy()
    known = np.isfinite(ranks)
    if known.sum() < 10 or known.mean() < MOSTLY_DATED:
        return False
    return bool(np.corrcoef(ranks[known], np.flatnonzero(known))[0, 1] >= ORDERED)
