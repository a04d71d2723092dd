"""Which decimal mark, thousands mark and affixes the numbers of a column have."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from descent.data.spelling.numbers import ABOUT, BOUND, MULTIPLIERS, Numbers

_CURRENCIES = (
    "USD EUR GBP JPY CHF CAD AUD NZD CNY RMB INR BRL MXN SEK NOK DKK PLN CZK HUF RUB TRY ZAR KRW SGD HKD TWD THB IDR",
    "MYR PHP VND ILS AED SAR EGP NGN KES UAH RON BGN ARS CLP COP PEN BTC ETH",
    "Rs Rs. kr kr. zł Fr Fr. Kč Ft EURO Euro euro",
    "R$ US$ A$ C$ NZ$ HK$ S$",
)
CODES = frozenset(code for codes in _CURRENCIES for code in codes.split())
"""Currencies by ISO 4217 and as they are abbreviated; signs such as € are known by their Unicode category."""
OWN_UNITS = frozenset({"m", "mm", "t", "b", "cr"})
"""Units of measure that are multipliers as well: they multiply only beside others."""
GENERIC = re.compile(
    rf"^\(?\s*(?:{BOUND}|{ABOUT})?\s*[-+]?\s*(?P<prefix>[^\d\s()+\-.,'<>=~#][^\d()+\-<>=~#]*?)?\s*[-+]?\s*"
    r"(?P<number>\d(?:[\d.,' ]*[\d.])?|[.,]\d+)(?:[eEdD][-+]?\d{1,3})?\s*\+?\s*"
    r"(?P<unit>[^\d\s()+\-.,;:'\"<>=~#_][^\d()<>=;:#_+]*?[23²³]?(?:/ ?\d{1,4} ?[^\W\d]+)?)?\s*[-+]?\s*\)?$"
)
ORDINALS = frozenset({"st", "nd", "rd", "th"})
OUT_OF = re.compile(r"\s*/\s*\d+$")
"""What the points of a mark are counted in: 12.5/20."""
PAIR = re.compile(
    r"^\d[\d.,]*\s*(?:(?:[/x×'±]|\+/-|\*)\s*\d[\d.,]*\s*(?:\"|''|″)?|[^\d()]{1,6}\(\s*\d[\d.,]*[^\d()]{0,6}\))$"
)
"""Two numbers in a cell: 120/80, 5'11", 30x40, 1.2 ± 0.1, 110 kW (150 PS)."""
ALL_BUT_FEW = 0.95
"""Share of different texts that must have a unit of letters, if any has: "101 town" among numbers is no measure."""
RANGE = re.compile(r"^\D{0,3}\d[\d.,]*\s*(?:-|to|bis|\.\.)\s*\D{0,3}\d[\d.,]*\D{0,6}$")


SOME = 1000
"""Texts that are looked at first."""


@dataclass(frozen=True)
class NumberMarks:
    """What was seen of the numbers among some texts.

    ``numbers`` is how to read them, None if that cannot be known; then ``why`` says what stands in the way.
    ``asks`` is whether the decimal mark is all that is not known. ``decisive`` is the decimal mark, where the texts
    leave no doubt.
    """

    numbers: Numbers | None
    why: str = ""
    asks: bool = False
    decisive: str | None = None


def number_marks(texts: Sequence[str], *, decimal: str | None, doubtful: bool, forced: bool) -> NumberMarks:
    """How the numbers among some different, cleaned texts are written.

    Args:
        texts: those that are no marks of missing values.
        decimal: the decimal mark of the table, where it is known.
        doubtful: whether ``1,234`` may as well be a little more than one, as in a table with semicolons.
        forced: whether the column was said to hold numbers: any text may then stand around them.
    """
    if not forced and len(texts) > SOME:
        some = number_marks(texts[:SOME], decimal=decimal, doubtful=doubtful, forced=False)
        if some.why in ("prefix", "units"):  # so it stays, whatever follows
            return some
    out_of = {ending[0] for text in texts if (ending := OUT_OF.search(text))}
    if len({full.strip(" /") for full in out_of}) == 1 and all(map(OUT_OF.search, texts)):
        texts = [OUT_OF.sub("", text) for text in texts]
    else:
        out_of = set()
    found = [match for match in map(GENERIC.match, texts) if match]
    if not found:
        return NumberMarks(
            None, "ranges" if any(map(RANGE.match, texts)) else "pairs" if any(map(PAIR.match, texts)) else ""
        )
    written = [match["number"].strip() for match in found]
    bare = [match["number"] for match in found if not match["prefix"]]
    if not forced and any(re.match(r"0\d", text) and not re.search(r"[.,]", text) for text in bare):
        return NumberMarks(None, "zeros")
    prefixes, units = Counter(match["prefix"] for match in found), Counter(match["unit"] for match in found)
    several, own = _affixes(units)
    why = "" if forced else _against(prefixes, own, units, {match["number"] for match in found if not match["unit"]})
    marks = _marks(written, decimal, doubtful=doubtful)
    if marks is None:
        return NumberMarks(None, why or "decimals")
    point, thousands, decisive, asks = marks
    if why or asks:
        return NumberMarks(None, why or "decimal", asks, decisive)
    named = tuple(sorted(str(prefix).strip() for prefix in prefixes if prefix))
    return NumberMarks(Numbers(point, thousands, named, tuple(sorted(own | out_of)), several), decisive=decisive)


