"""How the columns of a table are written: all of them together, as one may say what another leaves open."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa  # type: ignore[import-untyped]

from descent.data.spelling.date_layouts import compact_dates
from descent.data.spelling.guess import Guess, Hints, guess
from descent.data.spelling.kinds import Dates, Levels, Numbers, Spelling, Times, is_usual
from descent.data.spelling.levels import trimmed, truths_of
from descent.data.spelling.texts import Words, is_text, words_of

MOST_LEVELS = 5000
"""Different texts beyond which they are not looked at for blanks and case."""
UNTOUCHED = frozenset({"excluded", "text", "identifier", "constant", "group", "split", "verbatim"})
"""What a column may be said to be so that its cells stay as they stand."""
DECIDED = 0.9
"""Share of numbers or dates from which the other cells look like slips."""


@dataclass(frozen=True, eq=False)
class Spelled:
    """A frame whose cells are read, and how.

    Attributes:
        frame: numbers and dates as such, levels without blanks around them; the other texts as they stood.
        spellings: by column, where it is not plain.
        guesses: of the columns that were read as numbers, dates or times.
        doubts: of those that look like such, but were not read: `Guess.why` or `Guess.wrong` says why.
        merged: the spellings that were put together, by column and level.
        words: the different texts of columns that are texts as they stood.
    """

    frame: pd.DataFrame
    spellings: dict[str, Spelling] = field(default_factory=dict)
    guesses: dict[str, Guess] = field(default_factory=dict)
    doubts: dict[str, Guess] = field(default_factory=dict)
    merged: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    words: dict[str, Words] = field(default_factory=dict)


def spelled(frame: pd.DataFrame, said: Mapping[str, str], hints: Hints, levels_only: Collection[str] = ()) -> Spelled:
    """See how each column is written, and read it.

    Args:
        frame: columns of numbers, dates, truth values and texts.
        said: what columns were said to be: a role, ``verbatim`` or ``excluded``.
        hints: what was said of the table.
        levels_only: columns of which the text is wanted, whatever they look like.
    """
    found = Spelled(frame)
    columns: dict[str, Any] = {}
    open_columns = {name: column for name, column in frame.items() if said.get(str(name)) not in UNTOUCHED}
    words = {str(name): words_of(column) for name, column in open_columns.items() if is_text(column)}
    guesses = _guessed(
        {
            name: one
            for name, one in words.items()
            if name not in levels_only and said.get(name) not in ("categorical", "boolean")
        },
        said,
        hints,
    )
    for name, column in ((str(key), value) for key, value in open_columns.items()):
        seen = guesses.get(name)
        if seen is not None and seen.spelling is not None and (not seen.wrong or name in said):
            spelling: Spelling | None = seen.spelling
            values, wrong = seen.values, seen.wrong
            if wrong:  # the caller says which
                found.doubts[name] = seen
                continue
            if isinstance(spelling, Dates):
                spelling, values, seen = _without_sentinels(spelling, values, seen)
            columns[name] = pd.Series(values, column.index, name=name)
            found.guesses[name] = seen
        elif name in words:
            if seen is not None and (seen.why or seen.wrong):
                found.doubts[name] = seen
            spelling, read = _levels(column, words[name], found.merged, as_said=said.get(name) == "categorical")
            if read is not None:
                columns[name] = read
            elif isinstance(column.dtype, pd.StringDtype):
                found.words[name] = words[name]
        else:
            spelling = _of_values(column, said.get(name, ""))
            if isinstance(spelling, Dates):
                columns[name] = pd.Series(spelling.read(column)[0], column.index, name=name)
                found.guesses[name] = Guess(spelling, "", int(column.notna().sum()), 1.0, example=str(column.iloc[0]))
        if spelling is not None and not is_usual(spelling):
            found.spellings[name] = spelling
    return replace(found, frame=frame.assign(**columns) if columns else frame)


def applied(
    frame: pd.DataFrame, spellings: Mapping[str, Spelling], missing: tuple[str, ...], none: Collection[str]
) -> pd.DataFrame:
    """A frame of later rows, read in the same way; a column with a cell that cannot be read stays as it is.

    ``missing`` are the texts that were said to mean no value, ``none`` all that do in columns of texts.
    """
    columns = {}
    for name, spelling in spellings.items():
        if name not in frame.columns:
            continue
        texts = isinstance(spelling, Levels)
        values, wrong = spelling.read(frame[name], tuple(none) if texts else missing)
        if not wrong.any():
            columns[name] = pd.Series(values, frame.index, name=name, dtype="str" if texts else None)
    return frame.assign(**columns) if columns else frame


def _guessed(columns: Mapping[str, Words], said: Mapping[str, str], hints: Hints) -> dict[str, Guess]:
    """Of every column; what some of them leave open, the others may say."""
    forced = {
        name: {"numeric": "numbers", "datetime": "dates", "time": "dates"}.get(said.get(name, ""), "")
        for name in columns
    }
    found = {name: guess(words, hints, forced[name]) for name, words in columns.items()}
    points = {seen.decimal for seen in found.values() if seen.decimal}
    orders = {seen.order for seen in found.values() if seen.order}
    told = Hints(
        hints.decimal or (points.pop() if len(points) == 1 else None),
        hints.order or (orders.pop() if len(orders) == 1 else None),
        hints.doubtful,
    )
    if told == hints:
        return found
    again = [
        name
        for name, seen in found.items()
        if seen.why in ("decimal", "order")
        or (told.decimal == "," and seen.decimal is None and isinstance(seen.spelling, Numbers))
    ]
    return found | {name: guess(columns[name], told, forced[name]) for name in again}


def _without_sentinels(dates: Dates, values: Any, seen: Guess) -> tuple[Dates, Any, Guess]:
    """The first of January 1900 or another day of before 1901 means no date, where all others are decades later."""
    known = np.unique(values[~np.isnat(values)])
    years = known.astype("M8[Y]").astype(np.int64) + 1970
    if len(known) > 2 and years[0] <= 1900 and years[1] > years[0] + 20:
        dates = replace(dates, sentinels=(str(known[0].astype("M8[D]")),))
        values = np.where(values == known[0], np.datetime64("NaT", "us"), values)
    return dates, values, replace(seen, spelling=dates)


def _of_values(column: pd.Series, said: str) -> Spelling | None:
    """How a column is written whose cells are no texts."""
    if pd.api.types.is_bool_dtype(column):
        return Levels(truths=("False", "True"))
    if pd.api.types.is_numeric_dtype(column):
        return compact_dates(column) if said in ("", "datetime", "time") else None
    return None


def _levels(
    column: pd.Series, words: Words, merged: dict[str, dict[str, list[str]]], *, as_said: bool
) -> tuple[Levels, pd.Series | None]:
    """The texts without blanks around; those that differ in case alone are one level, its most frequent spelling.

    None for the column that is as it was.
    """
    if isinstance(column.dtype, pd.StringDtype):
        different = words.texts.take(pa.array(np.argsort(-words.counts, kind="stable")))
    else:
        different = column.value_counts().index
    name = str(column.name)
    if len(different) > MOST_LEVELS or len(different) > len(column) / 2 + 10:
        return Levels(), None
    texts = list(map(str, different.to_pylist() if isinstance(different, pa.Array) else different))
    if _are_apart(texts):
        return Levels(truths=truths_of(texts) if len(texts) <= 4 else ()), None
    written: dict[str, list[str]] = {}
    for text in dict.fromkeys(texts):  # the most frequent first; 1 and "1" are one
        written.setdefault(trimmed(text) if as_said else _fold(trimmed(text)), []).append(text)
    folds = {fold: list(dict.fromkeys(map(trimmed, texts))) for fold, texts in written.items()}
    several = any(len(texts) > 1 for texts in folds.values())
    if together := {folds[fold][0]: texts for fold, texts in written.items() if len(texts) > 1}:
        merged[name] = together
    same = tuple(sorted((fold, texts[0]) for fold, texts in folds.items())) if several else ()
    kept = [texts[0] for texts in folds.values()]
    truths = truths_of(kept) if len(kept) <= 4 else ()
    spelling = Levels(truths=truths, same=same)
    if not same and all(trimmed(text) == text for text in texts):
        return spelling, None
    return spelling, pd.Series(spelling.read(column)[0], column.index, name=column.name, dtype="str")


def _are_apart(texts: list[str]) -> bool:
    """Whether texts plainly differ in more than blanks and case, and have no blanks around them."""
    whole = "\n".join(texts)
    return (
        whole.isascii()
        and len(set(whole.lower().split("\n"))) == len(texts)
        and not any(blank in whole for blank in (" \n", "\n ", "\t", "\r", "\v", "\f"))
        and whole.replace("\n", " ").isprintable()
        and whole == whole.strip()
    )


def _fold(text: str) -> str:
    """Without case; a single letter is a name, unless it says yes or no."""
    return text.casefold() if len(text) > 1 or text.casefold() in "ynjtf" else text


__all__ = ["DECIDED", "Spelled", "Times", "applied", "spelled"]
