"""Texts that mean: no value."""

from collections.abc import Collection
from typing import Any

LETTER = r"A-Za-zªµºÀ-ÖØ-öø-\x{1FFF}\x{2C00}-\x{2DFF}\x{3040}-\x{D7FF}"
"""Letters, to stand within a class of RE2: ``\\pL`` is six hundred ranges, and takes 8 ms to compile at every use."""
_PANDAS = "#N/A #NA -1.#IND -1.#QNAN -NaN -nan 1.#IND 1.#QNAN <NA> N/A NA NULL NaN None n/a nan null"
MISSING = ("", "#N/A N/A", *_PANDAS.split())
"""In any column, as pandas takes them (pandas.read_csv, na_values), with a lone ``?``; texts may be kept as values."""

_WORDS = (
    "? - -- --- ---- . .. ... * ** / _ : \\n",
    "n.a. n.a n.d. n.d nd n.v. n.b. n.r. nr k.a. s.d. s/d tbd tba tbc t.b.d. t.b.a. qns nat unk nil",
    "#div/0! #value! #ref! #num! #name? #null! #getting_data #error! #wert! #bezug! #zahl! #nv",
    "inf +inf -inf infinity -infinity ∞",
    "unknown missing never ongoing declined refused void empty blank undefined unspecified invalid error err pending",
    "unavailable nodata unbekannt fehlt inconnu desconocido",
    "0000-00-00 00/00/0000 00.00.0000",
)
_SEVERAL = ("n. a.", "k. a.", "keine angabe", "sin dato", "0000-00-00 00:00:00")
AMONG_VALUES = frozenset(
    [*(text.lower() for text in MISSING), *_SEVERAL, *(word for words in _WORDS for word in words.split())]
)
"""Beside numbers, dates and times, where they cannot be anything else; in lower case."""

PHRASE = (
    rf"^(?:not|no|nicht|kein|keine|non|pas|sin|sem|geen|niet) [{LETTER}][{LETTER} ]*$"
    rf"|^(?:null|nan|n/a|none|-+) ?[%°{LETTER}][{LETTER}/³²]{{0,9}}$"
)
"""Such as "not measured" and "no reading", and "null kg", in lower case."""


def is_mark(texts: Any, own: Collection[str] = ()) -> Any:
    """(n,) booleans of Arrow: whether each cleaned text of an Arrow array means no value; ``own`` says so as well."""
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    lower = pc.utf8_lower(texts)
    known = pa.array([*AMONG_VALUES, *(text.strip().lower() for text in own)], pa.string())
    return pc.or_(pc.is_in(lower, value_set=known), pc.match_substring_regex(lower, PHRASE))


def texts_of_none(missing: Collection[str], keep: Collection[str]) -> list[str]:
    """Texts that mean no value in columns of texts: the usual ones but for ``keep``, a lone ``?``, and ``missing``."""
    return [*(text for text in MISSING if text not in keep), "?", *missing]
