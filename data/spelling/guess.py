"""How one column of texts is written, seen from all of its cells."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

from descent.data.spelling.date_layouts import date_layouts, time_forms
from descent.data.spelling.dates import Dates
from descent.data.spelling.marks import LETTER, is_mark
from descent.data.spelling.number_marks import PAIR, number_marks
from descent.data.spelling.numbers import BEYOND, BOUND, Numbers
from descent.data.spelling.texts import Words, cleaned
from descent.data.spelling.times import Times

Array = NDArray[Any]

HALF = 0.5
"""Share of cells that must be numbers or dates before the others are asked about."""
FEWEST = 3
"""Different numbers that there must be: ``-`` and ``1`` are two levels."""
SOME = 1000
"""Different texts that show whether there are digits at all."""
MOST = 20_000
"""Different texts from which marks and affixes are learned; all are read by them."""


@dataclass(frozen=True)
class Hints:
    """What is known of the table: its decimal mark, its order of day and month, and whether ``1,234`` is in doubt."""

    decimal: str | None = None
    order: str | None = None
    doubtful: bool = False


@dataclass(frozen=True)
class Guess:
    """What a column of texts seems to hold.

    Attributes:
        spelling: how to read it; None if it holds neither numbers, dates nor times, or why says what is in the way.
        why: ranges, pairs, zeros, prefix, units, some, percent, decimals, decimal (to be asked for), order (likewise).
        cells: cells that are read.
        share: of the cells that are no marks, those that are read or would be if it were not for ``why``.
        marked, wrong: cells of marks and of what cannot be read, by text, the most frequent first.
        bounds: cells such as ``<0.5``.
        example: a cell that is read, as it stands.
        decimal, order: what the column says of the table beyond doubt.
    """

    spelling: Numbers | Dates | Times | None = None
    why: str = ""
    cells: int = 0
    share: float = 0.0
    marked: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    bounds: int = 0
    example: str = ""
    decimal: str | None = None
    order: str | None = None
    values: Any = None
    """(m,) what the cells of the column are, where they are read."""


def guess(words: Words, hints: Hints, forced: str = "") -> Guess:
    """See how a column of texts is written; ``forced`` is ``numbers`` or ``dates``, if it was said to hold them."""
    codes, raw, counts = words.codes, words.texts, words.counts
    if len(raw) == 0 or (len(raw) > 2 * SOME and not forced and _are_words(raw[: 2 * SOME], counts[: 2 * SOME])):
        return Guess()
    texts = cleaned(raw)
    listed = is_mark(texts).to_numpy(zero_copy_only=False)
    rest = np.flatnonzero(~listed)
    if len(rest) == 0:
        return Guess()
    values = texts.take(pa.array(rest))
    weights = counts[rest]
    if not forced and _have_no_digits(values, weights):
        return Guess()
    spelling, why, decimal, order = _spelling(values, hints, forced)
    example = str(raw[int(rest[int(np.argmax(weights))])])
    if spelling is None:
        share = _share_of(values, weights, why)
        return Guess(None, why, 0, share, example=example, decimal=decimal)
    found, wrong = spelling.parse(values)
    good = weights[~wrong].sum()
    share = float(good / weights.sum())
    numbers = isinstance(spelling, Numbers)
    enough = forced or (len(np.unique(found[~wrong])) >= FEWEST if numbers else not wrong.all())
    if (share < HALF and not forced) or not enough:
        return Guess(decimal=decimal)
    shown = rest[np.flatnonzero(~wrong)]
    nothing = np.array([np.nan if found.dtype.kind == "f" else np.datetime64("NaT")], found.dtype)
    whole = np.repeat(nothing, len(raw) + 1)  # the last for cells without a text
    whole[rest] = found
    return Guess(
        spelling,
        cells=int(good),
        share=share,
        marked=_counted(raw, counts, np.flatnonzero(listed)),
        wrong=_counted(raw, counts, rest[wrong]),
        bounds=_bounds(values, weights),
        example=str(raw[int(shown[0])]) if len(shown) else example,
        decimal=decimal,
        order=order,
        values=whole[codes],
    )


def _are_words(raw: Any, counts: Array) -> bool:
    """Whether the first of many texts say that they are neither numbers nor dates, so that the others are not asked."""
    texts = cleaned(raw)
    rest = np.flatnonzero(~is_mark(texts).to_numpy(zero_copy_only=False))
    return len(rest) >= SOME and _have_no_digits(texts.take(pa.array(rest)), counts[rest])


def _have_no_digits(values: Any, weights: Array) -> bool:
    """Whether most cells of the first texts are without a digit."""
    some = values[:SOME]
    digits = pc.match_substring_regex(some, r"\d").to_numpy(zero_copy_only=False)
    return bool(digits @ weights[: len(some)] < HALF * weights[: len(some)].sum())


def _spelling(
    values: Any, hints: Hints, forced: str
) -> tuple[Numbers | Dates | Times | None, str, str | None, str | None]:
    """How to read the texts, or why that cannot be known; and the decimal mark and the order, if beyond doubt."""
    if forced != "numbers":
        dated = date_layouts(values, hints.order, forced=bool(forced))
        if dated.dates is not None or dated.asks:
            return dated.dates, "order" if dated.asks else "", None, dated.decisive
        if forced:
            return Dates(), "", None, None
    timed = time_forms(values, words=False)
    if timed is not None:
        return timed, "", None, None
    if _has_two_parts(values) and (timed := time_forms(values, words=True)) is not None:
        return timed, "", None, None
    seen = number_marks(values[:MOST].to_pylist(), decimal=hints.decimal, doubtful=hints.doubtful, forced=bool(forced))
    if seen.numbers is None and (timed := time_forms(values, words=True)) is not None:
        return timed, "", None, None
    if seen.numbers is None and forced:
        return Numbers(ranges=seen.why == "ranges"), "", None, None
    return seen.numbers, seen.why, seen.decisive, None


def _has_two_parts(values: Any) -> bool:
    """Whether a text is like ``1 h 20 min``."""
    return bool(pc.any(pc.match_substring_regex(values[:300], rf"^\d+\s*[{LETTER}]+\.?,? *\d+\s*[{LETTER}]+")).as_py())


def _share_of(values: Any, weights: Array, why: str) -> float:
    """The share of cells that hold a number somewhere."""
    if not why:
        return 0.0
    if why == "pairs":
        pair = np.array([bool(PAIR.match(text)) for text in values.to_pylist()])
        return float(weights[pair].sum() / weights.sum())
    held = pc.match_substring_regex(values, rf"^\W*[{LETTER}]{{0,20}}\W*\d[\d.,' /:-]*\W*(?:[{LETTER}]\S*)?$").to_numpy(
        zero_copy_only=False
    )
    return float(weights[held].sum() / weights.sum())


def _counted(raw: Any, counts: Array, places: Array) -> dict[str, int]:
    """Texts and their numbers, the most frequent first; blank ones left out."""
    ordered = places[np.argsort(-counts[places], kind="stable")][:50]
    return {str(raw[int(place)]): int(counts[place]) for place in ordered if str(raw[int(place)]).strip()}


def _bounds(values: Any, weights: Array) -> int:
    bound = pc.match_substring_regex(values, rf"^{BOUND}|{BEYOND}").to_numpy(zero_copy_only=False)
    return int(weights[bound].sum())
