"""Three honest parts: train, cv, test."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.cells import to_dates, to_labels
from descent.data.errors import SplitError
from descent.data.roles.inference import Inference
from descent.data.splits.fingerprints import places

Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Row numbers of the three parts, each in ascending order; together every row once."""

    train: Indices
    cv: Indices
    test: Indices


SPELLINGS = {
    "train": ("train", "training", "learn"),
    "cv": ("cv", "val", "valid", "validation", "validate", "dev", "development"),
    "test": ("test", "testing", "holdout", "hold-out", "hold_out"),
}
"""What a column may call the three parts, in upper or lower case."""


def split_rows(
    frame: pd.DataFrame,
    inference: Inference,
    fractions: tuple[float, float, float] = (0.6, 0.2, 0.2),
    seed: int = 0,
    draw: str = "chance",
) -> Split:
    """Cut the rows by `Inference.split_by`; ``fractions`` are the shares of train, cv and test.

    random: each row by chance. stratified: the same with the share of each class in every part; a class of two rows
    has one in the training rows. time: the test rows are the latest, the cv rows those before, rows of one moment stay
    together. group: all rows of a group in one part. column: as a column of the table says; no fractions, no chance.

    ``draw`` is chance or content. By content, a hash of a row's cells (of the group's name, where groups are drawn)
    decides its part: a row keeps it when others come, go, or change places, and equal rows share it. Shares of rows and
    classes are then right on average only. The target, excluded columns and identifiers are left out of the hash.

    The rows are a function of the values, the fractions and the seed: of no locale, time zone, process or thread.

    Raises:
        SplitError: some part would be empty, the training rows would have one class only, or the column says something
            else than `SPELLINGS`.
    """
    if draw == "content" and inference.drawn:
        at = places(frame, telling(frame.columns, inference), seed)
        return split_at(at, frame, inference, fractions)
    return _checked(_parts(frame, inference, fractions, np.random.default_rng(seed)), frame, inference, draw)


def split_at(
    at: NDArray[np.float64], frame: pd.DataFrame, inference: Inference, fractions: tuple[float, float, float]
) -> Split:
    """The split by content of rows at the places ``at`` (m,): those that their columns of `telling` give them.

    ``frame`` needs the target only.

    Raises:
        SplitError: as `split_rows`.
    """
    # Training rows have the lowest places, test rows the highest, whatever the other rows are.
    part = np.searchsorted(np.cumsum(fractions)[:2], at, side="right")
    return _checked([np.flatnonzero(part == number) for number in range(3)], frame, inference, "content")


def telling(columns: Iterable[str], inference: Inference) -> list[str]:
    """The columns that tell what is drawn apart, and stay what they are from one night to the next."""
    if inference.split_by == "group":
        assert inference.group is not None
        return [inference.group]
    silent = {inference.target, *inference.of_role("excluded", "identifier")}
    return [name for name in map(str, columns) if name not in silent]


def _checked(parts: Sequence[Indices], frame: pd.DataFrame, inference: Inference, draw: str) -> Split:
    for name, part in zip(SPELLINGS, parts, strict=True):
        if len(part) == 0:
            raise SplitError(_empty(name, frame, inference, draw))
    if inference.task != "regression":
        learned = frame[inference.target].iloc[parts[0]]
        if learned.nunique() < 2:
            raise SplitError(
                f"the training rows have only one class ({learned.iloc[0]}): nothing can be learned from a split by "
                f"{inference.split_by}. Change split.train or split.seed, or use --set split.by=stratified"
            )
    return Split(*(np.sort(part) for part in parts))


def _parts(
    frame: pd.DataFrame, inference: Inference, fractions: Sequence[float], rng: np.random.Generator
) -> list[Indices]:
    if inference.split_by == "column":
        assert inference.split_column is not None
        return _by_column(frame[inference.split_column])
    if inference.split_by == "time":
        assert inference.time is not None
        return _by_time(parse_dates_or_numbers(frame[inference.time]), fractions)
    if inference.split_by == "group":
        assert inference.group is not None
        return _by_group(frame[inference.group], fractions, rng)
    strata = np.zeros(len(frame), np.intp)
    if inference.split_by == "stratified":
        strata = pd.Index(inference.classes).get_indexer(pd.Index(frame[inference.target]))
    return _by_chance(strata, fractions, rng)


