"""Tables larger than memory: what `flows.table.question` does with all rows at once, done some rows at a time.

The split is drawn over all rows from its key columns alone, or by content, from the rows as they come by. Test rows go
into the sealed file so. Features are learned on the sample's rows and written, batch after batch, into files that
workers map into their memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data
from descent.data.cells import to_dates
from descent.data.splits.fingerprints import places
from descent.data.splits.splits import split_at, telling
from descent.flows.machine.memory import give_back
from descent.flows.table.row_files import write_matrix
from descent.flows.table.sealed import identity_of
from descent.ml.chunks import Sources

if TYPE_CHECKING:
    from descent.data.reading.large import LargeTable
    from descent.flows.table.question import Question

Indices = NDArray[np.intp]
Matrix = NDArray[np.float32]
TRAIN, CV, TEST, UNUSED = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Whole:
    """A table that is read some rows at a time, and the part that each of its rows belongs to.

    ``sample`` are the numbers of the train and cv rows that `flows.table.question.Parts.frame` holds, in its order.
    ``y`` is the target of all rows.
    """

    table: "LargeTable"
    part: NDArray[np.int8]
    sample: Indices
    y: pd.Series

    def of(self, *parts: int) -> Indices:
        """Numbers of the rows of some parts."""
        return np.flatnonzero(np.isin(self.part, parts))

    def batches(self, *parts: int) -> Iterator[pd.DataFrame]:
        """The rows of some parts, in the table's order, their numbers as the index."""
        for _, frame in self.table.batches(chosen=np.isin(self.part, parts)):
            yield frame


def split(
    question: "Question", table: data.Table, inspected: pd.DataFrame
) -> tuple[Whole, data.Split, dict[str, int], str]:
    """The parts of all rows; those of the sample, counted in it; their sizes; and the identity of the test rows.

    ``inspected`` is the sample with dates where the configuration says that texts are such.
    """
    config, inference, whole, sample = question.config, question.inference, table.whole, table.rows
    assert whole is not None
    assert sample is not None
    keys = [
        inference.target,
        *(name for name in (inference.group, inference.time, inference.split_column) if name is not None),
    ]
    frame = whole.columns(keys)
    known = np.flatnonzero(frame[inference.target].notna().to_numpy())
    usable = frame.iloc[known].reset_index(drop=True)
    usable[inference.target] = _usable(usable[inference.target], inference)
    fractions, seed = (config.split.train, config.split.cv, config.split.test), config.split.seed
    if config.split.draw == "content":
        made = split_at(_places(whole, inspected, inference, seed)[known], usable, inference, fractions)
    else:
        made = data.split_rows(usable, inference, fractions, seed)
    part = np.full(whole.rows, UNUSED, np.int8)
    for number, rows in ((TRAIN, made.train), (CV, made.cv), (TEST, made.test)):
        part[known[rows]] = number
    of_sample = data.Split(*(np.flatnonzero(part[sample] == number) for number in (TRAIN, CV, TEST)))
    sizes = {"train": len(made.train), "cv": len(made.cv), "test": len(made.test)}
    working = sample[part[sample] != TEST]
    identity = identity_of(question.digest, made.test)
    return Whole(whole, part, working, frame[inference.target]), of_sample, sizes, identity


def _places(table: "LargeTable", inspected: pd.DataFrame, inference: data.Inference, seed: int) -> NDArray[np.float64]:
    """The place of every row in a split by content; only some rows are in memory at a time."""
    names, found = telling(inspected.columns, inference), np.empty(table.rows)
    dates = [name for name in names if pd.api.types.is_datetime64_any_dtype(inspected[name])]
    for first, frame in table.batches(names):
        dated = frame.assign(**{name: to_dates(frame[name])[0] for name in dates})
        found[first : first + len(frame)] = places(dated, names, seed)
    return found


def featurise(
    whole: Whole, frame: pd.DataFrame, fit: Indices, parts: Sequence[int], held: Sequence[int], question: "Question",
    settings: Any, folder: Path,
) -> tuple[data.FeatureMap, data.Target, Sources, int]:  # fmt: skip
    """Features learned on the rows ``fit`` of the sample, applied to all rows of ``parts`` and ``held``.

    Rows that were learned from keep their cross-fitted features: a row is never told its own target.
    """
    seed, inference = question.config.split.seed, question.inference
    features, own = data.FeatureMap.fit_transform(frame.iloc[fit], inference, settings, seed)
    target = data.Target.fit(_usable(whole.y.iloc[whole.of(*parts)], inference), question.task, inference.classes)
    folder.mkdir(parents=True)
    width = own.shape[1]
    named: dict[str, Path] = {}
    for suffix, which in (("", parts), ("_cv", held)):
        rows = whole.of(*which)
        if len(rows) == 0:
            continue
        x, y = folder / f"x{suffix}.npy", folder / f"y{suffix}.npy"
        known = (whole.sample[fit], own) if not suffix else None
        write_matrix(x, _transformed(whole.batches(*which), features, known), (len(rows), width))
        np.save(y, target.encode(_usable(whole.y.iloc[rows], inference)))
        named |= {f"x{suffix}": x, f"y{suffix}": y}
    give_back()
    return features, target, Sources(**named), width


def _transformed(
    batches: Iterable[pd.DataFrame], features: data.FeatureMap, known: tuple[Indices, Matrix] | None
) -> Iterator[Matrix]:
    """The features of batches; those of the rows that are ``known``, ascending numbers and a matrix, as they are."""
    for frame in batches:
        matrix = features.transform(frame)
        if known is not None:
            numbers, own = known
            at = frame.index.to_numpy()
            mine = slice(*np.searchsorted(numbers, [at[0], at[-1] + 1]))
            matrix[np.searchsorted(at, numbers[mine])] = own[mine]
        yield matrix


def _usable(column: pd.Series, inference: data.Inference) -> pd.Series:
    whole_numbers = inference.classes and type(inference.classes[0]) is int
    return column.astype("int64") if whole_numbers else column


def reopened(whole: Whole, path: Path) -> Iterator[pd.DataFrame]:
    """Rows of a table that were written to a file of their own."""
    table = data.LargeTable.open(str(path), whole.table.path, whole.table.missing, whole.table.keep)
    assert table is not None
    table = replace(table, spellings=whole.table.spellings)
    for _, frame in table.batches():
        yield frame
