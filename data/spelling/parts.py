"""Texts of one form taken apart by a regular expression with named groups."""

import re
from typing import Any

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from numpy.typing import NDArray

MANY = 1000
"""Texts from which it pays to see whether all have one shape."""


def split(texts: Any, pattern: str) -> tuple[dict[str, Any], NDArray[np.bool_]]:
    """The named groups of whole texts of Arrow, and (n,) which texts fit.

    ``pattern`` is one of RE2 in which a digit is written ``\\d`` or ``[1-7]``. A name that comes again has a number
    behind it. Groups that no text has may be absent.
    """
    pattern = _once(f"^{pattern}$")
    if (cut := _cut(texts, pattern)) is not None:
        return cut, np.ones(len(texts), bool)
    parts = pc.extract_regex(texts, pattern)
    names = [parts.type.field(index).name for index in range(parts.type.num_fields)]
    return {name: parts.field(name) for name in names}, parts.is_valid().to_numpy(zero_copy_only=False).copy()


def _cut(texts: Any, pattern: str) -> dict[str, Any] | None:
    """The groups, by their places, of many texts that differ in digits alone, the first of which fits; else None.

    What fits one of them fits all, at the same places. That takes a tenth of the time: of 35,000 moments, 90 ms.
    """
    if len(texts) < MANY or "[1-" in pattern or not _differ_in_digits(texts):
        return None
    of_python = re.sub(r"\\x\{(\w+)\}", lambda found: chr(int(found[1], 16)), pattern)
    match = re.fullmatch(of_python, texts[0].as_py())
    if match is None:
        return None
    groups = {name: match.span(name) for name, text in match.groupdict().items() if text is not None}
    return {name: pc.utf8_slice_codeunits(texts, *span) for name, span in groups.items()}


def _differ_in_digits(texts: Any) -> bool:
    """Whether all texts are ASCII, equally long, and the same but for their digits."""
    length = len(texts[0].as_py() or "")
    if not length or texts.null_count or texts.type != pa.string():
        return False
    _, places, letters = texts.buffers()
    ends = np.frombuffer(places, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    if ends[-1] - ends[0] != length * len(texts) or not (np.diff(ends) == length).all():
        return False
    cells = np.frombuffer(letters, np.uint8)[ends[0] : ends[-1]].reshape(len(texts), length)
    digit = cells - np.uint8(ord("0")) < 10
    return bool(cells.max() < 128 and (digit == digit[0]).all() and (digit | (cells == cells[0])).all())


def _once(pattern: str) -> str:
    """The pattern with a number behind the second name of a group and those that follow: RE2 wants each once."""
    seen: dict[str, int] = {}

    def named(match: "re.Match[str]") -> str:
        name = match.group(1)
        seen[name] = seen.get(name, 0) + 1
        return f"(?P<{name}{seen[name] if seen[name] > 1 else ''}>"

    return re.sub(r"\(\?P<(\w+)>", named, pattern)
