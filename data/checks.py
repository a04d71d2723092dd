"""What a table must be for its question to have an answer."""

import numpy as np
import pandas as pd

from .errors import ColumnError

FEWEST = 10
"""Rows below which three parts mean nothing."""


def as_numbers(column: pd.Series, path: object) -> pd.Series:
    """The column as numbers; infinities become missing.

    Raises:
        ColumnError: a text that is no number, with its row (counted from 1 below the header).
    """
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = (numbers.isna() & column.notna()).to_numpy()
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ColumnError(
            f"{path}: column {column.name!r}, row {row + 1}: {str(column.iloc[row])!r} is not a number "
            f"({int(wrong.sum()):,} such values). Take the column out of data.numeric, or name the text in data.missing"
        )
    return numbers.astype("float64").replace([np.inf, -np.inf], np.nan)


def refuse_empty(column: pd.Series, path: object) -> None:
    """Raise `ColumnError` if a column has no value at all."""
    if column.isna().all():
        raise ColumnError(
            f"{path}: column {column.name!r} has no values in any row that can be used. "
            f"Leave it out: --set 'data.exclude=[{column.name!r}]'"
        )


def refuse_hopeless_target(column: pd.Series, task: str, path: object) -> None:
    """Raise `ColumnError` for a target that cannot be learned: too few rows, one value, or a class of one row."""
    if len(column) < FEWEST:
        raise ColumnError(
            f"{path}: {len(column)} rows with a target are too few to train, compare and test: at least {FEWEST}"
        )
    if column.nunique() < 2:
        raise ColumnError(f"{path}: target {column.name!r} has one value only ({column.iloc[0]!r}): nothing to predict")
    if task == "regression":
        if column.isna().any():
            row = int(np.argmax(column.isna().to_numpy()))
            raise ColumnError(
                f"{path}: target {column.name!r}, row {row + 1}: infinite. Remove the row or mend the value"
            )
        return
    counts = column.value_counts()
    if len(counts) > max(50, len(column) // 10):
        raise ColumnError(
            f"{path}: target {column.name!r} has {len(counts):,} different labels in {len(column):,} rows: "
            "these are names, not classes. Choose another target"
        )
    lonely = counts[counts == 1]
    if len(lonely):
        label = lonely.index[0]
        row = int(np.argmax((column == label).to_numpy()))
        more = f" ({len(lonely)} such classes)" if len(lonely) > 1 else ""
        raise ColumnError(
            f"{path}: target {column.name!r}: class {label!r} has one row only (row {row + 1}){more}. A class needs at "
            "least two: one to learn from, one to check. Remove the row or join the class with another"
        )
