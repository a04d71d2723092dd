"""Predictions for a table of any size, some rows at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from descent.data import ColumnError
from descent.data.features.compiled.unknown import Unknown
from descent.data.names import find_column
from descent.data.reading.output import check_output, write_frames
from descent.data.reading.streaming import stream
from descent.schemas import conceal

if TYPE_CHECKING:
    from descent.flows.serving.predictor import Predictor


def predict_table(
    model: "Predictor",
    source: str,
    output: Path,
    *,
    keep: Sequence[str] = (),
    level: float | None = None,
    unknown: Unknown | None = None,
) -> int:
    """Write the predictions for every row of a table, in its order; returns their number.

    ``keep`` are columns of the table to write before the prediction, as they stand; ``level`` is the probability of the
    intervals; ``unknown`` counts the levels that the model did not learn.

    Raises:
        DataError: the table cannot be read, a column is missing or holds something else, or the output cannot be
            written. No half of a file is left.
    """
    check_output(output)
    return write_frames(_predicted(model, source, keep, level, unknown, exact=".csv" in output.suffixes), output)


def _predicted(
    model: "Predictor", source: str, keep: Sequence[str], level: float | None, unknown: Unknown | None, *, exact: bool
) -> Iterator[pd.DataFrame]:
    """With ``exact``, kept columns of numbers are texts as well: 1.50 stays 1.50 in a CSV."""
    where = conceal(source)
    params = None if level is None else {"level": level}
    columns = model.features.columns
    copied = {name.strip() for name in keep} if exact else set()
    numbers = [name for name in columns.plain_numbers if name.strip() not in copied]
    for frame in stream(source, where, (*columns.missing, *columns.keep), numbers, columns.dialect, columns.all):
        frame = _named(frame, columns.all)
        kept = frame[list(dict.fromkeys(find_column(frame, name, "--keep", where) for name in keep))]
        found = model.predict(frame, params, unknown)
        if twice := set(kept.columns) & set(found.columns):
            raise ColumnError(
                f"{where}: column {min(twice)!r} cannot be kept: a column of the predictions has that name"
            )
        yield pd.concat([kept, found], axis=1)


def _named(frame: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """The frame with the names that the model learned where they differ in blanks around them only."""
    absent = {name.strip(): name for name in names if name not in frame.columns}
    found = [name for name in map(str, frame.columns) if name.strip() in absent and name not in names]
    bare = [name.strip() for name in found]
    return frame.rename(columns={name: absent[name.strip()] for name in found if bare.count(name.strip()) == 1})
