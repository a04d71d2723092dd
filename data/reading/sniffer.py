"""How a CSV is written, seen from its first lines: delimiter, lines above the header, and whether there is a header."""

import csv
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from descent.data.errors import TableError
from descent.data.reading.dialect import NO_HEADER, UNSAID, Dialect, described, runs_as_tabs, shown
from descent.data.reading.header import is_number, looks_like_rows, refuse_rows_as_header

USUAL = ",;\t|"
RARE = "^~\x1f\x1e\x01#:! "
"""Taken only where the header has none of the usual ones, and every one of the first rows has as many of them."""
LOOKED_AT = 100
"""Lines that are looked at, of the first MiB."""
HEAD = 1 << 20
ABOVE = 40
"""Lines that may stand above a header."""
SEP = re.compile(r'\s*"?sep=(\\t|.)"?[\s,;]*', re.IGNORECASE)
"""Excel's own first line: it names the delimiter and belongs to no table."""
MOSTLY = 0.8


@dataclass(frozen=True)
class Sniffed:
    """A dialect in which nothing is open, the line at which header or rows begin, and notes for the user."""

    dialect: Dialect
    first: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    line: int
    cells: tuple[str, ...]

    @property
    def filled(self) -> int:
        return sum(bool(cell.strip()) for cell in self.cells)


def sniff(raw: bytes, where: str, given: Dialect = UNSAID, known: Collection[str] = ()) -> Sniffed:
    """What nobody said of how ``raw`` is written.

    Args:
        raw: the file as UTF-8, or its begin.
        where: its name, for messages.
        given: what the user said.
        known: names that the header has to have, where they are known: a line with all of them is the header.

    Raises:
        TableError: the first line looks like a row; or there are fewer lines than the header's number.
    """
    lines = _lines(raw)
    skipped, notes = 0, []
    while skipped < len(lines) and not lines[skipped].strip():
        skipped += 1
    if skipped < len(lines) and (sep := SEP.fullmatch(lines[skipped])) and not (given.header or 0) > skipped + 1:
        if given.delimiter is None:
            given = replace(given, delimiter="\t" if sep[1] == "\\t" else sep[1])
        notes.append(f"line {skipped + 1} says what separates the columns: {described(str(given.delimiter))}")
        skipped += 1
    if given.header:
        if given.header > raw.count(b"\n") + raw.count(b"\r") + 1:
            raise TableError(f"{where}: data.header says line {given.header}, but the file has fewer lines")
        skipped = given.header - 1
        lines = _lines(raw, given.header + LOOKED_AT)
    comments = skipped
    while comments < len(lines) and (not lines[comments].strip() or lines[comments].startswith("#")):
        comments += 1
    best = _best(lines, skipped, comments, given, known)
    dialect, first = best.dialect, best.first
    if dialect.blanks or (given.delimiter is None and dialect.delimiter != ","):
        notes.append(f"columns are separated by {described(str(dialect.delimiter), dialect.blanks)} (detected)")
    if dialect.header == NO_HEADER:
        notes.append(f"there is no header: columns are called column_1 to column_{dialect.width}")
        return Sniffed(dialect, first, tuple(notes))
    if given.header is None:
        above = [line for line in lines[skipped : first - 1] if line.strip()]
        if above:
            what = "a comment" if len(above) == 1 else "comments"
            what = what if all(line.startswith("#") for line in above) else "no row of the table"
            many = "the line above it is" if len(above) == 1 else f"the {len(above)} lines above it are"
            notes.append(
                f"the header is line {first}: {many} {what} ({shown([above[0].strip()], '')}); otherwise: "
                "--set data.header=LINE"
            )
        if not best.sure:
            refuse_rows_as_header([row.cells for row in best.rows], where, first, bool(known))
    return Sniffed(dialect, first, tuple(notes))


