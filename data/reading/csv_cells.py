"""The cells of a CSV: numbers as numbers where Arrow's reader says what stands there, all else as the text it is.

Arrow would take ``00501`` for 501, ``1.10`` for 1.1, ``08:30`` for a time and ``true`` for a truth value: such columns
are read as texts, and `data.spelling` says what they mean. Only the columns in question are read a second time.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from descent.data.spelling.marks import MISSING

Reader = Callable[[bytes, Mapping[str, Any], Sequence[str] | None], Any]
"""(bytes, type by column, columns or None for all) → table of Arrow, with the column names of the file."""
HEAD = 1 << 16
"""Bytes at the beginning that say which columns hold texts."""
EXACT = 1 << 53
"""Whole numbers beyond this are not exact as floats."""
FEW = 1000
"""Different numbers of a column that may be names."""
FEWER = 20
"""The same where all have as many decimals, as measurements do."""
WINDOW = 1 << 20
"""Bytes that are looked at at once: masks of a whole file would be larger than the file."""
SOME = 500
"""Cells that are looked at in a window."""
GROUPED = r"^-?\d{1,3}(?:\.\d{3})+$|^-?\d{1,3}$"
COMMA = r"^[-+(]?\D{0,4}(?:\d{1,3}(?:\.\d{3})+,\d+|\d+,(?:\d{1,2}|\d{4,}))\D{0,6}$"


def read_cells(raw: bytes, read: Reader, delimiter: str, texts: Collection[str] = ()) -> Any:
    """The table of Arrow: columns of int64, double, texts as they stand, or nothing at all.

    ``texts`` are columns in which ``1.10`` is a name, if it is not what any program would write for the number.
    """
    types = _types(raw, read)
    table = read(raw, types, None)
    names, columns = table.column_names, table.columns  # made anew whenever they are asked for
    again = {name: why for name, column in zip(names, columns, strict=True) if (why := _doubtful(column, name, texts))}
    kinds = list(zip(names, table.schema.types, strict=True))
    if _has_leading_zeros(raw, delimiter):
        again |= {name: "zeros" for name, kind in kinds if pa.types.is_integer(kind)}
    if any(map(_has_decimal_commas, columns)):
        again |= {name: "groups" for name, kind in kinds if pa.types.is_floating(kind)}
    twice = {name for name, times in Counter(names).items() if times > 1}
    again = {name: why for name, why in again.items() if name not in twice}
    del columns
    if not again:
        return table
    others = read(raw, dict.fromkeys(again, pa.string()), list(again))
    for name, why in again.items():
        column = others.column(name)
        if _is_text(column, why):
            table = table.set_column(names.index(name), name, column)
    return table


def read_as(raw: bytes, read: Reader, numbers: Collection[str]) -> Any:
    """The table of Arrow with the columns ``numbers`` as doubles and all others as texts.

    Where one of them holds something else, they are texts as well, and mean the same.
    """
    names = read(_head(raw), {}, None).column_names
    types = {name: pa.float64() if name.strip() in numbers else pa.string() for name in names}
    try:
        return read(raw, types, None)
    except pa.ArrowInvalid:
        return read(raw, dict.fromkeys(names, pa.string()), None)


def _types(raw: bytes, read: Reader) -> dict[str, Any]:
    """Texts, as far as the first rows show them: they are not tried as dates first."""
    if len(raw) <= HEAD:
        return {}
    try:
        schema = read(_head(raw), {}, None).schema
    except pa.ArrowInvalid:
        return {}
    return {field.name: pa.string() for field in schema if not _is_number(field.type)}


def _head(raw: bytes) -> bytes:
    """Whole lines."""
    if len(raw) <= HEAD:
        return raw
    end = raw.rfind(b"\n", 0, HEAD) + 1
    while end and raw.count(b'"', 0, end) % 2:
        end = raw.rfind(b"\n", 0, end - 1) + 1
    return raw[:end] if end else raw


def _is_number(kind: Any) -> bool:
    return bool(pa.types.is_int64(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind))


def _doubtful(column: Any, name: str, texts: Collection[str]) -> str:
    """Why a column is to be read as texts: a date, time or truth value; digits beyond exact numbers; perhaps names."""
    if pa.types.is_string(column.type):
        return ""
    if not _is_number(column.type):
        return "kind"
    if pa.types.is_null(column.type):
        return ""
    size = _size(column) if column.null_count or pa.types.is_floating(column.type) else 0
    if EXACT <= size < 1e40:
        return "digits"
    if name.strip() in texts and pa.types.is_floating(column.type) and len(pc.unique(column)) <= FEW:
        return "names"
    return ""


def _size(column: Any) -> float:
    ends = pc.min_max(column).as_py()
    return float(max(abs(ends["min"] or 0), abs(ends["max"] or 0)))


def _is_text(column: Any, why: str) -> bool:
    """Whether a column that was read again as texts stays so."""
    if why == "kind":
        return True
    present = pc.utf8_trim_whitespace(column)
    present = present.filter(pc.invert(pc.is_in(present, value_set=pa.array(MISSING))))
    if why == "zeros":
        return bool(pc.any(pc.match_substring_regex(present, r"^[-+]?0\d")).as_py())
    if why == "digits":
        return bool(pc.all(pc.match_substring_regex(present, r"^\d+$")).as_py())
    if why == "groups":
        return bool(pc.all(pc.match_substring_regex(present, GROUPED)).as_py())
    different = pc.unique(present).to_pylist()
    if len(different) > FEWER and len({len(text.partition(".")[2]) for text in different}) == 1:
        return False  # measurements to so many decimals
    return not all(map(_is_usual, different))


def _is_usual(text: str) -> bool:
    """Whether a program that writes numbers would have written this one so."""
    return repr(float(text)) == text or text.removesuffix(".0").isdecimal()


def _has_leading_zeros(raw: bytes, delimiter: str) -> bool:
    """Whether a cell is all digits behind a 0, as far as some hundred cells that begin so in every MiB show."""
    cell = re.compile(rb"[0-9]+[\"' ]?(?:[\r\n" + re.escape(delimiter.encode()) + rb"]|$)")
    letters = np.frombuffer(raw, np.uint8)
    borders = np.zeros(256, np.bool_)
    borders[list(b"\n\"' " + delimiter.encode())] = True
    for start in range(0, len(raw), WINDOW):
        window = letters[start : start + WINDOW + 2]
        zeros = np.flatnonzero((window[1:-1] == ord("0")) & (window[2:] - np.uint8(ord("0")) < 10))
        found = zeros[borders[window[zeros]]] + start + 1
        if any(cell.match(raw, int(at)) for at in found[:: len(found) // SOME + 1]):
            return True
    return False


def _has_decimal_commas(column: Any) -> bool:
    if not pa.types.is_string(column.type):
        return False
    some = pc.utf8_trim_whitespace(column.slice(0, 200))
    hits = pc.sum(pc.match_substring_regex(some, COMMA)).as_py() or 0
    return bool(hits > 0 and 2 * hits >= len(some.filter(pc.match_substring_regex(some, r"\d"))))
