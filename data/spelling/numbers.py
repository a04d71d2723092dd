"""How the numbers of a column are written, and their values."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from descent.data.spelling.marks import LETTER

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]

ABOUT = r"(?:~|≈|≃|±|(?i:ca\.?|circa|approx\.?|about|etwa) )"
BOUND = r"(?:<=?|>=?|≤|≥)"
BEYOND = r"\d[a-zA-Z]?\s*\+(?:\s*[^\d+]+)?$"
"""A plus behind a number: 90 or more."""
_POWERS = {
    1e3: "k tsd thousand",
    1e5: "lakh lac",
    1e6: "m mm mio mn mln million",
    1e7: "crore cr",
    1e9: "b bn mrd bln billion",
    1e12: "t tn trillion",
}
MULTIPLIERS = {word: power for power, words in _POWERS.items() for word in words.split()}
"""In lower case."""


@dataclass(frozen=True)
class Numbers:
    """Numbers with a decimal mark, and what may stand about them.

    Always understood: signs before or behind, the minus of typesetters, accounting parentheses, ``="9"``, ``'9``, the
    exponents E and D, ``~9``, and bounds: ``<0.5`` is 0.5, ``90+`` is 90. What depends on the column is learned from
    it.

    Attributes:
        decimal: the decimal mark.
        thousands: what stands between groups of digits; empty for nothing.
        prefixes, units: texts that may stand before and behind the number, such as ``$`` and ``kg``.
        multipliers: whether ``2.5k`` is 2500.
        ranges: whether ``10-20`` is 15.
        marks: texts that mean no value, beside the usual ones.
    """

    kind: ClassVar[str] = "numbers"
    decimal: str = "."
    thousands: str = ""
    prefixes: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    multipliers: bool = False
    ranges: bool = False
    marks: tuple[str, ...] = ()

    @property
    def pattern(self) -> str:
        """A regular expression of RE2 that a cleaned cell has to match. It captures nothing: that is much faster."""
        number = self._number
        several = rf"(?:\s*{_any_of(MULTIPLIERS, '(?i:')}\.?)?" if self.multipliers else ""
        upper = rf"(?:\s*-\s*{number})?" if self.ranges else ""
        return (
            rf"^\(?\s*(?:{BOUND}|{ABOUT})?\s*[-+]?\s*(?:{_any_of(self.prefixes)})?\s*[-+]?\s*"
            rf"{number}{upper}{several}\s*\+?\s*(?:{_any_of(self.units)})?\s*[-+]?\s*\)?$"
        )

    @property
    def _number(self) -> str:
        decimal, thousands = re.escape(self.decimal), re.escape(self.thousands)
        whole = rf"\d{{1,3}}(?:{thousands}\d{{2,3}})*{thousands}\d{{3}}|\d+" if thousands else r"\d+"
        return rf"(?:(?:{whole})(?:{decimal}\d*)?|{decimal}\d+)(?:[eEdD][-+]?\d{{1,3}})?"

    def parse(self, texts: Any, missing: tuple[str, ...] = ()) -> tuple[Array, Array]:
        """(n,) float64, NaN for no value, and (n,) where a cleaned text of Arrow is neither a number nor a mark."""
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.compute as pc  # type: ignore[import-untyped]

        from descent.data.spelling.marks import is_mark

        listed = pc.is_in(texts, value_set=pa.array(missing, pa.string()))
        valid = pc.and_(pc.match_substring_regex(texts, self.pattern), pc.invert(listed))
        bare = pc.if_else(valid, texts, None)
        for affix in sorted((*self.prefixes, *self.units), key=len, reverse=True):
            bare = pc.replace_substring(bare, affix, "")
        negative = pc.fill_null(pc.match_substring_regex(bare, r"^[^\d]*-|^\(|-\s*$"), False)
        if pc.any(pc.match_substring_regex(bare, "^[^0-9]*" + ABOUT)).as_py():
            bare = pc.replace_substring_regex(bare, ABOUT, "")
        bare = pc.utf8_trim(bare, characters="()<>=≤≥~≈≃±+- ")
        factors: Array = np.ones(1)
        if self.multipliers:
            named = pc.extract_regex(pc.fill_null(bare, ""), rf"(?P<name>[{LETTER}]*)\.?$").field("name")
            factors = np.array([MULTIPLIERS.get((name or "").lower(), 1.0) for name in named.to_pylist()])
            bare = pc.replace_substring_regex(bare, rf"\s*[{LETTER}]+\.?$", "")
        if self.ranges:
            pairs = pc.extract_regex(bare, rf"^(?P<lower>{self._number})(?:\s*-\s*(?P<upper>{self._number}))?$")
            lower, upper = self._values(pairs.field("lower")), self._values(pairs.field("upper"))
            values = np.where(np.isnan(upper), lower, (lower + upper) / 2)
        else:
            values = self._values(bare)
        values = values * factors
        values[negative.to_numpy(zero_copy_only=False)] *= -1
        values[~np.isfinite(values)] = np.nan
        wrong = pc.invert(pc.or_(valid, listed))
        if pc.any(wrong).as_py():
            wrong = pc.and_(wrong, pc.invert(is_mark(texts, self.marks)))
        return values, wrong.to_numpy(zero_copy_only=False)

    def read(self, column: "pd.Series", missing: tuple[str, ...] = ()) -> tuple[Array, NDArray[np.bool_]]:
        """(m,) float64, NaN for no value, and (m,) where a cell is something else. ``missing`` mean no value, too."""
        from descent.data.cells import blank_out, to_numbers
        from descent.data.spelling.texts import is_text, opened, read_cells

        column = opened(column)
        if not is_text(column):
            return to_numbers(blank_out(column, missing))
        return read_cells(
            column, lambda texts: self.parse(texts, missing), lambda rest: to_numbers(blank_out(rest, missing)), np.nan
        )

    def _values(self, numbers: Any) -> Array:
        import pyarrow as pa
        import pyarrow.compute as pc

        if self.thousands:
            numbers = pc.replace_substring(numbers, self.thousands, "")
        if self.decimal != ".":
            numbers = pc.replace_substring(numbers, self.decimal, ".")
        numbers = pc.replace_substring_regex(numbers, "[dD]", "e")
        numbers = pc.if_else(pc.equal(numbers, ""), None, numbers)
        values: Array = pc.cast(numbers, pa.float64()).to_numpy(zero_copy_only=False)
        return np.array(values)


def _any_of(texts: Any, flags: str = "(?:") -> str:
    """The longest first, or "k" would be found in "kg"."""
    return flags + "|".join(sorted(map(re.escape, texts), key=len, reverse=True)) + ")"
