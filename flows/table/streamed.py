"""Tables larger than memory: what `flows.table.parts` does with all rows at once, done some rows at a time.

The split is drawn over all rows from its key columns alone, or by content, from the rows as they come by. Test rows go
into the sealed file so. Features are learned on the sample's rows and written, batch after batch, into files that
workers map into their memory.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data
from descent.data.cells import to_dates
from descent.data.splits.fingerprints import places
from descent.data.splits.splits import split_at, telling
from descent.flows.machine.memory import release
from descent.flows.table.matrices import Matrices, write_matrix
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.flows.table.sealed import Sealed, identity_of, sealed
from descent.ml.chunks import Sources
from descent.schemas import FeatureSettings

if TYPE_CHECKING:
    from descent.data.reading.large import LargeTable

Indices = NDArray[np.intp]
Matrix = NDArray[np.float32]
TRAIN, CV, TEST, UNUSED = 0, 1, 2, 3


@dataclass(frozen=True, eq=False)
class Whole:
    """A table that is read some rows at a time, and the part that each of its rows belongs to.

    ``sample`` are the numbers of the train and cv rows that `flows.table.parts.Parts.frame` holds, in its order.
    ``y`` is the target of all rows.
    """

    sampled: ClassVar[bool] = True

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

    def training(self, settings: FeatureSettings, question: Question, parts: Parts, folder: Path) -> Matrices:
        """See `parts.Rows`."""
        return featurise(self, parts.frame, parts.train, (TRAIN,), (CV,), question, settings, folder)

    def working(self, settings: FeatureSettings, question: Question, parts: Parts, folder: Path) -> Matrices:
        """See `parts.Rows`."""
        rows = np.arange(len(parts.frame))
        return featurise(self, parts.frame, rows, (TRAIN, CV), (), question, settings, folder)

    def learned(self, parts: Parts) -> Iterator[pd.DataFrame]:
        """See `parts.Rows`."""
        return self.batches(TRAIN, CV)

    def opened(self, sealed: Sealed) -> Iterator[pd.DataFrame]:
        """See `parts.Rows`."""
        sealed.verify()
        table = data.LargeTable.open(str(sealed.path), self.table.path, self.table.missing, self.table.keep)
        assert table is not None
        table = replace(table, spellings=self.table.spellings)
        for _, frame in table.batches():
            yield frame


def split(question: Question, inspected: pd.DataFrame, file: Path) -> tuple[Whole, data.Split, dict[str, int], Sealed]:
    """The parts of all rows; those of the sample, counted in it; their sizes; and the test rows, sealed in a file.

    ``inspected`` is the sample with dates where the configuration says that texts are such.
    """
    config, inference, table = question.config, question.inference, question.large
    assert table is not None
    whole, sample = table.whole, table.rows
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
        drawn = split_at(_places(whole, inspected, inference, seed)[known], usable, inference, fractions)
    else:
        drawn = data.split_rows(usable, inference, fractions, seed)
    part = np.full(whole.rows, UNUSED, np.int8)
    for number, rows in ((TRAIN, drawn.train), (CV, drawn.cv), (TEST, drawn.test)):
        part[known[rows]] = number
    of_sample = data.Split(*(np.flatnonzero(part[sample] == number) for number in (TRAIN, CV, TEST)))
    sizes = {"train": len(drawn.train), "cv": len(drawn.cv), "test": len(drawn.test)}
    working = sample[part[sample] != TEST]
    identity = identity_of(question.digest, drawn.test)
    made = Whole(whole, part, working, frame[inference.target])
    whole.write(part == TEST, file)
    return made, of_sample, sizes, sealed(file, identity, sizes["test"])


def _places(table: "LargeTable", inspected: pd.DataFrame, inference: data.Inference, seed: int) -> NDArray[np.float64]:
    """The place of every row in a split by content; only some rows are in memory at a time."""
    names, found = telling(inspected.columns, inference), np.empty(table.rows)
    dates = [name for name in names if pd.api.types.is_datetime64_any_dtype(inspected[name])]
    for first, frame in table.batches(names):
        dated = frame.assign(**{name: to_dates(frame[name])[0] for name in dates})
        found[first : first + len(frame)] = places(dated, names, seed)
    return found


def featurise(
    whole: Whole,
    frame: pd.DataFrame,
    fit: Indices,
    parts: Sequence[int],
    held: Sequence[int],
    question: Question,
    settings: FeatureSettings,
    folder: Path,
) -> Matrices:
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
    release()
    return Matrices(features, target, Sources(**named), width)


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
