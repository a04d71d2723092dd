"""The three parts of a table: the rows that may be worked with, and the file where the others are sealed."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from descent import data
from descent.flows.table.matrices import Indices, Matrices, featurise
from descent.flows.table.question import Question
from descent.flows.table.sealed import Sealed
from descent.schemas import FeatureSettings


class RowSource(Protocol):
    """All rows of a table, however they are held: in memory (`InMemory`), or read some at a time (`streamed.Whole`)."""

    @property
    def sampled(self) -> bool:
        """Whether the frame of the parts is a sample."""

    def training(self, settings: FeatureSettings, question: Question, parts: "Parts", folder: Path) -> Matrices:
        """Features learned on training rows, for all training and cv rows, in files of ``folder``."""

    def working(self, settings: FeatureSettings, question: Question, parts: "Parts", folder: Path) -> Matrices:
        """Features learned on training and cv rows together, for all of them, in files of ``folder``."""

    def learned(self, parts: "Parts") -> Iterator[pd.DataFrame]:
        """The training and cv rows, at once or some at a time."""

    def opened(self, sealed: Sealed) -> Iterator[pd.DataFrame]:
        """The test rows, at once or some at a time. Only the final test may ask for them.

        Raises:
            RunError: the sealed file is not the one that the split wrote.
        """


class InMemory:
    """A table whose train and cv rows are the frame of its parts."""

    sampled = False

    def training(self, settings: FeatureSettings, question: Question, parts: "Parts", folder: Path) -> Matrices:
        """See `RowSource`."""
        return featurise(settings, question, parts.frame, parts.train, parts.cv, folder)

    def working(self, settings: FeatureSettings, question: Question, parts: "Parts", folder: Path) -> Matrices:
        """See `RowSource`."""
        return featurise(settings, question, parts.frame, np.arange(len(parts.frame)), None, folder)

    def learned(self, parts: "Parts") -> Iterator[pd.DataFrame]:
        """See `RowSource`."""
        yield parts.frame

    def opened(self, sealed: Sealed) -> Iterator[pd.DataFrame]:
        """See `RowSource`."""
        yield sealed.open()


@dataclass(frozen=True)
class Parts:
    """The rows that may be worked with, and where the others are sealed.

    ``frame`` holds the train and cv rows alone; ``train`` and ``cv`` are row numbers in it. ``sealed`` is the file
    with the test rows.
    """

    frame: pd.DataFrame
    train: Indices
    cv: Indices
    folds: tuple[tuple[Indices, Indices], ...]
    sealed: Sealed
    sizes: dict[str, int]
    findings: tuple[data.Finding, ...]
    """What was noticed about the table, the gravest first; blind to the target of the test rows."""
    rows: RowSource = field(default_factory=InMemory)
    """All rows: where the table is larger than memory, ``frame`` is a sample of the train and cv rows."""