def _affixes(units: "Counter[str | None]") -> tuple[bool, set[str]]:
    """Whether k, M and the like are among the units, and the others."""
    texts = {unit.strip() for unit in units if unit}
    several, own = set(), set()
    for text in texts:
        first, _, rest = text.partition(" ")
        if (first.lower().rstrip(".") in MULTIPLIERS and (not rest or is_currency(rest))) or (
            len(text) > 1 and text[0].lower() in MULTIPLIERS and is_currency(text[1:])
        ):
            several.add(text)
        else:
            own.add(text)
    alone = {text.lower().rstrip(".") for text in several}
    if own - {text for text in own if is_currency(text)} or (len(alone) == 1 and alone <= OWN_UNITS):
        return False, texts
    behind = {rest for text in several if is_currency(rest := text.partition(" ")[2] or text[1:])}
    return bool(several), own | behind


def _against(prefixes: "Counter[str | None]", units: set[str], cells: "Counter[str | None]", bare: set[str]) -> str:
    """Why the affixes forbid to read the numbers; nothing if they do not. ``cells`` counts texts by their unit."""
    before = {str(prefix).strip() for prefix in prefixes if prefix}
    if any(not is_currency(prefix) for prefix in before):
        return "prefix"
    if units and units <= ORDINALS and not before:
        return ""
    if len(before) > 1 or len({unit.casefold().rstrip(".").rstrip("s") for unit in units}) > 1:
        return "units"
    worded = any(unit[:1].isalpha() and not is_currency(unit) for unit in units)
    if worded and cells.total() - cells[None] < ALL_BUT_FEW * cells.total():
        return "some"
    if "%" in units and any(re.search("[1-9]", number) for number in bare):
        return "percent"
    return ""


def is_currency(text: str) -> bool:
    """Whether a text is a currency's sign, code or abbreviation."""
    text = text.strip()
    return text in CODES or (len(text) <= 3 and any(unicodedata.category(letter) == "Sc" for letter in text))


def _marks(written: Iterable[str], decimal: str | None, *, doubtful: bool) -> tuple[str, str, str | None, bool] | None:
    """Decimal mark, thousands mark, the decimal mark if it is beyond doubt, and whether it has to be asked for.

    None if the numbers contradict each other.
    """
    points: set[str] = set()
    groups: set[str] = set()
    unsure: set[str] = set()
    for text in written:
        marks = [letter for letter in text if not letter.isdigit()]
        kinds = set(marks)
        if kinds & {" ", "'"}:
            groups |= kinds & {" ", "'"}
            kinds -= {" ", "'"}
            marks = [mark for mark in marks if mark in kinds]
            points |= kinds if len(marks) == 1 else set()
            continue
        if len(kinds) == 2:
            points.add(marks[-1])
            groups.add(marks[0])
        elif len(marks) > 1:
            groups |= kinds
        elif marks:
            before, _, after = text.partition(marks[0])
            sure = len(after) != 3 or before in ("", "0") or len(before) > 3
            (points if sure else unsure).add(marks[0])
    if points & groups or len(points) > 1 or len(groups) > 1:
        return None
    decisive = next(iter(points), None) or ("." if groups == {","} else "," if groups == {"."} else None)
    point = decisive or decimal
    if point is None:
        if "," in unsure and "." in unsure:
            return None
        if "," in unsure and doubtful:
            return ".", ",", None, True
        point = "."
    other = next(iter(groups), "." if point == "," else ",")
    if other == point:
        return None
    return point, other, decisive, False
