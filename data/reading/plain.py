"""Columns of five kinds (float, int, bool, `str`, naive datetime), which is all that the rest of the package knows."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from descent.data.cells import numbers_among, to_dates
from descent.data.errors import TableError
from descent.data.spelling.marks import texts_of_none


def plain_frame(
    frame: pd.DataFrame, where: str, missing: Sequence[str], keep: Sequence[str] = ()
) -> tuple[pd.DataFrame, list[str], dict[str, dict[str, int]]]:
    """Every column in one of the five kinds that the rest of the package knows, without cells that mean no value.

    And notes, and how many cells of each text that means none there were in columns of texts.

    Raises:
        TableError: cells that cannot be read.
    """
    try:
        plain, columns, notes = _plain_columns(frame)
    except (ValueError, TypeError, OverflowError, MemoryError) as error:
        raise TableError(f"{where}: cells that cannot be read: {str(error).splitlines()[0]}") from None
    plain, marked = _without_missing_tokens(plain, columns, missing, keep)
    return plain, notes + _kept(plain, keep), marked


def _plain_columns(frame: pd.DataFrame) -> tuple[pd.DataFrame, dict[str, pd.Series], list[str]]:
    """Every column as float, int, bool, `str` or naive datetime; infinite numbers become missing and are noted.

    As a frame and one by one: pandas makes the columns of a frame anew whenever they are asked for.
    """
    columns: dict[str, pd.Series] = {}
    infinite = {}
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
    return pd.DataFrame(columns, index=frame.index) if changed else frame, columns, notes


def plain_column(column: pd.Series) -> pd.Series:
    """One column in one of the five kinds that the rest of the package knows."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return plain_column(column.astype(dtype.categories.dtype if not column.isna().any() else object))
    if isinstance(dtype, pd.DatetimeTZDtype):
        return to_dates(column)[0]
    if isinstance(dtype, pd.SparseDtype):
        return plain_column(column.sparse.to_dense())  # type: ignore[attr-defined]
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


def _without_missing_tokens(
    frame: pd.DataFrame, columns: dict[str, pd.Series], missing: Sequence[str], keep: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, dict[str, int]]]:
    """Cells that equal one of the tokens become missing; ``-999`` also meets the number -999.0.

    And how many of which token there were in each column of texts.
    """
    numbers, tokens = numbers_among(tuple(missing)), texts_of_none(missing, keep)
    emptied, marked = {}, {}
    for name, column in columns.items():
        if isinstance(column.dtype, pd.StringDtype):
            texts = pc.utf8_trim_whitespace(pa.array(column))
            hit = pc.fill_null(pc.is_in(texts, value_set=pa.array(tokens, pa.string())), False)
            if pc.any(hit).as_py():
                emptied[name] = column.mask(hit.to_numpy(zero_copy_only=False))
                counted = pc.value_counts(texts.filter(hit)).to_pylist()
                marked[name] = {entry["values"]: entry["counts"] for entry in counted if entry["values"]}
        elif numbers and column.dtype.kind in "iuf" and (hits := column.isin(numbers)).any():
            emptied[name] = column.mask(hits)
    if emptied:
        frame = pd.DataFrame({**columns, **emptied}, index=frame.index)
    return frame, {name: counts for name, counts in marked.items() if counts}


def _kept(frame: pd.DataFrame, keep: Sequence[str]) -> list[str]:
    """A note on the texts that are values because the user says so."""
    if not keep:
        return []
    counts = {}
    for name, column in frame.items():
        if isinstance(column.dtype, pd.StringDtype):
            hit = pc.is_in(pc.utf8_trim_whitespace(pa.array(column)), value_set=pa.array(keep, pa.string()))
            counts[name] = pc.sum(hit).as_py() or 0
    cells = ", ".join([f"{name} ({count:,})" for name, count in counts.items() if count][:8])
    return [f"{' and '.join(map(repr, keep))} are kept as values: {cells}"] if cells else []
