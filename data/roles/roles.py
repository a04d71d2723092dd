"""What each column is for, seen from its name and its values, with the reason."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.names import shortened

Role = Literal[
    "numeric",
    "categorical",
    "datetime",
    "boolean",
    "text",
    "identifier",
    "constant",
    "group",
    "time",
    "split",
    "excluded",
]

WORDS_OF_TEXT = 4
"""A column whose values have this many words on average, most of them different, is free text."""
DIFFERENT = 0.5
"""A column of words more than this share of which are different names things, it does not describe them."""
RAREST = 0.01
ROWS_PER_LEVEL = 5
"""A column of words that have fewer rows than this on average, none a share of `RAREST` of all, names things."""
ROWS_PER_GROUP = 5
MOST_CODES = 24
"""Whole numbers 0..k or 1..k without a gap, up to this many, name things: seasons, weekdays, hours."""
ROWS_PER_CODE = 100
"""Rows that each such code needs on average before it is worth a column of its own."""
THINGS = "subject|patient|person|user|customer|client|household|participant|individual|student|animal|device|machine"
GROUP_NAME = re.compile(rf"^(?:{THINGS})s?[ _.-]*(?:id|ids|#|no|nr|num|number|key|code)?$", re.IGNORECASE)
SEVERAL = re.compile(rf"^(?:{THINGS})s$", re.IGNORECASE)
"""Numbers under such a name are how many there are: households, customers."""
NAMED = re.compile(
    r"season|month|mnth|mon$|week|day|hour|^hr$|quarter|qtr|code|type|kind|class|cat|group|zone|region|area|cluster|segment|"
    r"id$|^id|no$|sex|gender|race|ethnic|status|origin|brand|shop|store|site|line|channel|plan|color|colour|weather",
    re.IGNORECASE,
)
"""Names of what comes round again, or has numbers for names."""
PEAK = 1.5
"""Rows of the most frequent of some whole numbers over their mean, from which these are counts or grades: names, and
what comes round again, are spread more evenly."""
TIME_NAME = re.compile(
    r"^(?:\w+[ _.-])?(?:year|yr|jahr|année|annee|año|anno|ano|time|t|quarter|month|week|day|hour|period|step)"
    r"(?:[ _.-]?(?:no|nr|num|number|index))?$",
    re.IGNORECASE,
)
YES_NO = frozenset({"yes", "no", "y", "n", "true", "false", "t", "f", "ja", "nein", "oui", "non", "on", "off"})


@dataclass(frozen=True)
class Column:
    """A column, what it is for, and why."""

    name: str
    role: Role
    reason: str


def role_of(column: pd.Series, counts: NDArray[Any] | None = None) -> Column:
    """The role of a column about which the configuration says nothing; it has at least one value.

    ``counts`` are the cells of each text of a column of texts, where they are known.
    """
    if _is_measured(column):
        return _role_of_measurements(column)
    name, present = str(column.name), column.dropna() if column.hasnans else column
    counts = None if counts is None else counts[counts > 0]
    distinct = present.nunique() if counts is None else len(counts)
    if distinct == 1 and len(present) < len(column):
        return Column(name, "categorical", f"{shortened(present.iloc[0])} or nothing")
    if distinct == 1:
        return Column(name, "constant", f"only one value: {shortened(present.iloc[0])}")
    if is_group(name, present, distinct):
        return Column(name, "group", f"{distinct:,} values with {len(present) / distinct:.0f} rows each")
    if pd.api.types.is_datetime64_any_dtype(column):
        return Column(name, "datetime", "dates")
    if pd.api.types.is_bool_dtype(column):
        return Column(name, "boolean", "true or false")
    if pd.api.types.is_numeric_dtype(column):
        if is_row_number(column) and not counts_time(column):
            return Column(name, "identifier", "counts the rows")
        if is_code(present, distinct):
            return Column(name, "categorical", f"codes {present.min():.0f} to {present.max():.0f}")
        return _numeric(column)
    return _role_of_words(name, present, distinct, counts)


def _is_measured(column: pd.Series) -> bool:
    """Whether a thousand cells show more different numbers than codes could have, and the name says no more.

    What pandas does for a column takes as long for eighty rows as for thousands: in a table of 5,000 columns nearly all
    are settled here.
    """
    if not isinstance(column.dtype, np.dtype) or column.dtype.kind not in "iuf" or GROUP_NAME.match(_name(column)):
        return False
    values = column.to_numpy()
    if column.dtype.kind == "f" and np.isnan(values[:1000]).any():
        values = values[~np.isnan(values)]
    return any(len(set(values[:some].tolist())) > MOST_CODES for some in (100, 1000))


def _role_of_measurements(column: pd.Series) -> Column:
    if is_row_number(column) and not counts_time(column):
        return Column(str(column.name), "identifier", "counts the rows")
    return _numeric(column)


def _numeric(column: pd.Series) -> Column:
    values = column.to_numpy()
    return Column(str(column.name), "numeric", f"numbers from {np.nanmin(values):.6g} to {np.nanmax(values):.6g}")


def _name(column: pd.Series) -> str:
    return str(column.name).strip()


def _role_of_words(name: str, present: pd.Series, distinct: int, counts: NDArray[Any] | None) -> Column:
    two = sorted(map(str, present.unique())) if distinct == 2 else []
    if two and {text.strip().lower() for text in two} <= YES_NO:
        return Column(name, "boolean", " or ".join(two))
    most = int(present.astype(str).value_counts().iloc[0] if counts is None else counts.max())
    sample = present.iloc[:500].astype(str)
    words = float(np.mean([len(text.split()) for text in sample]))
    if words >= WORDS_OF_TEXT and distinct > 12:
        return Column(name, "text", f"free text of {words:.0f} words on average")
    if distinct > DIFFERENT * len(present) and distinct > 12:
        return Column(name, "identifier", f"{distinct:,} different values in {len(present):,} rows")
    if most < RAREST * len(present) and len(present) < ROWS_PER_LEVEL * distinct:
        return Column(name, "identifier", f"{distinct:,} values, none in 1 % of the rows")
    return Column(name, "categorical", f"{distinct:,} categories")


def is_group(name: str, present: pd.Series, distinct: int) -> bool:
    """Whether the rows belong to things that the column names: many rows each, so they must not be torn apart."""
    if not GROUP_NAME.match(name.strip()) or distinct < 10 or len(present) < ROWS_PER_GROUP * distinct:
        return False
    if pd.api.types.is_numeric_dtype(present) and SEVERAL.match(name.strip()):
        return False
    return not pd.api.types.is_float_dtype(present) or bool((present % 1 == 0).all())


def is_row_number(column: pd.Series) -> bool:
    """Whether an integer column goes up by one from row to row of the file.

    The index counts the rows of the file, so rows that were left out for want of a target leave no gap here.
    """
    if not pd.api.types.is_integer_dtype(column) or len(column) < 10:
        return False
    return bool((np.diff(column.to_numpy()) == np.diff(column.index.to_numpy())).all())


def counts_time(column: pd.Series) -> bool:
    """Whether whole numbers under a name of time go up from row to row: the years of a series."""
    values = column.to_numpy()
    return (
        bool(TIME_NAME.match(str(column.name).strip()))
        and pd.api.types.is_integer_dtype(column)
        and len(values) >= 10
        and bool((np.diff(values) > 0).all())
    )


def is_code(present: pd.Series, distinct: int) -> bool:
    """Whether whole numbers are codes rather than amounts: 0..k or 1..k without a gap, more than two, many rows each.

    Amounts leave gaps (ages 1, 3, 7, 14, 28) or go further, and grades and counts have a peak from which they fall to
    both sides (`is_graded`). Two values are left alone: one column says it all.
    """
    if not 2 < distinct <= MOST_CODES or len(present) < ROWS_PER_CODE * distinct:
        return False
    values = present.to_numpy()
    low = values.min()
    if low not in (0, 1) or values.max() - low != distinct - 1 or bool((values % 1 != 0).any()):
        return False
    return not is_graded(str(present.name), np.bincount(values.astype(np.intp) - int(low)))


def is_graded(name: str, counts: NDArray[np.intp]) -> bool:
    """Whether whole numbers without a gap, five or more, have an order: they rise to a peak and fall behind it.

    ``counts`` are the rows of each. A name that says codes, or what comes round again, speaks against it.
    """
    if NAMED.search(name):
        return False
    # A single peak goes up and down once: twice its height in all. Names go up and down all the way.
    wandering = float(np.abs(np.diff(counts, prepend=0, append=0)).sum()) / (2 * counts.max())
    return bool(len(counts) >= 5 and counts.max() >= PEAK * counts.mean() and wandering <= 1.25 + 0.02 * len(counts))
