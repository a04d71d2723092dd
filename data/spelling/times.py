"""How times of day and durations are written, and how long they are."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

_UNIT = r"\s*(?:{})\.?(?:,?\s*(?:and |und )?|$)"
_DAYS, _HOURS = _UNIT.format("d|days?|Tage?"), _UNIT.format("h|hrs?|hours?|Std")
_MINUTES, _SECONDS = _UNIT.format("m|min|mins|minutes?"), _UNIT.format("s|sec|secs|seconds?|Sek")
FORMS = {
    "clock": r"^(?P<h>\d{1,2})[:h](?P<m>[0-5]\d)(?::(?P<s>[0-5]\d(?:[.,]\d+)?))?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?(?:\s*Uhr)?$",
    "hms": r"^(?P<minus>-)?(?:(?P<d>\d+) ?(?:d|days?|\.),? ?)?(?P<h>\d+):(?P<m>[0-5]?\d):(?P<s>[0-5]?\d(?:[.,]\d+)?)$",
    "ms": r"^(?P<minus>-)?(?P<m>\d+):(?P<s>[0-5]\d(?:[.,]\d+)?)$",
    "iso": r"^(?P<minus>-)?P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+(?:[.,]\d+)?)S)?)?$",
    "words": rf"^(?:(?P<d>\d+(?:\.\d+)?){_DAYS})?(?:(?P<h>\d+(?:\.\d+)?){_HOURS})?(?:(?P<m>\d+(?:\.\d+)?){_MINUTES})?"
    rf"(?:(?P<s>\d+(?:\.\d+)?){_SECONDS})?$",
}
"""Regular expressions of RE2: a time of day, and four ways to write a duration."""
_SECONDS_IN = {"d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}


@dataclass(frozen=True)
class Times:
    """Times of day as hours since midnight (``08:30`` is 8.5), or durations as seconds (``1:02:03`` is 3723).

    Attributes:
        forms: keys of `FORMS`; the first that fits a cell reads it.
        marks: texts that mean no value, beside the usual ones.
    """

    kind: ClassVar[str] = "times"
    forms: tuple[str, ...] = ("clock",)
    marks: tuple[str, ...] = ()

    @property
    def of_day(self) -> bool:
        """Whether they are times of day."""
        return "clock" in self.forms

    def parse(self, texts: Any, missing: tuple[str, ...] = ()) -> tuple[Array, Array]:
        """(n,) hours or seconds, NaN for none, and (n,) where a cleaned text of Arrow is neither a time nor a mark."""
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.compute as pc  # type: ignore[import-untyped]

        from descent.data.spelling.marks import is_mark

        listed = pc.or_(is_mark(texts, self.marks), pc.is_in(texts, value_set=pa.array(missing, pa.string())))
        values, wrong = np.full(len(texts), np.nan), ~listed.to_numpy(zero_copy_only=False)
        for form in self.forms:
            found, fits = seconds_of(texts, form)
            fits &= wrong
            values[fits] = found[fits]
            wrong &= ~fits
        return values / 3600 if self.of_day else values, wrong

    def read(self, column: "pd.Series", missing: tuple[str, ...] = ()) -> tuple[Array, NDArray[np.bool_]]:
        """(m,) hours or seconds, NaN for none, and (m,) where a cell is something else. Numbers are taken as such."""
        import datetime

        import pandas as pd

        from descent.data.cells import to_numbers
        from descent.data.spelling.texts import is_text, opened, read_cells

        column = opened(column)
        if column.dtype.kind == "m":
            column = column.dt.total_seconds() / (3600 if self.of_day else 1)
        if not is_text(column):
            return to_numbers(column)
        if pd.api.types.is_object_dtype(column):
            column = column.map(
                lambda cell: str(cell) if isinstance(cell, datetime.time | datetime.timedelta) else cell
            )
        return read_cells(column, lambda texts: self.parse(texts, missing), to_numbers, np.nan)


def seconds_of(texts: Any, form: str) -> tuple[Array, NDArray[np.bool_]]:
    """(n,) seconds, and (n,) where a text of Arrow has the form."""
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.extract_regex(texts, FORMS[form])
    fits = parts.is_valid().to_numpy(zero_copy_only=False).copy()
    fits &= pc.fill_null(pc.match_substring_regex(texts, r"\d"), False).to_numpy(zero_copy_only=False)
    names = [parts.type.field(index).name for index in range(parts.type.num_fields)]
    values = {}
    for name in names:
        if name in _SECONDS_IN:
            field = pc.replace_substring(pc.fill_null(parts.field(name), ""), ",", ".")
            field = pc.if_else(pc.equal(field, ""), "0", field)
            values[name] = pc.cast(field, pa.float64()).to_numpy(zero_copy_only=False)
    if "half" in names:
        half = pc.utf8_lower(pc.utf8_slice_codeunits(pc.fill_null(parts.field("half"), ""), 0, 1))
        late, said = pc.equal(half, "p").to_numpy(False), pc.not_equal(half, "").to_numpy(False)
        fits &= ~said | ((values["h"] >= 1) & (values["h"] <= 12))
        values["h"] = np.where(said, values["h"] % 12 + 12 * late, values["h"])
        fits &= values["h"] <= 24
    total: Array = np.zeros(len(texts))
    for name, value in values.items():
        total = total + _SECONDS_IN[name] * value
    if "minus" in names:
        total = np.where(pc.fill_null(pc.equal(parts.field("minus"), "-"), False).to_numpy(False), -total, total)
    return total, fits