def delimiter_of(lines: Sequence[str]) -> str:
    """The usual one that the first line has most of; else a rare one that all lines agree on; else a comma."""
    bare = [re.sub(r'"[^"]*"', "", line) for line in lines if line.strip()]
    if not bare:
        return ","
    usual = max(USUAL, key=bare[0].count)
    if usual in bare[0]:
        return usual
    for rare in RARE:
        counts = {line.count(rare) for line in bare}
        if len(counts) == 1 and len(bare) > 1 and counts.pop() > 0:
            return rare
    return ","


@dataclass(frozen=True)
class _Reading:
    """One way to read the first lines: ``rows`` begin with the header; ``sure`` if that line is a header for sure."""

    dialect: Dialect
    first: int
    rows: list[_Row]
    sure: bool = False


def _best(lines: list[str], skipped: int, comments: int, given: Dialect, known: Collection[str]) -> _Reading:
    """The first way to read the lines that all rows agree with; else the plain one, whose faults are told later."""
    wanted = {name.strip() for name in known}
    usual = given.delimiter or delimiter_of(lines[skipped:])
    tried = (
        (Dialect(delimiter, None, blanks), rows)
        for delimiter, blanks in _candidates(lines[comments:] or lines, usual, given)
        if (rows := _rows(lines, skipped, delimiter, blanks))
    )  # one after the other: mostly the first is taken
    readings = list(tried) if wanted or given.header == NO_HEADER else []
    for dialect, rows in readings if wanted else []:
        if found := [row for row in rows[:ABOVE] if wanted <= {cell.strip() for cell in row.cells}]:
            return _reading(dialect, [row for row in rows if row.line >= found[0].line], sure=True)
    first = readings[0] if readings else None
    for dialect, rows in readings or tried:
        first = first or (dialect, rows)
        if given.header == NO_HEADER:
            width = Counter(len(row.cells) for row in rows).most_common(1)[0][0]
            body = _apart(rows, width)[1]
            while body and len(body[0].cells) != width:
                body = body[1:]
            if body and (width > 1 or len(readings) == 1):
                made = replace(dialect, header=NO_HEADER, width=width)
                return _Reading(made, body[0].line, body, sure=True)
        elif given.header:
            return _reading(dialect, rows, sure=True)
        elif (reading := _with_header(dialect, rows)) is not None:
            return reading
    if first is None:
        return _Reading(Dialect(usual, skipped + 1), skipped + 1, [], sure=True)
    dialect, rows = first
    if rows[0].line <= comments < len(lines):  # comments are none of the rows, whatever ails the rows
        rows = [row for row in rows if row.line > comments] or rows
    return _reading(dialect, rows, sure=True)


def _candidates(lines: list[str], usual: str, given: Dialect) -> list[tuple[str, int]]:
    """(delimiter, blanks) in the order in which they are tried."""
    runs = [("\t", 1), ("\t", 2)]
    if given.delimiter is not None:
        return [(usual, 0), *(runs if given.delimiter == " " else [])]
    filled = [line for line in lines if line.strip()]
    if usual == "\t" and sum(bool(re.search(r"\S(  | \t)", line)) for line in filled) > MOSTLY * len(filled):
        return [*runs, (usual, 0)]
    others = [delimiter for delimiter in USUAL if delimiter != usual and any(delimiter in line for line in lines)]
    return [(usual, 0), *((delimiter, 0) for delimiter in others), *runs]


def _reading(dialect: Dialect, rows: list[_Row], *, sure: bool) -> _Reading:
    return _Reading(replace(dialect, header=rows[0].line, width=len(rows[0].cells)), rows[0].line, rows, sure)