def _empty(name: str, frame: pd.DataFrame, inference: Inference, draw: str) -> str:
    if inference.split_by == "column":
        return (
            f"column {inference.split_column!r} says {name} for no usable row: mark some rows with "
            f"{' or '.join(SPELLINGS[name][:2])}, or let them be drawn: leave split.column out"
        )
    return (
        f"the {name} part would have no rows: {len(frame)} rows, split by {inference.split_by}. "
        "Change split.train, split.cv and split.test, or use more rows"
        + (" (or rows that differ more: equal ones share a part; --set split.draw=chance)" if draw == "content" else "")
    )


def parse_dates_or_numbers(column: pd.Series) -> Indices:
    """Ranks (m,) of a column of dates or numbers, equal values having equal ranks; missing ones come first."""
    values = column if pd.api.types.is_numeric_dtype(column) else to_dates(column)[0]
    if values.isna().all():
        raise SplitError(f"column {column.name!r} orders the rows in time, but holds neither ISO dates nor numbers")
    ranks = values.rank(method="dense", na_option="top").to_numpy()
    return ranks.astype(np.intp)


def _by_chance(strata: Indices, fractions: Sequence[float], rng: np.random.Generator) -> list[Indices]:
    """Every stratum in its shares, rounded down; the rows left over go where most is lacking in all strata so far."""
    parts: list[list[Indices]] = [[], [], []]
    shares, taken, seen = np.array(fractions), np.zeros(3), 0
    for stratum in np.unique(strata):
        rows = rng.permutation(np.flatnonzero(strata == stratum))
        seen += len(rows)
        counts = np.floor(shares * len(rows) + 1e-9).astype(np.intp)
        lacking = shares * seen - taken - counts
        if counts[0] == 0:
            lacking[0] = np.inf  # no class is tested that could not be learned
        counts[np.argsort(-lacking, kind="stable")[: len(rows) - counts.sum()]] += 1
        for part, piece in zip(parts, np.split(rows, np.cumsum(counts)[:2]), strict=True):
            part.append(piece)
        taken += counts
    return [np.concatenate(part) for part in parts]


def _by_column(column: pd.Series) -> list[Indices]:
    """Rows as the column calls them."""
    codes = {spelling: code for code, spellings in enumerate(SPELLINGS.values()) for spelling in spellings}
    parts = to_labels(column, "")
    said = np.array([codes.get(text.strip().lower(), -1) for text in parts], np.intp)
    if (said < 0).any():
        row = int(np.argmin(said))
        what = f"{parts[row]!r}" if parts[row].strip() else "nothing"
        allowed = "; ".join(f"{name}: {', '.join(spellings)}" for name, spellings in SPELLINGS.items())
        raise SplitError(
            f"column {column.name!r}, row {row + 1} of those with a target, says {what} "
            f"({int((said < 0).sum()):,} such rows), which is none of the three parts. Allowed are {allowed}; in upper "
            "or lower case"
        )
    return [np.flatnonzero(said == code) for code in range(len(SPELLINGS))]


def _by_time(ranks: Indices, fractions: Sequence[float]) -> list[Indices]:
    """Earlier rows train; rows of one moment stay together."""
    order = np.argsort(ranks, kind="stable")
    sorted_ranks = ranks[order]
    cuts = []
    for share in np.cumsum(fractions)[:2]:
        at = min(round(share * len(order)), len(order) - 1)
        cuts.append(int(np.searchsorted(sorted_ranks, sorted_ranks[at], side="left")))
    return list(np.split(order, cuts))


def _by_group(groups: pd.Series, fractions: Sequence[float], rng: np.random.Generator) -> list[Indices]:
    """Groups in random order, each to the part that lacks most of its share."""
    codes, names = pd.factorize(groups, use_na_sentinel=False)
    if len(names) < 3:
        raise SplitError(f"column {groups.name!r} has {len(names)} groups; three parts need at least three")
    sizes = np.bincount(codes)
    part_of = np.empty(len(names), np.intp)
    lacking = np.array(fractions) * len(codes)
    for group in rng.permutation(len(names)):
        part = int(np.argmax(lacking / np.array(fractions)))
        part_of[group] = part
        lacking[part] -= sizes[group]
    rows: NDArray[Any] = part_of[codes]
    return [np.flatnonzero(rows == part) for part in range(3)]
