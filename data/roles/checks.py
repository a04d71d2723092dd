"""What a table must be for its question to have an answer. Rows are counted from 1 below the header."""

from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np
import pandas as pd

from descent.data.cells import to_numbers
from descent.data.errors import ColumnError, FoundError
from descent.data.finding import Finding
from descent.data.names import count, listed, shortened
from descent.data.options import exclude, setting
from descent.data.reading.tables import Table
from descent.data.spelling.guess import Guess
from descent.data.spelling.kinds import Dates, Numbers, Spelling

FEWEST = 10
"""Rows below which three parts mean nothing."""
MOSTLY = 0.9
"""Share of numbers in a column of texts from which the rest look like slips or marks of missing values."""
MOST_CLASSES = 50
HUGE = 1e100
"""Numbers beyond this cannot be squared and summed."""
LONGEST = 60
"""Letters of a cell that are worth typing into an option."""
FEW_TEXTS = 6
QUOTES = "'\""


def as_numbers(column: pd.Series, table: Table, seen: Guess | None = None) -> pd.Series:
    """The column as numbers; infinities become missing. ``seen`` is how its texts are written.

    Raises:
        ColumnError: a text that is no number, with its row.
    """
    spelling = Numbers() if seen is None or seen.spelling is None else seen.spelling
    return _read(column, spelling, table, "a number", "Take the column out of data.numeric")


def as_dates(column: pd.Series, table: Table, seen: Guess | None = None) -> pd.Series:
    """The column as dates in UTC; ``seen`` is why it was not read as such.

    Raises:
        ColumnError: a cell that is no date, with its row, or dates of which none says whether the day comes first.
    """
    if seen is not None and seen.why == "order":
        raise ColumnError(
            f"{table.path}: column {column.name!r}: no date says whether the day or the month comes first "
            f"({shortened(seen.example)}): {setting('data.date_order', 'dmy')} or "
            f"{setting('data.date_order', 'mdy')}"
        )
    spelling = Dates() if seen is None or not isinstance(seen.spelling, Dates) else seen.spelling
    remedy = "Write dates as 2024-01-31 or 2024-01-31T12:00:00, take the column out of data.datetime"
    return _read(column, spelling, table, "a date", remedy)


def _read(column: pd.Series, spelling: Spelling, table: Table, what: str, remedy: str) -> pd.Series:
    """What the cells mean; raises `ColumnError` for the first that means nothing."""
    values, wrong = spelling.read(column)
    if wrong.any():
        raise ColumnError(
            f"{_first_wrong(column, wrong, table)} is not {what} ({count(int(wrong.sum()), 'such value')}). {remedy}, "
            f"or say that the text means a missing value: {_as_missing(column, wrong)}"
        )
    return pd.Series(values, column.index, name=column.name)


def refuse_more_than_two(column: pd.Series, table: Table) -> None:
    """Raise `ColumnError` for a column said to be boolean that has more than two values."""
    values = column.dropna().unique()
    if len(values) > 2:
        raise ColumnError(
            f"{table.path}: column {column.name!r} is named in data.boolean, but has {len(values):,} values "
            f"({listed([str(value) for value in values], 4)}): name it in data.categorical or data.numeric"
        )


def refuse_slips(column: pd.Series, seen: Guess, table: Table) -> None:
    """Raise `ColumnError` for a column of numbers or dates with a few texts in it, which would pass as categories."""
    if seen.spelling is None or seen.share < MOSTLY or not seen.wrong:
        return
    _, wrong = seen.spelling.read(column)
    if wrong.any():
        name = str(column.name)
        what = "numbers" if isinstance(seen.spelling, Numbers) else seen.spelling.kind
        raise ColumnError(
            f"{_first_wrong(column, wrong, table)} is among {what} ({count(int(wrong.sum()), 'such value')}). "
            f"If it means a missing value: {_as_missing(column, wrong)}; "
            f"if the {what} are names: {setting('data.categorical', [name])}; or {exclude([name])}"
        )


def empty_columns(columns: Mapping[str, pd.Series], needed: Sequence[str], table: Table) -> list[Finding]:
    """A note on columns without any value, which are left out.

    Raises:
        FoundError: the rows are split by one of them.
    """
    empty = [name for name, column in columns.items() if not _has_value(column)]
    if not empty:
        return []
    which = f"column {empty[0]!r} has" if len(empty) == 1 else f"columns {listed(empty)} have"
    evidence, name = f"{which} no value in any usable row", "all-missing-column"
    if split := [column for column in empty if column in needed]:
        _refuse(table, name, split, evidence, "the rows cannot be split by it: name another column")
    return [Finding(name, "note", tuple(empty), evidence, f"left out; to say so: {exclude(empty)}")]


def _has_value(column: pd.Series) -> bool:
    """Whether there is one: mostly the first cell says so."""
    return bool(pd.notna(column.array[0]) or column.notna().any())


