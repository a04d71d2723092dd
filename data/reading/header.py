"""Whether the first line of a CSV names the columns, or is a row already."""

from collections.abc import Sequence
from itertools import pairwise

from descent.data.errors import TableError
from descent.data.reading.dialect import shown

Cells = Sequence[str]
MOSTLY = 0.8
NAMES = 5
"""Rising numbers from which they are taken for names, such as wavelengths: a row rises so far by chance once in 120."""
FEWEST = 3
"""Rows below a header that can tell anything about it."""
SOME, CELLS = 20, 3000
"""Rows that are looked at below a header in any case, and cells from which no more are."""


def is_number(text: str) -> bool:
    """Whether a cell is a number in the plain spelling, with a decimal point or a decimal comma."""
    text = text.strip()
    if not text or text[-1] not in "0123456789.":
        return False
    try:
        float(text.replace(",", ".", 1))
    except ValueError:
        return False
    return "_" not in text


def looks_like_rows(rows: Sequence[Cells]) -> bool | None:
    """Whether the first of some rows is like the others; None if they do not tell.

    It is not where a text stands above numbers. It is where numbers stand above numbers, but for names that count or
    rise (years, pixels, wavelengths); and where most of its texts come again below, each in its own column.
    """
    first, below = rows[0], [row for row in rows[1:] if len(row) == len(rows[0])]
    below = below[: max(SOME, CELLS // len(first))]
    if len(below) < FEWEST:
        return None
    numbers = [index for index in range(len(first)) if _is_numeric([row[index] for row in below])]
    if any(first[index].strip() and not is_number(first[index]) for index in numbers):
        return False
    names = [float(first[index].replace(",", ".", 1)) for index in numbers if is_number(first[index])]
    if names:
        return not _count(names)
    others = [row for row in below if list(row) != list(first)]  # a header may be repeated, where files were joined
    filled = [index for index in range(len(first)) if first[index].strip()]
    again = [index for index in filled if any(row[index].strip() == first[index].strip() for row in others)]
    return True if len(again) >= 2 and len(again) > len(filled) / 2 else None


def refuse_rows_as_header(rows: Sequence[Cells], where: str, line: int, predicting: bool) -> None:
    """Raise `TableError` if the line that would be the header looks like a row; ``predicting``: with a model."""
    if len(rows) < 2 or not looks_like_rows(rows):
        return
    what = f"{where}: line {line} looks like a row, not like a header with the names of the columns"
    if predicting:
        raise TableError(
            f"{what} ({shown(rows[0], ', ')}): write the names of the columns that the model learned above it"
        )
    raise TableError(
        f"{what} ({shown(rows[0], ', ')}). If there is no header: --set data.header=none, and columns are called "
        f"column_1 to column_{len(rows[0])}; if it is the header: --set data.header={line}"
    )


def _is_numeric(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell.strip() not in ("", "?", "NA", "NaN", "nan", "null")]
    return bool(filled) and sum(map(is_number, filled)) > MOSTLY * len(filled)


def _count(names: Sequence[float]) -> bool:
    """Whether numbers are such as columns are called: in even steps, rising far, or years."""
    steps = {round(after - before, 9) for before, after in pairwise(names)}
    if all(name.is_integer() and 1800 <= name <= 2200 for name in names) and all(step > 0 for step in steps):
        return True
    if len(names) == 1:
        return False
    even = len(steps) == 1 and min(steps) > 0
    if even and (len(names) > 2 or steps == {1.0}):
        return all(name.is_integer() for name in names) or len(names) >= NAMES
    return len(names) >= NAMES and all(step > 0 for step in steps)
