"""How the cells of a column are written, learned once from the whole column, and read so ever after.

`Numbers`, `Dates`, `Times` and `Levels` are small values that are stored with a model. Each has `read`, which gives the
same for a cell whatever stands beside it.
"""

from dataclasses import asdict
from typing import Any

from descent.data.spelling.dates import Dates
from descent.data.spelling.levels import Levels
from descent.data.spelling.numbers import Numbers
from descent.data.spelling.times import Times

Spelling = Numbers | Dates | Times | Levels
KINDS: dict[str, type[Spelling]] = {kind.kind: kind for kind in (Numbers, Dates, Times, Levels)}


def is_usual(spelling: Spelling) -> bool:
    """Whether cells are read so if nothing is said; times never are."""
    return spelling == type(spelling)() and not isinstance(spelling, Times)


def to_dict(spelling: Spelling) -> dict[str, Any]:
    """Plain values for JSON: the kind, and what is not as usual."""
    usual = asdict(type(spelling)())
    return {"kind": spelling.kind} | {key: value for key, value in asdict(spelling).items() if value != usual[key]}


def from_dict(stored: dict[str, Any]) -> Spelling:
    """What `to_dict` gave, from JSON. Raises `KeyError`, `TypeError` or `ValueError` for else."""
    values = {key: _tuples(value) for key, value in stored.items() if key != "kind"}
    return KINDS[stored["kind"]](**values)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


__all__ = ["Dates", "Levels", "Numbers", "Spelling", "Times", "from_dict", "to_dict"]