def refuse_huge_numbers(columns: Mapping[str, pd.Series], table: Table) -> None:
    """Raise `FoundError` for numbers beyond `HUGE`, which cannot be squared and summed."""
    numbers = {name: column.to_numpy(np.float64) for name, column in columns.items()}
    huge = [name for name, values in numbers.items() if float(np.nanmax(np.abs(values), initial=0.0)) > HUGE]
    if not huge:
        return
    values, index = numbers[huge[0]], columns[huge[0]].index
    position = int(np.nanargmax(np.abs(values)))
    _refuse(
        table,
        "huge-numbers",
        huge,
        f"{'column' if len(huge) == 1 else 'columns'} {listed(huge)}, {table.row(int(index[position]))}: "
        f"{values[position]:g} is too large to compute with",
        f"fix it, or say that it means a missing value: {setting('data.missing', [repr(float(values[position]))])}",
    )


def refuse_hopeless_target(column: pd.Series, task: str, table: Table, *, said: bool = False) -> None:
    """Raise `FoundError` for a target that cannot be learned: too few rows, one value, or names instead of classes.

    ``said``: the user says that it holds classes, so many of them are none too many.
    """
    name = str(column.name)
    if len(column) < FEWEST:
        _refuse(
            table,
            "too-few-rows",
            [],
            f"{count(len(column), 'row')} with a target {'is' if len(column) == 1 else 'are'} too few to train, "
            f"compare and test: at least {FEWEST}",
            "use more rows",
        )
    if bool((column == column.iloc[0]).all()):
        _refuse(
            table,
            "constant-target",
            [name],
            f"target {name!r} has only one value ({shortened(column.iloc[0]).strip(QUOTES)}): "
            "there is nothing to predict",
            "choose another target, or a table in which it varies",
        )
    if task == "regression":
        return
    counts = column.value_counts()
    many = int((counts == 1).sum()) > len(column) // 2 if said else len(counts) > most_classes(len(column))
    if many:
        _, wrong = to_numbers(column)
        if 0 < wrong.sum() <= len(column) // 2:
            _refuse(
                table,
                "target-of-names",
                [name],
                f"target {name!r} has numbers and {count(int(wrong.sum()), 'text')} in {len(column):,} rows, the first "
                f"in {_place(column, wrong, table)}: {shortened(_first_text(column, wrong))}",
                f"if it means a missing value: {_as_missing(column, wrong)}; or choose another target",
            )
        _refuse(
            table,
            "target-of-names",
            [name],
            f"target {name!r} has {len(counts):,} different labels in {len(column):,} rows: "
            "these are names, not classes",
            "choose another target" + ("" if said else "; if they are classes: --set data.task=multiclass"),
        )


def most_classes(rows: int) -> int:
    """Labels from which a target of so many rows is asked about, unless the user says that they are classes."""
    return max(MOST_CLASSES, rows // 10)


def lone_classes(column: pd.Series, task: str, table: Table) -> list[Finding]:
    """A warning on classes of one row, whose rows are to be left out: see `of_lone_classes`.

    Raises:
        FoundError: fewer than two classes would be left, or the table is read some rows at a time.
    """
    counts = column.value_counts()
    lonely = counts[counts == 1]
    if task == "regression" or not len(lonely):
        return []
    label = lonely.index[0]
    row = column.index[int(np.argmax((column == label).to_numpy()))]
    more = f" ({len(lonely)} such classes)" if len(lonely) > 1 else ""
    name, evidence = str(column.name), f"class {shortened(label)} has only one row ({table.row(row)}){more}"
    if len(counts) - len(lonely) < 2 or table.whole is not None:
        _refuse(
            table,
            "class-of-one-row",
            [name],
            f"target {name!r}: {evidence}. A class needs at least two: one to learn from, one to check",
            "remove the row or merge the class with another",
        )
    left = "the row is" if len(lonely) == 1 else "the rows are"
    return [
        Finding(
            "class-of-one-row",
            "warning",
            (name,),
            f"{evidence}; a class needs at least two, one to learn from and one to check, so {left} left out",
            "merge such a class with another, or collect more of its rows",
        )
    ]


def of_lone_classes(column: pd.Series) -> pd.Series:
    """(m,) which rows are the only one of their class."""
    return ~column.duplicated(keep=False)


def refuse_no_target(table: Table, target: str) -> None:
    """Raise `FoundError` for a target without a value in any row."""
    _refuse(table, "missing-target", [target], f"target {target!r} has no value in any row", "choose another target")


def _refuse(table: Table, name: str, columns: Sequence[str], evidence: str, action: str) -> NoReturn:
    raise FoundError(table.path, Finding(name, "error", tuple(columns), evidence, action))


def _first_wrong(column: pd.Series, wrong: np.ndarray, table: Table) -> str:
    place = _place(column, wrong, table)
    return f"{table.path}: column {column.name!r}, {place}: {shortened(_first_text(column, wrong))}"


def _place(column: pd.Series, wrong: np.ndarray, table: Table) -> str:
    return table.row(int(column.index[int(np.argmax(wrong))]))


def _first_text(column: pd.Series, wrong: np.ndarray) -> str:
    return str(column.iloc[int(np.argmax(wrong))])


def _as_missing(column: pd.Series, wrong: np.ndarray) -> str:
    """The setting for all of the texts, or the first few: one by one, they would take as many attempts."""
    texts = list(dict.fromkeys(map(str, column[wrong])))[:FEW_TEXTS]
    if any(len(text) > LONGEST for text in texts):
        return "name it in data.missing"
    return setting("data.missing", texts)
