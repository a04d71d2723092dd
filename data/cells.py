"""Cells as numbers, labels and dates: one conversion each, for training rows and for rows that come later.

A column means the same whether it comes as integers, as floats or as text.
"""

from collections.abc import Collection
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]


def blank_out(column: pd.Series, missing: Collection[str]) -> pd.Series:
    """The column with its cells emptied that say "no value", as they were when the table was read.

    Blank texts and a lone ``?`` say so in any case; of ``missing``, ``-999`` also meets the numbers -999 and -999.0.
    """
    if pd.api.types.is_datetime64_any_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    if pd.api.types.is_numeric_dtype(column):
        numbers = numbers_among(tuple(missing))
        return column.mask(column.isin(numbers)) if numbers else column
    if not pd.api.types.is_object_dtype(column) and not isinstance(column.dtype, pd.StringDtype):
        return column
    texts = column.map(lambda cell: cell.strip() if isinstance(cell, str) else cell, na_action="ignore")
    return texts.mask(texts.isin(["", "?", *missing]))


@cache
def numbers_among(texts: tuple[str, ...]) -> tuple[float, ...]:
    """Those of some texts that are numbers."""
    return tuple(pd.to_numeric(pd.Series([*texts], dtype="str"), errors="coerce").dropna())


def to_numbers(column: pd.Series) -> tuple[Array, NDArray[np.bool_]]:
    """(m,) float64, NaN where missing or infinite; and (m,) where a cell holds a text or a date."""
    if pd.api.types.is_numeric_dtype(column):
        values = column.to_numpy(np.float64, na_value=np.nan, copy=True)
        wrong = np.zeros(len(values), bool)
    elif pd.api.types.is_datetime64_any_dtype(column):  # nanoseconds since 1970 are not what is meant
        values, wrong = np.full(len(column), np.nan), column.notna().to_numpy(bool)
    else:
        values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, na_value=np.nan, copy=True)
        wrong = np.isnan(values) & column.notna().to_numpy(bool)
    values[~np.isfinite(values)] = np.nan
    return values, wrong


def to_labels(column: pd.Series, missing: str | None = None) -> Array:
    """(m,) texts, with ``missing`` where there is no value: 1, 1.0 and "1" are one label, as are True and "True"."""
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    texts = np.array([*map(label, uniques), missing], dtype=object)
    return np.asarray(texts[codes])  # the code of a missing value is −1, the last text


def label(value: object) -> str:
    """The text of one label; whole floats lose their ``.0``."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def to_dates(column: pd.Series) -> tuple[pd.Series, NDArray[np.bool_]]:
    """Dates in UTC without zone, missing where there is none; and (m,) where a cell holds something else.

    Dates are datetime columns or ISO 8601 texts, with or without time and zone.
    """
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_convert("UTC").dt.tz_localize(None)
    if pd.api.types.is_datetime64_any_dtype(column):
        return column, np.zeros(len(column), bool)
    if pd.api.types.is_numeric_dtype(column):  # 20240131 is no ISO text, and not meant as nanoseconds either
        return pd.Series(pd.NaT, column.index, dtype="datetime64[us]", name=column.name), column.notna().to_numpy(bool)
    dates = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True).dt.tz_localize(None)
    return dates, dates.isna().to_numpy(bool) & column.notna().to_numpy(bool)
