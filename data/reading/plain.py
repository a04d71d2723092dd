"""Columns of five kinds (float, int, bool, `str`, naive datetime), which is all that the rest of the package knows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from descent.data.cells import numbers_among, to_dates
from descent.data.errors import TableError


def plain_frame(frame: pd.DataFrame, where: str, missing: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Every column in one of the five kinds that the rest of the package knows, without the tokens; and notes.

    Raises:
        TableError: cells that cannot be read.
    """
    try:
        plain, notes = _plain_columns(frame)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise TableError(f"{where}: cells that cannot be read: {str(error).splitlines()[0]}") from None
    return _without_missing_tokens(plain, missing), notes


def _plain_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Every column as float, int, bool, `str` or naive datetime; infinite numbers become missing and are noted."""
    columns, infinite = {}, {}
    changed = False
    for name, column in frame.items():
        columns[str(name)] = plain = plain_column(column)
        changed |= plain is not column or str(name) != name
        if plain.dtype.kind == "f":
            values = plain.to_numpy()
            count = int(np.isinf(values).sum())
            if count:
                infinite[str(name)] = count
                columns[str(name)] = plain.where(np.isfinite(values))
                changed = True
    notes = []
    if infinite:
        cells = ", ".join(f"{name} ({count})" for name, count in infinite.items())
        notes.append(f"infinite numbers are treated as missing: {cells}")
    # A frame that is plain already stays as it is: made anew, it would be in memory twice.
    return pd.DataFrame(columns, index=frame.index) if changed else frame, notes


def plain_column(column: pd.Series) -> pd.Series:
    """One column in one of the five kinds that the rest of the package knows."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return plain_column(column.astype(dtype.categories.dtype if not column.isna().any() else object))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return to_dates(column)[0]
    if dtype.kind == "m":
        return pd.Series(column.dt.total_seconds())
    if pd.api.types.is_bool_dtype(dtype):
        return column.astype("bool") if not column.isna().any() else _texts(column)
    if pd.api.types.is_numeric_dtype(dtype):
        if isinstance(dtype, np.dtype):
            return column.astype("float64") if dtype.kind == "f" and dtype != np.float64 else column
        return column.astype("float64") if column.isna().any() or dtype.kind == "f" else column.astype("int64")
    if pd.api.types.is_object_dtype(dtype):
        return _plain_object(column)
    return column


def _plain_object(column: pd.Series) -> pd.Series:
    present = column.dropna()
    if present.empty:
        return pd.Series(np.nan, index=column.index, dtype="float64")
    kind = pd.api.types.infer_dtype(present)
    if kind in ("decimal", "integer", "floating", "mixed-integer-float"):
        return column.astype("float64")
    if kind in ("date", "datetime", "datetime64"):
        return plain_column(pd.to_datetime(column, utc=True, format="mixed"))
    return _texts(column)


def _texts(column: pd.Series) -> pd.Series:
    return column.map(str, na_action="ignore").astype("str")


def _without_missing_tokens(frame: pd.DataFrame, missing: Sequence[str]) -> pd.DataFrame:
    """Cells that equal one of the tokens become missing; ``-999`` also meets the number -999.0."""
    if not missing:
        return frame
    numbers = numbers_among(tuple(missing))
    emptied = {}
    for name, column in frame.items():
        if column.dtype.kind == "M":
            continue
        hit = column.isin(numbers if column.dtype.kind in "iuf" else list(missing))
        if hit.any():
            emptied[name] = column.mask(hit)
    return pd.DataFrame({**dict(frame.items()), **emptied}, index=frame.index) if emptied else frame
