"""Quotes of a CSV: those that are never closed or closed in the midst of a text, and rows that a cell has swallowed."""

import csv
import re
from collections.abc import Iterator
from itertools import islice
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from descent.data.errors import TableError

MANY = 50
"""Line breaks in a cell that are worth a word."""
SWALLOWED = 8
"""Lines in a cell from which it is asked whether they are rows."""
MOSTLY = 0.8
VOTES = 50
"""Lines with a backslash that are looked at."""
_CHUNK = 1 << 22


def check_quotes(raw: bytes, delimiter: str, where: str, before: int) -> None:
    """Hold every quote to its cell.

    Args:
        raw: header and rows.
        delimiter: the character between cells.
        where: the file's name, for messages.
        before: lines of the file before ``raw``.

    Raises:
        TableError: a quote is never closed, or closed before a text.
    """
    if b'"' not in raw or _in_order(raw, delimiter) or _in_order_with_marks(raw, delimiter):
        return
    for _ in _cells_in_quotes(raw, delimiter, where, before):
        pass


def check_breaks(raw: bytes, delimiter: str, where: str, before: int, width: int, breaks: int) -> list[str]:
    """Look at the longest cell if there are line ``breaks`` in cells; gives a note if it has very many.

    Raises:
        TableError: what it holds looks like rows of ``width`` cells.
    """
    if breaks < SWALLOWED or b'"' not in raw or _longest_gap(raw) < SWALLOWED:
        return []
    begin, end = max(_cells_in_quotes(raw, delimiter, where, before), key=lambda cell: cell[1] - cell[0])
    breaks = raw.count(b"\n", begin, end)
    first = _line(raw, begin, before)
    lines = raw[begin:end].split(b"\n")[1:-1]
    alike = sum(line.count(delimiter.encode()) == width - 1 for line in lines)
    if width > 1 and breaks >= SWALLOWED and alike > MOSTLY * len(lines):
        raise TableError(
            f'{where}: line {first}: a quote (") is opened in this row and closed in line {first + breaks:,} only, and '
            f"the {len(lines):,} lines between look like rows: take the quote out, or double the quotes that belong to "
            "the text"
        )
    if breaks < MANY:
        return []
    return [
        f'the cell that begins in line {first:,} has {breaks:,} line breaks: is a quote (") missing, or one too many?'
    ]


def _in_order(raw: bytes, delimiter: str) -> bool:
    """Whether every other quote closes a cell or doubles the next, as where programs write them.

    The others open then, as what follows an opening quote is text. This sees files at the speed of memory.
    """
    bytes_, count = np.frombuffer(raw, np.uint8), 0
    for start in range(0, len(raw), _CHUNK):
        at = np.flatnonzero(bytes_[start : start + _CHUNK] == ord('"')) + start
        if not _beside(bytes_, at[1 - count % 2 :: 2] + 1, delimiter).all():
            return False
        count += len(at)
    return count % 2 == 0


def _in_order_with_marks(raw: bytes, delimiter: str) -> bool:
    """The same where quotes stand within cells that have none around them (a 5" pipe): those belong to the text."""
    bytes_ = np.frombuffer(raw, np.uint8)
    at = np.flatnonzero(bytes_ == ord('"'))
    begins, ends = _beside(bytes_, at - 1, delimiter), _beside(bytes_, at + 1, delimiter)
    kept, marks = at[begins | ends], at[~(begins | ends)]
    outside = np.searchsorted(kept, marks) % 2 == 0
    begins, ends = begins[begins | ends], ends[begins | ends]
    return len(kept) % 2 == 0 and bool(outside.all() and begins[::2].all() and ends[1::2].all())


def _beside(bytes_: NDArray[np.uint8], at: NDArray[np.intp], delimiter: str) -> NDArray[np.bool_]:
    """Whether a delimiter, a line break, a quote, or the begin or end of the file stands at each place."""
    outer = len(at) and (at[0] < 0 or at[-1] == len(bytes_))
    found = bytes_[np.clip(at, 0, len(bytes_) - 1) if outer else at]
    fits = (found == ord(delimiter)) | (found == ord("\n")) | (found == ord("\r")) | (found == ord('"'))
    return np.asarray(fits | (at < 0) | (at == len(bytes_)) if outer else fits)


