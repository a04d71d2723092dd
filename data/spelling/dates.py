"""How the dates of a column are written, and the moments that they mean."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from descent.data.spelling.marks import LETTER
from descent.data.spelling.parts import split

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

NAMES = (
    "jan january januar janvier janv enero ene gennaio gen janeiro januari jän jänner",
    "feb february februar février févr fevr fev febrero febbraio fevereiro februari",
    "mar march mär märz mrz mars marzo março marco maart mrt",
    "apr april avril avr abril abr aprile",
    "may mai mayo maggio mag maio mei",
    "jun june juni juin junio giugno giu junho",
    "jul july juli juillet juil julio luglio lug julho",
    "aug august août aout agosto ago augustus",
    "sep sept september septembre septiembre settembre set setembro",
    "oct october okt oktober octobre octubre ottobre ott outubro out",
    "nov november novembre noviembre novembro",
    "dec december dez dezember décembre déc decembre diciembre dic dicembre dezembro des",
)
MONTHS = {name: number for number, names in enumerate(NAMES, 1) for name in names.split()}
"""Of English, German, French, Spanish, Italian, Portuguese and Dutch, in lower case."""
_HOURS = {0: "utc gmt z wet", 1: "cet mez", 2: "cest mesz", 9: "jst"}
_HOURS |= {-4: "edt", -5: "est cdt", -6: "mdt", -7: "mst pdt", -8: "pst"}
ZONES = {zone: 60 * hours for hours, zones in _HOURS.items() for zone in zones.split()}
"""Minutes ahead of UTC; names that mean several zones, such as IST, are not among them."""

_NAME, _DAY, _MONTH = rf"(?P<name>[{LETTER}]{{3,10}})", r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})"
_YEAR, _ANY_YEAR = r"(?P<y>\d{4})", r"(?P<y>\d{4}|\d{2})"
_TIME = (
    r"(?:(?:\s*[T ,:]\s*|\s+-\s+)(?P<H>\d{1,2})(?:[:.h](?P<M>\d{2}))?(?:[:.](?P<S>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?(?:\s*(?:Uhr|h))?)?"
    rf"(?:\s*(?P<zone>[-+]\d{{2}}:?\d{{2}}|[-+]\d{{2}}|Z|[{LETTER}]{{3,4}}))?"
)
_PACKED = r"(?:[T ]?(?P<H>\d{2}):?(?P<M>\d{2}):?(?P<S>\d{2})?(?P<zone>Z|[-+]\d{2}:?\d{2})?)?"
_WEEKDAY = rf"(?:[{LETTER}]{{2,10}}\.?,?\s+)?"
LAYOUTS = {
    "ymd": rf"{_YEAR}[-/. ]{_MONTH}[-/. ]{_DAY}{_TIME}",
    "dmy": rf"{_WEEKDAY}{_DAY}(?:/{_MONTH}/|-{_MONTH}-|\. ?{_MONTH}\. ?| {_MONTH} ){_ANY_YEAR}{_TIME}",
    "mdy": rf"{_WEEKDAY}{_MONTH}(?:/{_DAY}/|-{_DAY}-|\.{_DAY}\.| {_DAY} ){_ANY_YEAR}{_TIME}",
    "compact": rf"{_YEAR}(?P<m>\d{{2}})(?P<d>\d{{2}}){_PACKED}",
    "d-name-y": (
        rf"{_WEEKDAY}{_DAY}(?:st|nd|rd|th|er|\.)?[-/ ]?\s*(?:de |of )?{_NAME}\.?,?[-/ ]?\s*(?:de )?'?{_ANY_YEAR}{_TIME}"
    ),
    "name-d-y": rf"{_WEEKDAY}{_NAME}\.?[-/ ]\s*{_DAY}(?:st|nd|rd|th)?(?:,\s*|[-/ ]\s*)'?{_ANY_YEAR}{_TIME}",
    "y-name-d": rf"{_YEAR}[-/ ]{_NAME}[-/ ]{_DAY}{_TIME}",
    "ctime": (
        rf"{_WEEKDAY}{_NAME}\s+{_DAY}\s+(?P<H>\d{{1,2}}):(?P<M>\d{{2}})(?::(?P<S>\d{{2}}))?\s+"
        rf"(?:(?P<zone>[{LETTER}]{{3,4}})\s+)?{_YEAR}"
    ),
    "y-week": rf"{_YEAR}[- ]?(?:[Ww]|KW)\s?(?P<week>\d{{1,2}})(?:-?(?P<weekday>[1-7]))?",
    "week-y": rf"(?:[Ww]|KW|CW|Week)\s?(?P<week>\d{{1,2}})[-/ ]\s?{_YEAR}",
    "y-quarter": rf"{_YEAR}[- /]?[Qq](?P<quarter>[1-4])",
    "quarter-y": rf"[Qq](?P<quarter>[1-4])[- /]?{_YEAR}",
    "ym": rf"{_YEAR}[-/M]{_MONTH}",
    "my": rf"{_MONTH}[-/.]{_YEAR}",
    "name-y": rf"{_NAME}\.?,?[-/ ]\s*'?{_ANY_YEAR}",
    "y-name": rf"{_YEAR}[-/ ]{_NAME}",
    "compact month": r"(?P<y>\d{4})(?P<m>\d{2})",
}
"""Regular expressions of RE2 by layout: parts of a date in their order."""
EXAMPLES = {
    "ymd": "2024-01-31",
    "dmy": "31/01/2024",
    "mdy": "01/31/2024",
    "compact": "20240131",
    "d-name-y": "31 Jan 2024",
    "name-d-y": "Jan 31, 2024",
    "y-name-d": "2024-Jan-31",
    "ctime": "Wed Jan 31 12:00:00 2024",
    "y-week": "2024-W05",
    "week-y": "W05 2024",
    "y-quarter": "2024-Q1",
    "quarter-y": "Q1 2024",
    "ym": "2024-01",
    "my": "01/2024",
    "name-y": "Jan 2024",
    "y-name": "2024 Jan",
    "compact month": "202401",
}
_ENDS = 2900
"""A year from which on a date means "without end", such as 9999-12-31; as one before the year 2 means "unknown"."""


@dataclass(frozen=True)
class Dates:
    """Dates in one or several layouts. ISO dates are always understood.

    Attributes:
        layouts: keys of `LAYOUTS`; the first that fits a cell reads it.
        marks: texts that mean no date, beside the usual ones.
        sentinels: dates that mean none, as ISO texts, beside those before the year 2 and behind 2900.
    """

    kind: ClassVar[str] = "dates"
    layouts: tuple[str, ...] = ("ymd",)
    marks: tuple[str, ...] = ()
    sentinels: tuple[str, ...] = ()

    def parse(self, texts: Any, missing: tuple[str, ...] = ()) -> tuple[Array, Array]:
        """(n,) datetime64[us] in UTC, NaT for none, and (n,) where a cleaned text is neither a date nor a mark."""
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.compute as pc  # type: ignore[import-untyped]

        from descent.data.spelling.marks import is_mark

        listed = pc.or_(is_mark(texts, self.marks), pc.is_in(texts, value_set=pa.array(missing, pa.string())))
        none = listed.to_numpy(zero_copy_only=False)
        values, wrong = np.full(len(texts), "NaT", "M8[us]"), ~none
        for layout in dict.fromkeys((*self.layouts, "ymd")):
            at = np.flatnonzero(wrong)
            if len(at) == 0:
                break
            found, fits = moments(texts.take(pa.array(at)), layout)
            values[at[fits]] = found[fits]
            wrong[at[fits]] = False
        return self._known(values), wrong

    def read(self, column: "pd.Series", missing: tuple[str, ...] = ()) -> tuple[Array, NDArray[np.bool_]]:
        """(m,) datetime64[us] in UTC, NaT for none, and (m,) where a cell holds something else."""
        import pandas as pd

        from descent.data.cells import to_dates
        from descent.data.spelling.texts import is_text, opened, read_cells

        column = opened(column)
        if any(layout.startswith("compact") for layout in self.layouts) and pd.api.types.is_numeric_dtype(column):
            column = whole_texts(column)
        if not is_text(column):
            dates, wrong = to_dates(column)
            return self._known(dates.to_numpy("M8[us]")), wrong
        return read_cells(column, lambda texts: self.parse(texts, missing), self.read, np.datetime64("NaT", "us"))

    def _known(self, dates: Array) -> Array:
        years = dates.astype("M8[Y]").astype(np.int64) + 1970
        none = (years >= _ENDS) | (years < 2)
        if self.sentinels:
            none |= np.isin(dates.astype("M8[D]"), np.array(self.sentinels, "M8[D]"))
        dates = dates.copy()
        dates[none] = np.datetime64("NaT")
        return dates


def whole_texts(column: "pd.Series") -> "pd.Series":
    """Whole numbers as texts: 20240131.0 is "20240131"; others as they are."""
    import pandas as pd

    from descent.data.cells import label

    codes, values = pd.factorize(column)
    texts = np.array([*map(label, values), None], dtype=object)
    return pd.Series(texts[codes], column.index, dtype="str", name=column.name)


def moments(texts: Any, layout: str) -> tuple[Array, NDArray[np.bool_]]:
    """(n,) datetime64[us] and (n,) where a text of Arrow is a date of the layout: the 31st of February is none."""
    import pyarrow.compute as pc

    parts, fits = split(texts, LAYOUTS[layout])
    if not fits.any():
        return np.full(len(texts), "NaT", "M8[us]"), fits

    def of(part: str, default: int) -> Array:
        found = [parts[name] for name in parts if name.rstrip("0123456789") == part]
        return _numbers(found, default) if found else np.full(len(texts), default)

    year = of("y", 1970)
    if "y" in parts:
        short = pc.fill_null(pc.less(pc.utf8_length(parts["y"]), 3), False).to_numpy(zero_copy_only=False)
        year = np.where(short, year + np.where(year < 69, 2000, 1900), year)
    month, day = of("m", 1), of("d", 1)
    if "name" in parts:
        month = _named(parts["name"], MONTHS)
        fits &= month > 0
    if "quarter" in parts:
        month = 3 * of("quarter", 1) - 2
    hour, minute, second = of("H", 0), of("M", 0), of("S", 0)
    fits &= (month >= 1) & (month <= 12) & (day >= 1) & (hour <= 24) & (minute < 60) & (second <= 60) & (year >= 1)
    month = np.clip(month, 1, 12)
    first = ((year - 1970) * 12 + month - 1).astype("M8[M]")
    days = first.astype("M8[D]") + (day - 1)
    fits &= days.astype("M8[M]") == first
    if "week" in parts:  # the week with January 4th is the first (ISO 8601)
        week = of("week", 1)
        fourth = (year - 1970).astype("M8[Y]").astype("M8[D]") + 3
        monday = fourth - (fourth.astype(np.int64) + 3) % 7
        days = monday + 7 * (week - 1) + of("weekday", 1) - 1
        fits &= (week >= 1) & (week <= 53)
    if "half" in parts:
        halves = pc.utf8_lower(pc.fill_null(pc.utf8_slice_codeunits(parts["half"], 0, 1), ""))
        late = pc.equal(halves, "p").to_numpy(zero_copy_only=False)
        said = late | pc.equal(halves, "a").to_numpy(zero_copy_only=False)
        fits &= ~said | ((hour >= 1) & (hour <= 12))
        hour = np.where(said, hour % 12 + 12 * late, hour)
        if "M" in parts:  # "31 Jan 2024 14" is no time
            empty = pc.equal(pc.fill_null(parts["M"], ""), "").to_numpy(zero_copy_only=False)
            given = pc.not_equal(pc.fill_null(parts["H"], ""), "").to_numpy(zero_copy_only=False)
            fits &= ~(empty & given) | said
    seconds = hour * 3600 + minute * 60 + second
    if "zone" in parts:
        ahead, known = _ahead(parts["zone"])
        seconds, fits = seconds - 60 * ahead, fits & known
    found = days.astype("M8[us]") + seconds * np.timedelta64(1_000_000, "us")
    if "f" in parts:
        found = found + _fractions(parts["f"])
    found[~fits] = np.datetime64("NaT")
    return found, fits


def _numbers(fields: list[Any], default: int) -> Array:
    """The whole numbers of one part, in whichever of the alternative groups they stand."""
    import pyarrow as pa
    import pyarrow.compute as pc

    known = [pc.fill_null(field, "") for field in fields]
    texts = known[0] if len(known) == 1 else pc.binary_join_element_wise(*known, "")
    texts = pc.if_else(pc.equal(texts, ""), str(default), texts)
    found: Array = pc.cast(texts, pa.int64()).to_numpy(zero_copy_only=False)
    return found


def _named(names: Any, known: dict[str, int]) -> Array:
    different = {name: known.get((name or "").lower(), 0) for name in names.unique().to_pylist()}
    return np.array([different[name] for name in names.to_pylist()], np.int64)


def _ahead(zones: Any) -> tuple[Array, NDArray[np.bool_]]:
    """Minutes ahead of UTC, and whether the zone is known; none is UTC."""
    minutes: dict[str | None, int | None] = {None: 0, "": 0}
    for zone in zones.unique().to_pylist():
        if zone and zone[0] in "+-":
            digits = zone[1:].replace(":", "").ljust(4, "0")
            minutes[zone] = (int(digits[:2]) * 60 + int(digits[2:])) * (-1 if zone[0] == "-" else 1)
        elif zone:
            minutes[zone] = ZONES.get(zone.lower())
    found = [minutes[zone] for zone in zones.to_pylist()]
    return np.array([value or 0 for value in found], np.int64), np.array([value is not None for value in found])


def _fractions(texts: Any) -> Array:
    """Microseconds; what is finer is cut off."""
    import pyarrow as pa
    import pyarrow.compute as pc

    digits = pc.utf8_slice_codeunits(pc.utf8_rpad(pc.fill_null(texts, ""), 6, "0"), 0, 6)
    found: Array = pc.cast(digits, pa.int64()).to_numpy(zero_copy_only=False)
    return found.astype("m8[us]")
