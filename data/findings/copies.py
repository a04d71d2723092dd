"""Rows that stand in a table more than once."""

import numpy as np
import pandas as pd

from descent.data.finding import Finding
from descent.data.findings.examined import Examined

FEW = 0.01
"""Share of copies up to which they are worth a note only: they cannot move a result far."""


MANY, AT_MOST = 0.1, 500
"""Values of a column, as a share of the rows and at most, from which rows are not equal by chance."""


def duplicate_rows(seen: Examined) -> list[Finding]:
    """Rows of train and cv that equal another in every column, target included."""
    rows = len(seen.train) + len(seen.cv)
    copies = int(pd.concat([_hashes(seen.train), _hashes(seen.cv)]).duplicated().sum())
    if not copies:
        return []
    return [
        Finding(
            "duplicate-rows",
            "warning" if copies > FEW * rows and not _repeats_by_chance(seen) else "note",
            (),
            f"{copies:,} of {rows:,} rows for training and cv are exact copies of others",
            "if they are errors, remove them from the table; if they were really observed twice, keep them",
        )
    ]


def duplicates_across_splits(seen: Examined) -> list[Finding]:
    """Rows of cv and test whose inputs, every column but the target, stand in the training rows too."""
    target = seen.inference.target
    learned = _hashes(seen.train.drop(columns=target))
    counts = {
        part: int(_hashes(rows).isin(learned).sum())
        for part, rows in (("cv", seen.cv.drop(columns=target)), ("test", seen.test))
    }
    held = len(seen.cv) + len(seen.test)
    if not any(counts.values()):
        return []
    return [
        Finding(
            "duplicates-across-splits",
            "warning" if sum(counts.values()) > FEW * held and not _repeats_by_chance(seen) else "note",
            (),
            f"{counts['cv']:,} of {len(seen.cv):,} cv rows and {counts['test']:,} of {len(seen.test):,} test rows "
            "have the same inputs as a training row",
            "a model that memorises rows looks better on them than it is; remove copies from the table, or name what "
            "they share in data.group so that they stay on one side",
        )
    ]


def _repeats_by_chance(seen: Examined) -> bool:
    """Whether no input has many values: then rows of different things are equal, and copies mean nothing."""
    inputs = seen.train.drop(columns=seen.inference.target)
    return max((inputs[name].nunique() for name in inputs.columns), default=0) < min(MANY * len(inputs), AT_MOST)


def _hashes(rows: pd.DataFrame) -> pd.Series:
    """One 64-bit hash per row: two different rows of a million share one with a chance of 3e-8."""
    if rows.shape[1] == 0:
        return pd.Series(np.arange(len(rows)), rows.index)
    return pd.util.hash_pandas_object(rows, index=False)
