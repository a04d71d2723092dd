"""Dates as numbers: month, weekday and hour as points on a circle, and the year."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.cells import to_dates
from descent.data.errors import FeatureError
from descent.data.spelling.dates import EXAMPLES, Dates

if TYPE_CHECKING:
    from descent.data.features.columns import Columns
    from descent.data.roles.inference import Inference

CYCLES = {"month": 12, "weekday": 7, "hour": 24}
"""Parts of a date that come again, and after how many steps: month 0-11, weekday 0 (Monday) to 6, hour 0-23 (UTC).

Each is two features, sine and cosine of its angle: so December is as near to January as to November.
"""
CALENDAR = ("year", *(f"{part} {wave}" for part in CYCLES for wave in ("sin", "cos")))
"""Names of the features that a date can become."""

WHOLE_YEAR = pd.Timedelta(days=365)


def calendar_columns(frame: pd.DataFrame, inference: "Inference") -> list[tuple[str, str]]:
    """(column, part) for every part that varies in ``frame``, the training rows.

    When later rows are the test, their years are new, so no model sees the year; and the month counts only if training
    saw a whole year, else the months to come are new as well.
    """
    found = []
    for name in inference.dates:
        dates, _ = to_dates(frame[name])
        later = inference.split_by == "time"
        new = {"year"} if later else set()
        if later and dates.max() - dates.min() < WHOLE_YEAR:
            new.add("month")
        found += [
            (name, feature)
            for feature in CALENDAR
            if (part := feature.partition(" ")[0]) not in new and _part(dates, part).nunique() > 1
        ]
    return found


def calendar_values(frame: pd.DataFrame, columns: "Columns") -> list[NDArray[Any]]:
    """(m,) float64 for each (column, part), NaN where there is no date.

    Raises:
        FeatureError: a cell is neither empty nor a date.
    """
    parsed: dict[str, pd.Series] = {}
    for name in dict.fromkeys(name for name, _ in columns.calendar):
        spelling = columns.spelling[name]
        dates, wrong = spelling.read(frame[name], columns.missing)
        if wrong.any():
            row = int(np.argmax(wrong))
            layouts = spelling.layouts if isinstance(spelling, Dates) else ()
            written = " or ".join(dict.fromkeys([*(EXAMPLES[layout] for layout in layouts), "2024-01-31T12:00:00"]))
            raise FeatureError(
                f"column {name!r}, row {row + 1}: {str(frame[name].iloc[row])!r} is not a date in a form that the "
                f"model learned: write {written}"
            )
        parsed[name] = pd.Series(dates)
    return [_feature(parsed[name], part) for name, part in columns.calendar]


def _feature(dates: pd.Series, feature: str) -> NDArray[Any]:
    part, _, wave = feature.partition(" ")
    values = _part(dates, part).to_numpy(np.float64, na_value=np.nan)
    if not wave:
        return np.asarray(values)
    angle = 2 * np.pi * values / CYCLES[part]
    return np.asarray(np.sin(angle) if wave == "sin" else np.cos(angle))


def _part(dates: pd.Series, part: str) -> pd.Series:
    """Years as they are, else steps from 0; missing where there is no date."""
    found: dict[str, pd.Series] = {
        "year": dates.dt.year,
        "month": dates.dt.month - 1,
        "weekday": dates.dt.day_of_week,
        "hour": dates.dt.hour,
    }
    return found[part]
