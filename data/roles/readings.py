"""What is to be said of how the cells of a table were read, and of what was not."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from descent.data.errors import FoundError
from descent.data.finding import Finding, joined_names
from descent.data.names import count, shortened
from descent.data.options import exclude, setting
from descent.data.reading.tables import Table
from descent.data.roles.checks import most_classes
from descent.data.roles.roles import Column
from descent.data.spelling.guess import Guess
from descent.data.spelling.kinds import Dates, Times, is_usual
from descent.data.spelling.table import Spelled
from descent.data.spelling.texts import cleaned

LARGE = 12
"""Levels of a category beyond which a model would rather have had numbers."""
PLAIN = re.compile(r"^[-+]?\d+(?:\.\d+)?$")
WORD = re.compile(r"\W*[^\W\d]{2,}")
"""What begins with a word."""
REPEATED = 4
"""Rows of a label, on average, from which it is a class."""
MOST = 6
"""Columns that are told of in one sentence."""


def readings(seen: Spelled, table: Table, target: str, columns: Sequence[Column]) -> list[Finding]:
    """Notes on what was read, and warnings of what looks like numbers or dates and was not.

    ``columns`` are those with a role; the target is none of them.
    """
    roles = {column.name: column.role for column in columns}
    return [
        *_read(seen, table),
        *_marks(seen),
        *_merged(seen),
        *_usual_marks(seen, table, target, roles),
        *_names(seen, roles),
        *(
            found
            for name, role in roles.items()
            if name in seen.doubts and (found := doubt(seen, name, role)) is not None
        ),
    ]


def doubt(seen: Spelled, name: str, role: str) -> Finding | None:
    """The warning of an identifier, a text or a large category that looks like numbers or dates."""
    guessed = seen.doubts[name]
    column = seen.frame[name]
    large = role == "categorical" and column.nunique() > LARGE
    if not (role in ("identifier", "text") or large) or not _may_be_read(guessed, column):
        return None
    what, action = _in_the_way(guessed, name, f"if they are names: {setting('data.categorical', [name])}")
    cells = f"{guessed.share:.0%} of the cells"
    how = "a category" if role == "categorical" else "names of the rows, which no model sees"
    return Finding("unread-values", "warning", (name,), f"{name}: {cells} {what}; they are treated as {how}", action)


def refuse_unread_target(seen: Spelled, target: str, column: pd.Series, table: Table) -> None:
    """Raise `FoundError` for a target of texts that look like numbers or dates and are none that could be read.

    Numbers behind a word (``sku 12``) are classes where each has several rows; ``column`` has no row without a target.
    """
    guessed = seen.doubts[target]
    labels = column.nunique()
    classes = guessed.why == "prefix" and WORD.match(guessed.example) and labels <= len(column) / REPEATED
    if not _may_be_read(guessed, column) or (classes and labels <= most_classes(len(column))):
        return
    what, action = _in_the_way(guessed, target, "if they are classes: --set data.task=multiclass")
    place = ""
    if guessed.wrong and guessed.spelling is not None and not guessed.why:
        _, wrong = guessed.spelling.read(column)
        place = f", first in {table.row(int(column.index[int(np.argmax(wrong))]))}"
    evidence = f"target {target!r}: {guessed.share:.0%} of the cells {what}{place}; there are {labels:,} different ones"
    raise FoundError(table.path, Finding("target-of-names", "error", (target,), evidence, action))


def _may_be_read(seen: Guess, column: pd.Series) -> bool:
    """Whether most cells hold what may be numbers or dates."""
    return seen.share >= 0.5 and seen.why != "zeros" and (seen.why != "prefix" or _worth_asking(column))


def _in_the_way(seen: Guess, name: str, otherwise: str) -> tuple[str, str]:
    """What stands in the way of reading a column, and what to do."""
    numeric, example = setting("data.numeric", [name]), shortened(seen.example)
    keep = f"; {otherwise}"
    if seen.why == "order":
        return (
            f"are dates such as {example}, none of which says whether the day or the month comes first",
            f"say it: {setting('data.date_order', 'dmy')} or {setting('data.date_order', 'mdy')}{keep}",
        )
    if seen.why == "decimal":
        return (
            f"are numbers such as {example}, in which the comma may be a decimal or a thousands mark",
            f"say it: {setting('data.decimal', ',')} or {setting('data.decimal', '.')}{keep}",
        )
    reasons = {
        "ranges": ("are ranges", f"to read the middle of each: {numeric}"),
        "prefix": ("are numbers after a text", f"to read the numbers: {numeric}"),
        "pairs": ("are two numbers", "write them in two columns"),
        "some": (
            "are numbers, some with a unit and some without,",
            f"write them the same way; to read them all: {numeric}",
        ),
        "units": (
            "are numbers in several units or currencies",
            f"bring them to one; to read the numbers alone: {numeric}",
        ),
        "percent": ("are numbers with % and without", f"write them the same way; to read the numbers alone: {numeric}"),
        "decimals": (
            "are numbers whose marks contradict each other",
            f"write them the same way, or say {setting('data.decimal', '.')} and {numeric}",
        ),
    }
    if seen.why in reasons:
        what, action = reasons[seen.why]
        return f"{what} such as {example}", action + keep
    kind = "dates" if isinstance(seen.spelling, Dates) else "times" if isinstance(seen.spelling, Times) else "numbers"
    wrong = list(seen.wrong)
    shown = joined_names([f"{shortened(text, 30)} ({number:,})" for text, number in list(seen.wrong.items())[:5]])
    return (
        f"are {kind} such as {example}, but there is {shown}{' and others' * (len(wrong) > 5)}",
        f"if that means no value: {setting('data.missing', wrong[:5])}{keep}",
    )


def _worth_asking(column: pd.Series) -> bool:
    """Whether numbers behind a text may be amounts: they have decimals, or a blank stands before them."""
    some = column.dropna().astype(str).iloc[:200]
    if some.is_unique and some.str.fullmatch(r"[^\W\d_]{2,}\D?\d+").all():
        return False  # Student 1, Student 2
    return bool(some.str.contains(r"\d[.,]\d|\D \d").mean() > 0.3)


def _read(seen: Spelled, table: Table) -> list[Finding]:
    kinds: dict[str, list[str]] = {
        "numbers": [],
        "dates": [],
        "times of day, in hours": [],
        "durations, in seconds": [],
    }
    for name, guessed in seen.guesses.items():
        spelling = guessed.spelling
        if isinstance(spelling, Dates) and not (is_usual(spelling) or pd.isna(_value(guessed))):
            kinds["dates"].append(name)
        elif isinstance(spelling, Times):
            kinds["times of day, in hours" if spelling.of_day else "durations, in seconds"].append(name)
        elif not isinstance(spelling, Dates) and not _is_plain(guessed, name, table):
            kinds["numbers"].append(name)
    found = []
    for kind, names in kinds.items():
        if not names:
            continue
        told = joined_names([_told(seen.guesses[name], name) for name in names], MOST)
        compact = [name for name in names if "compact" in str(getattr(seen.guesses[name].spelling, "layouts", ""))]
        undo = setting("data.verbatim", [name for name in names if name not in compact] or names)
        if compact:
            undo = setting("data.numeric", compact) + (f" and {undo}" if len(compact) < len(names) else "")
        found.append(Finding("spelling", "note", tuple(names), f"read as {kind}: {told}", f"if that is wrong: {undo}"))
    return found


def _is_plain(seen: Guess, name: str, table: Table) -> bool:
    """Whether nothing but marks of no value kept the numbers from being read by any reader: these are told of alone."""
    return bool(PLAIN.match(seen.example)) and not seen.bounds and bool(seen.marked or name in table.marked)


def _told(seen: Guess, name: str) -> str:
    value = _value(seen)
    shown = str(value) if isinstance(seen.spelling, Dates) else f"{value:.10g}"
    bounds = f", {count(seen.bounds, 'bound')} such as <0.5 or 90+ as the number" if seen.bounds else ""
    shown = shown.removesuffix(" 00:00:00")
    return f"{name} ({count(seen.cells, 'cell')}: {shortened(seen.example, 30)} is {shown}{bounds})"


def _value(seen: Guess) -> Any:
    assert seen.spelling is not None
    text = seen.example.removesuffix(".0") if isinstance(seen.spelling, Dates) else seen.example
    values, _ = seen.spelling.parse(cleaned(pa.array([text], pa.string())))
    return pd.Timestamp(values[0]) if isinstance(seen.spelling, Dates) else float(np.asarray(values)[0])


def _marks(seen: Spelled) -> list[Finding]:
    marked = {name: guessed.marked for name, guessed in seen.guesses.items() if guessed.marked}
    if not marked:
        return []
    told = joined_names([f"{name}: {_counts(texts)}" for name, texts in marked.items()], MOST)
    undo = setting("data.verbatim", list(marked))
    return [
        Finding("marks-of-no-value", "note", tuple(marked), f"read as no value: {told}", f"if that is wrong: {undo}")
    ]


def _counts(texts: Mapping[str, int]) -> str:
    return joined_names([f"{shortened(text, 30)} ({number:,})" for text, number in texts.items()], 4)


def _merged(seen: Spelled) -> list[Finding]:
    if not seen.merged:
        return []
    told = []
    for name, levels in seen.merged.items():
        pairs = [
            f"{joined_names([repr(text) for text in texts if text != level], 4)} as {level!r}"
            for level, texts in levels.items()
        ]
        told.append(f"{name}: {joined_names(pairs, 4)}")
    undo = setting("data.verbatim", list(seen.merged))
    return [
        Finding(
            "same-levels",
            "note",
            tuple(seen.merged),
            f"blanks and case left aside, {joined_names(told, MOST)}",
            f"if they are different things: {undo}",
        )
    ]


def _usual_marks(seen: Spelled, table: Table, target: str, roles: Mapping[str, str]) -> list[Finding]:
    """Texts such as NA and None in columns of texts, where they may as well be values."""
    texts = {
        name: words
        for name, counts in table.marked.items()
        if (name == target or roles.get(name) in ("categorical", "boolean"))
        and name not in seen.guesses
        and (words := {text: number for text, number in counts.items() if text not in ("?", *table.missing)})
    }
    found = []
    for names, severity in (([target], "warning"), ([name for name in texts if name != target], "note")):
        shown = {name: texts[name] for name in names if name in texts}
        if shown:
            told = joined_names([f"{name}: {_counts(words)}" for name, words in shown.items()], MOST)
            distinct = list(dict.fromkeys(word for counts in shown.values() for word in counts))
            rows = "; these rows are left out" if severity == "warning" else ""
            found.append(
                Finding(
                    "usual-marks",
                    severity,  # type: ignore[arg-type]
                    tuple(shown),
                    f"read as no value: {told}{rows}",
                    f"if it is a value: {setting('data.keep', distinct)}",
                )
            )
    return found


def _names(seen: Spelled, roles: Mapping[str, str]) -> list[Finding]:
    names = [
        name
        for name, guessed in seen.doubts.items()
        if guessed.why == "zeros" and roles.get(name) in ("categorical", "identifier") and guessed.share > 0.5
    ]
    if not names:
        return []
    told = joined_names([f"{name} ({shortened(_first_zero(seen.frame[name]))})" for name in names], MOST)
    return [
        Finding(
            "leading-zeros",
            "note",
            tuple(names),
            f"numbers that begin with 0 stay texts: {told}",
            f"to read numbers: {setting('data.numeric', names)}; to leave out: {exclude(names)}",
        )
    ]


def _first_zero(column: pd.Series) -> str:
    texts = column.dropna().astype(str)
    return str(texts[texts.str.match(r"\W*0\d")].iloc[0])