def _with_header(dialect: Dialect, rows: list[_Row]) -> _Reading | None:
    """The reading in which a row and all that follow have as many cells; None if there is none to be trusted."""
    widths = [len(row.cells) for row in rows]
    width = Counter(widths[1:] or widths).most_common(1)[0][0]
    if width < 2:
        return None
    comments, body = _apart(rows, width)
    if comments and (named := _commented_header(comments[-1], body, len(comments), width)) is not None:
        return _reading(replace(dialect, mark="#"), [named, *body], sure=True)
    start = next((at for at, row in enumerate(body) if len(row.cells) == width and row.filled > width / 2), None)
    if start is None or start > ABOVE or any(len(row.cells) != width for row in body[start:]):
        return None
    above, header, below = body[:start], body[start], body[start + 1 :]
    if dialect.blanks and not (header is rows[0] or _tells_names(header, below)):
        return None
    if above and not (_is_header(header) and (_tells_names(header, below) or _are_titles(above, width))):
        return None
    return _reading(dialect, body[start:], sure=bool(above) and _tells_names(header, below))


def _apart(rows: list[_Row], width: int) -> tuple[list[_Row], list[_Row]]:
    """Comments above the table, and the rest without those below.

    One that has as many cells as a row is none if all that follows begins with ``#`` too, or if the line below it
    cannot be the header: ``#id,name`` is one itself.
    """
    first = next((at for at, row in enumerate(rows) if not row.cells[0].startswith("#")), 0)
    comments, body = rows[:first], rows[first:]
    alone = first == 1 and len(rows[0].cells) == width and not rows[0].cells[0].startswith("# ")
    if alone and looks_like_rows([row.cells for row in body]) is not False:
        comments, body = [], rows
    return comments, [row for row in body if len(row.cells) == width or not row.cells[0].startswith("#")]


def _commented_header(last: _Row, body: list[_Row], many: int, width: int) -> _Row | None:
    """The last comment above the rows, if it names their columns: ``# a b c``, as numpy.savetxt writes it."""
    first = last.cells[0]
    cells = last.cells[1:] if first.strip() == "#" else (first.lstrip("#").strip(), *last.cells[1:])
    named = _Row(last.line, cells)
    if len(cells) != width or not _is_header(named) or any(len(row.cells) != width for row in body):
        return None
    return named if _tells_names(named, body) and looks_like_rows([row.cells for row in body]) is not False else None


def _is_header(row: _Row) -> bool:
    """Whether cells can be names: all filled, all different, none a number."""
    cells = [cell.strip() for cell in row.cells]
    return all(cells) and len(set(cells)) == len(cells) and not any(map(is_number, cells))


def _tells_names(header: _Row, below: Sequence[_Row]) -> bool:
    """Whether some column is named by a text and holds numbers."""
    for index, name in enumerate(header.cells):
        cells = [row.cells[index] for row in below if row.cells[index].strip()]
        if name.strip() and not is_number(name) and sum(map(is_number, cells)) > MOSTLY * len(cells):
            return True
    return False


def _are_titles(above: Sequence[_Row], width: int) -> bool:
    return all(row.filled <= max(1, width // 2) for row in above)


def _lines(raw: bytes, most: int = LOOKED_AT) -> list[str]:
    """The first lines, the last one left out if it may be cut off."""
    text = raw[:HEAD].decode("utf-8", "ignore").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n", most)[:most]
    return lines[:-1] if len(raw) > HEAD and 1 < len(lines) < most else lines


def _rows(lines: list[str], skipped: int, delimiter: str, blanks: int) -> list[_Row]:
    """Rows of cells with the lines on which they begin; empty ones left out, and the last if a quote is open in it."""
    rest = lines[skipped:]
    if blanks:
        rest = runs_as_tabs("\n".join(rest).encode(), blanks).decode().split("\n")
    reader = csv.reader((f"{line}\n" for line in rest), delimiter=delimiter)
    found, begins = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found.append(_Row(skipped + begins, tuple(cells)))
            begins = reader.line_num + 1
    except csv.Error:
        pass
    if len(found) > 1 and any("\n" in cell for cell in found[-1].cells):
        found.pop()
    return found
