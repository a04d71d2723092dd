"""Dates as numbers that come again: month, weekday, hour. Years do not, so no model sees them."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .inference import Inference
from .roles import parse_dates

CALENDAR = {"month": "month", "weekday": "day_of_week", "hour": "hour"}
"""Parts of a date and pandas' names for them, each a number: month 1-12, weekday 0 (Monday) to 6, hour 0-23."""

WHOLE_YEAR = pd.Timedelta(days=365)


def calendar_columns(frame: pd.DataFrame, inference: Inference) -> list[tuple[str, str]]:
    """(column, part) for every part that varies in ``frame``, the training rows.

    When later rows are the test, the month counts only if training saw a whole year: else the months to come are new.
    """
    found = []
    for name in inference.dates:
        dates = parse_dates(frame[name])
        for part in CALENDAR:
            values = calendar_values(frame[name], part)
            known = values[np.isfinite(values)]
            short = part == "month" and inference.split_by == "time" and dates.max() - dates.min() < WHOLE_YEAR
            if len(known) and known.min() < known.max() and not short:
                found.append((name, part))
    return found


def calendar_values(column: pd.Series, part: str) -> NDArray[Any]:
    """(m,) float64, NaN where there is no date."""
    return np.asarray(getattr(parse_dates(column).dt, CALENDAR[part]).to_numpy(np.float64, na_value=np.nan))