def _longest_gap(raw: bytes) -> int:
    """Line breaks between two quotes that stand far apart: what a cell holds, or rows without quotes."""
    bytes_ = np.frombuffer(raw, np.uint8)
    at = np.concatenate(
        [np.flatnonzero(bytes_[start : start + _CHUNK] == ord('"')) + start for start in range(0, len(raw), _CHUNK)]
    )
    widest = int(np.argmax(np.diff(at)))
    return raw.count(b"\n", int(at[widest]), int(at[widest + 1]))


def _cells_in_quotes(raw: bytes, delimiter: str, where: str, before: int) -> Iterator[tuple[int, int]]:
    """Where each cell in quotes begins and ends; raises for the first that does not end as it should."""
    mark = re.escape(delimiter.encode())
    cell = re.compile(
        rb'(?:\A|(?<=[\r\n])|(?<=%s))(?:("[^"]*(?:""[^"]*)*"(?=[ \t]*(?:\Z|[\r\n]|%s)))|")' % (mark, mark)
    )
    for found in cell.finditer(raw):
        if found[1] is None:
            _refuse(raw, found.start(), where, before)
        yield found.span()


def _refuse(raw: bytes, begin: int, where: str, before: int) -> NoReturn:
    closing = re.compile(rb'"[^"]*(?:""[^"]*)*"').match(raw, begin)
    if closing is None:
        raise TableError(
            f'{where}: line {_line(raw, begin, before)}: a quote (") is opened in this row and never closed: '
            "close it, or double the quotes that belong to the text"
        )
    rest = raw[closing.end() : closing.end() + 20].split(b"\n")[0].decode("utf-8", "ignore")
    raise TableError(
        f'{where}: line {_line(raw, closing.end(), before)}: a closing quote (") is followed by text ({rest!r}); it '
        f"was opened in line {_line(raw, begin, before)}: double the quotes that belong to the text, or remove the "
        "extra one"
    )


def _line(raw: bytes, at: int, before: int) -> int:
    return before + 1 + raw.count(b"\n", 0, at)


def unescaped(raw: bytes, delimiter: str) -> tuple[bytes, bool]:
    r"""The same with ``""`` for ``\"``, and quotes around cells with an escaped delimiter; and whether it was so.

    A backslash before a quote may also be the last character of a cell (``"C:\"``): the lines vote, each by the reading
    of the two in which it is in order.
    """
    if b"\\" not in raw or not _is_escaped(raw, delimiter):
        return raw, False
    mark = re.escape(delimiter.encode())
    raw = re.sub(rb'(?<!\\)((?:\\\\)*)\\"', rb'\1""', raw)
    free = rb'(?:[^"\\\r\n%s]|\\[^\r\n])' % mark
    cell = rb"(?:(?<=[\r\n%s])|\A)(%s*\\%s%s*)(?=[\r\n%s]|\Z)" % (mark, free, mark, free, mark)
    return re.sub(
        cell, lambda found: b'"' + found[1].replace(b"\\" + delimiter.encode(), delimiter.encode()) + b'"', raw
    ), True


def _is_escaped(raw: bytes, delimiter: str) -> bool:
    width = _cells(raw[: 1 << 20].lstrip(b"\r\n").split(b"\n")[0].decode("utf-8", "ignore"), delimiter, None)
    votes = 0
    for found in islice(re.finditer(rb'[^\r\n]*\\["%s][^\r\n]*' % re.escape(delimiter.encode()), raw), VOTES):
        line = found[0].decode("utf-8", "ignore")
        votes += (_cells(line, delimiter, "\\") == width) - (_cells(line, delimiter, None) == width)
    return votes > 0


def _cells(line: str, delimiter: str, escape: str | None) -> int:
    """Cells of a line; 0 if its quotes are in disorder."""
    try:
        return len(next(csv.reader([line], delimiter=delimiter, escapechar=escape, strict=True)))
    except (csv.Error, StopIteration):
        return 0
