"""Which layouts the dates, times and durations of a column have."""

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.data.spelling.dates import LAYOUTS, MONTHS, Dates, moments
from descent.data.spelling.marks import LETTER
from descent.data.spelling.parts import split
from descent.data.spelling.times import Times, seconds_of

Array = NDArray[Any]

CERTAIN = tuple(layout for layout in LAYOUTS if layout not in ("dmy", "mdy", "compact month"))
"""Layouts whose order nobody doubts."""
VERSION = re.compile(r"^\d{1,2}\.\d{1,2}\.\d{2}$")
"""Also the number of a software's version."""
YEAR = r"(?:^|\D)(?:\d{4}|\d{2})(?:\D|$)|^\d{6}$|^\d{8}"
"""What every date has; this is seen at once, and the layouts are compiled anew at every use."""
NAME_OF_MONTH = "(?i)" + "|".join(sorted({name[:3] for name in MONTHS}))
YEAR_FIRST = r"^\d{4}"
TIME = r"\d[:h]\d|^-?P"
"""What every time without words has."""
SAMPLE = 300
MOST = 20_000
"""Texts that say whether all of them are numbers of versions."""
FEWEST = 8
"""Different whole numbers that there must be before they are taken for dates."""


@dataclass(frozen=True)
class DateLayouts:
    """``dates`` is how to read them, None if there are none or the order of day and month is not known (``asks``).

    ``decisive`` is ``dmy`` or ``mdy``, where the texts leave no doubt.
    """

    dates: Dates | None
    asks: bool = False
    decisive: str | None = None


def date_layouts(texts: Any, order: str | None, *, forced: bool = False) -> DateLayouts:
    """How the dates among different, cleaned texts of Arrow are written that are no marks of missing values.

    ``order`` is ``dmy`` or ``mdy``, where it is known of the table.
    """
    sample = texts[:SAMPLE]
    if not _any(sample, YEAR):
        return DateLayouts(None)
    if (forced or len(texts) >= FEWEST) and bool(moments(sample, "compact month")[1].all()):
        return DateLayouts(Dates(("compact month",)))
    layouts, rest = [], np.ones(len(sample), bool)
    known = {need: _any(sample, need) for need in (NAME_OF_MONTH, YEAR_FIRST)}
    for layout in CERTAIN:
        if not rest.any():
            break
        if not all(known[need] for need in _needs(layout)):
            continue
        fits = moments(sample, layout)[1] & rest
        if fits.any():
            layouts.append(layout)
            rest &= ~fits
    if rest.any() or not layouts:
        if rest.mean() < 0.5 or bool((moments(sample, "dmy")[1] | moments(sample, "mdy")[1]).any()):
            return _with_order(texts, layouts, order, forced=forced)
        return DateLayouts(None)
    return DateLayouts(Dates(tuple(layouts)))


def _needs(layout: str) -> list[str]:
    """What some text must have, as patterns that compile at once: those of layouts take a millisecond or two each."""
    pattern = LAYOUTS[layout]
    return [NAME_OF_MONTH] * ("(?P<name>" in pattern) + [YEAR_FIRST] * pattern.startswith(r"(?P<y>\d{4})")


def _with_order(texts: Any, layouts: list[str], order: str | None, *, forced: bool) -> DateLayouts:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    known = np.zeros(len(texts), bool)
    for layout in layouts:
        known |= moments(texts, layout)[1]
    rest = texts.take(pa.array(np.flatnonzero(~known)))
    if len(rest) == 0:
        return DateLayouts(Dates(tuple(layouts)))
    weekday = rf"(?:[{LETTER}]{{2,10}}\.?,?\s+)?"
    parts, fits = split(rest, rf"{weekday}(?P<a>\d{{1,2}})[-/. ]+(?P<b>\d{{1,2}})[-/. ]+\d{{2}}.*")
    if not fits.any():
        return DateLayouts(Dates(tuple(layouts)) if layouts else None)
    # Where nothing matched, Arrow leaves empty texts in the parts.
    first, second = (pc.cast(pc.if_else(pa.array(fits), parts[name], "0"), pa.int64()).to_numpy() for name in "ab")
    words = rest.filter(pa.array(fits))[:MOST].to_pylist()
    if not forced and all(map(VERSION.match, words)) and len({len(word) for word in words}) > 1:
        return DateLayouts(None)
    only_day = int((fits & (first > 12) & (second <= 12)).sum())
    only_month = int((fits & (second > 12) & (first <= 12)).sum())
    if only_day and only_month:
        chosen = "dmy" if only_day >= only_month else "mdy"  # the other cells are found to be no dates
        return DateLayouts(Dates((*layouts, chosen)), decisive=chosen)
    dotted = all(re.match(r"^\D*\d{1,2}\.", word) for word in words)
    decisive = "dmy" if only_day or dotted else "mdy" if only_month else None
    either = decisive or order
    if either is None:
        return DateLayouts(None, asks=True)
    return DateLayouts(Dates((*layouts, either)), decisive=decisive)


def compact_dates(column: Any) -> Dates | None:
    """How to read whole numbers that are all dates, such as 20240131 or 202401, and many different ones; else None."""
    import pandas as pd
    import pyarrow as pa

    from descent.data.spelling.dates import whole_texts

    first = column.to_numpy()[0] if len(column) else None
    if first is None or pd.isna(first) or not _is_compact(float(first)):
        present = column.dropna()
        if len(present) == len(column) or present.empty or not _is_compact(float(present.iloc[0])):
            return None
        column = present
    low, high = float(column.min()), float(column.max())
    if not (_is_compact(low) and _is_compact(high)) or len(str(int(low))) != len(str(int(high))):
        return None
    different = pd.Series(column.dropna().unique())
    if len(different) < FEWEST or bool((different % 1 != 0).any()):
        return None
    texts = pa.array(whole_texts(different), pa.string())
    layout = "compact month" if high < 1e6 else "compact"
    return Dates((layout,)) if bool(moments(texts, layout)[1].all()) else None


def _is_compact(value: float) -> bool:
    """Whether a number has the size of a year and a month, a date, or a moment from 1900 to 2100."""
    return 190001 <= value <= 210012 or 19000101 <= value <= 21001231 or 19000101000000 <= value <= 21001231235959


def time_forms(texts: Any, *, words: bool) -> Times | None:
    """How times among different, cleaned texts of Arrow are written; None if fewer than half of some are such.

    With ``words``, ``1 h 20 min``; else times with colons and ISO durations.
    """
    sample = texts[:SAMPLE]
    if not words and not _any(sample, TIME):
        return None
    for forms in (("words",),) if words else (("clock",), ("hms", "ms"), ("ms",), ("iso",)):
        fits = np.zeros(len(sample), bool)
        for form in forms:
            fits |= seconds_of(sample, form)[1]
        if fits.mean() > 0.5 and (forms != ("clock",) or _all_within_a_day(texts)):
            return Times(forms)
    return None


def _any(texts: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return bool(pc.any(pc.match_substring_regex(texts, pattern)).as_py())


def _all_within_a_day(texts: Any) -> bool:
    durations = seconds_of(texts, "hms")[1] | seconds_of(texts, "ms")[1]
    return not bool((durations & ~seconds_of(texts, "clock")[1]).any())
