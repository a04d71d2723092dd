"""Dates as numbers that come again: month, weekday, hour. Years do not, so no model sees them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .cells import to_dates
from .errors import FeatureError
from .inference import Inference

CALENDAR = {"month": "month", "weekday": "day_of_week", "hour": "hour"}
"""Parts of a date and pandas' names for them, each a number: month 1-12, weekday 0 (Monday) to 6, hour 0-23 (UTC)."""

WHOLE_YEAR = pd.Timedelta(days=365)


def calendar_columns(frame: pd.DataFrame, inference: Inference) -> list[tuple[str, str]]:
    """(column, part) for every part that varies in ``frame``, the training rows.

    When later rows are the test, the month counts only if training saw a whole year: else the months to come are new.
    """
    found = []
    for name in inference.dates:
        dates, _ = to_dates(frame[name])
        for part in CALENDAR:
            values = _part(dates, part)
            known = values[np.isfinite(values)]
            short = part == "month" and inference.split_by == "time" and dates.max() - dates.min() < WHOLE_YEAR
            if len(known) and known.min() < known.max() and not short:
                found.append((name, part))
    return found


def calendar_values(frame: pd.DataFrame, wanted: tuple[tuple[str, str], ...]) -> list[NDArray[Any]]:
    """(m,) float64 for each (column, part), NaN where there is no date.

    Raises:
        FeatureError: a cell is neither empty nor a date.
    """
    parsed: dict[str, pd.Series] = {}
    for name in dict.fromkeys(name for name, _ in wanted):
        parsed[name], wrong = to_dates(frame[name])
        if wrong.any():
            row = int(np.argmax(wrong))
            raise FeatureError(
                f"column {name!r}, row {row + 1}: {str(frame[name].iloc[row])!r} is not a date as the model learned "
                "them: write 2024-01-31 or 2024-01-31T12:00:00"
            )
    return [_part(parsed[name], part) for name, part in wanted]


def _part(dates: pd.Series, part: str) -> NDArray[Any]:
    return np.asarray(getattr(dates.dt, CALENDAR[part]).to_numpy(np.float64, na_value=np.nan))
