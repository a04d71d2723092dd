"""Names of columns: looked up forgivingly, quoted so that they can be typed back."""

import json
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from .errors import ColumnError

_PLAIN = re.compile(r"[A-Za-z_][\w .%/#-]*[\w)#%]|[A-Za-z_]")
_SHOWN = 8


def find_column(columns: Iterable[object], name: str, *, where: str = "the table", key: str = "column") -> str:
    """The column called ``name``, also when it differs only in surrounding spaces or in case.

    Args:
        columns: the names that exist, exactly as in the file.
        name: what the user typed.
        where: the file, for the message.
        key: the setting that holds the name, for the message.

    Raises:
        ColumnError: no such column (with the nearest names), or several that differ only in spaces or case.
    """
    names = [str(column) for column in columns]
    if name in names:
        return name
    for alike in (lambda text: text.strip(), lambda text: " ".join(text.split()).casefold()):
        found = [column for column in names if alike(column) == alike(name)]
        if len(found) == 1:
            return found[0]
        if found:
            raise ColumnError(f"{where}: {key} {name!r} could be {' or '.join(map(repr, found))}: write it exactly")
    near = get_close_matches(name.strip().casefold(), {column.strip().casefold() for column in names}, n=3, cutoff=0.6)
    close = [column for text in near for column in names if column.strip().casefold() == text]
    hint = f"did you mean {' or '.join(map(repr, close))}?" if close else f"it has {listed(names)}"
    raise ColumnError(f"{where}: {key} {name!r} is not a column: {hint}")


def listed(names: Sequence[str], shown: int = _SHOWN) -> str:
    """Names with commas, the tail of a long list as a number."""
    text = ", ".join(names[:shown])
    return text if len(names) <= shown else f"{text} and {len(names) - shown} more"


def typed(names: Sequence[str]) -> str:
    """Names as a YAML list that can be typed after ``--set data.exclude=``, quoted where YAML or a shell needs it."""
    return (
        "["
        + ", ".join(
            name if _PLAIN.fullmatch(name) and "#" not in name else json.dumps(name, ensure_ascii=False)
            for name in names
        )
        + "]"
    )


def setting(key: str, names: Sequence[str]) -> str:
    """The option to type, such as ``--set 'data.exclude=[id, "a, b"]'``."""
    text = f"{key}={typed(names)}"
    return f"--set '{text}'" if "'" not in text else f"--set {json.dumps(text, ensure_ascii=False)}"
