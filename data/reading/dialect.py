"""How a CSV is written: delimiter and header; and a file of any such kind as plain CSV."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

NO_HEADER = 0
"""As `Dialect.header`: the file begins with its rows."""


@dataclass(frozen=True)
class Dialect:
    """How a CSV is written. None is what nobody said: `sniffer.sniff` sees it in the file.

    Attributes:
        delimiter: the character between cells.
        header: the line with the names of the columns, counted from 1; `NO_HEADER` for none.
        blanks: cells are separated by runs of at least so many blanks or tabs, and ``delimiter`` is a tab; 0: they are
            not.
        mark: what stands before the names in the header's line, such as ``#``.
        width: cells in a row; 0 where nobody counted.
    """

    delimiter: str | None = None
    header: int | None = None
    blanks: int = 0
    mark: str = ""
    width: int = 0

    @classmethod
    def given(cls, delimiter: str | None, header: int | str | None) -> Self:
        """What a configuration says: ``header`` is the number of a line, or ``none``."""
        return cls(delimiter, NO_HEADER if header == "none" else None if header is None else int(header))

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """What a user said, as `dataclasses.asdict` gave it; ``{}`` where it is from before there were dialects."""
        return cls(stored.get("delimiter"), stored.get("header"))

    @property
    def names(self) -> list[str]:
        """What columns without a header are called."""
        return [f"column_{number}" for number in range(1, self.width + 1)]


UNSAID = Dialect()
"""Everything is to be seen in the file."""


def plain(raw: bytes, dialect: Dialect, first: int) -> bytes:
    """A CSV as one that begins with its header and has one delimiter between cells; line breaks stay where they are.

    ``first`` is the line at which the result begins: the header, or the first row where there is none.
    """
    begin = line_start(raw, first)
    if begin:
        raw = raw[begin:]
    if dialect.mark:
        raw = re.sub(rb"^%s[ \t]*" % re.escape(dialect.mark.encode()), b"", raw)
    if dialect.blanks:
        raw = runs_as_tabs(raw, dialect.blanks)
    if dialect.header == NO_HEADER:
        assert dialect.delimiter is not None
        raw = dialect.delimiter.join(dialect.names).encode() + b"\n" + raw
    return raw


def line_start(raw: bytes, line: int) -> int:
    """Where a line begins, counted from 1; lines end in a line feed, a carriage return, or both."""
    at = 0
    for _ in range(line - 1):
        ends = [found for found in (raw.find(b"\n", at), raw.find(b"\r", at)) if found >= 0]
        if not ends:
            return len(raw)
        at = min(ends) + (2 if raw.startswith(b"\r\n", min(ends)) else 1)
    return at


def runs_as_tabs(raw: bytes, least: int) -> bytes:
    """Tabs for runs of blanks, those at both ends of a line left out; quotes hold blanks together."""
    raw = re.sub(rb"(?m)^[ \t]+|[ \t]+(?=\r?$)", b"", raw)
    run = rb"\t[ \t]*|[ \t]{%d,}" % least
    if b'"' not in raw:
        return re.sub(run, b"\t", raw)
    return re.sub(rb'((?:^|(?<=[ \t\r\n]))"(?:[^"]|"")*")|' + run, lambda found: found[1] or b"\t", raw)


def without_comments(raw: bytes, delimiter: str, width: int) -> tuple[bytes, int]:
    """The rows without lines that begin with ``#`` and have not as many cells as the others; and how many there were.

    Empty lines stand where they were.
    """
    if b"#" not in raw or b"\n#" not in raw:
        return raw, 0
    removed, mark = 0, delimiter.encode()

    def emptied(found: re.Match[bytes]) -> bytes:
        nonlocal removed
        line = found[0]
        fits = re.sub(rb'"[^"]*"', b"", line).count(mark) == width - 1
        if fits or raw.count(b'"', 0, found.start()) % 2:  # inside of quotes it is text
            return line
        removed += 1
        return b""

    return re.sub(rb"(?m)^#[^\r\n]*", emptied, raw), removed


def described(delimiter: str, blanks: int = 0) -> str:
    """A delimiter in words."""
    if blanks:
        return "runs of blanks" if blanks == 1 else f"runs of {blanks} or more blanks"
    usual = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    return usual.get(delimiter, repr(delimiter))


def shown(cells: Sequence[str], delimiter: str) -> str:
    """The begin of a line, for a message."""
    text = delimiter.join(cells)
    return repr(text if len(text) <= 60 else f"{text[:57]}...")
