"""Names of columns: looked up forgivingly, and listed in messages."""

from collections.abc import Sequence
from difflib import get_close_matches

import pandas as pd

from descent.data.errors import ColumnError


def find_column(frame: pd.DataFrame, name: str, key: str, path: str) -> str:
    """The column called ``name``; blanks around it may be left out. ``key`` names the setting for the message.

    Raises:
        ColumnError: there is none (says which comes close), or several that differ in blanks only.
    """
    columns = [str(column) for column in frame.columns]
    if name in columns:
        return name
    stripped = [column for column in columns if column.strip() == name.strip()]
    if len(stripped) == 1:
        return stripped[0]
    if stripped:
        raise ColumnError(f"{path}: {key}: {name!r} could be {' or '.join(map(repr, stripped))}: write it exactly")
    lower = {column.lower(): column for column in columns}
    close = [lower[match] for match in get_close_matches(name.lower(), list(lower), n=2, cutoff=0.6)]
    hint = f"Did you mean {' or '.join(map(repr, close))}?" if close else f"Columns: {listed(columns)}"
    raise ColumnError(f"{path}: {key}: there is no column {name!r}. {hint}")


def listed(names: Sequence[str], most: int = 12) -> str:
    """Names in quotes, the tail of a long list as a number."""
    shown = ", ".join(map(repr, names[:most]))
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"


def shortened(value: object, most: int = 60) -> str:
    """A cell in quotes if it is a text, its tail as three dots if it is long."""
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= most else f"{text[: most - 4]}...{text[-1] if isinstance(value, str) else ''}"


def count(number: int, thing: str) -> str:
    """``1 row``, ``1,200 rows``."""
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
