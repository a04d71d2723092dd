"""What every step of an experiment works with."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.data import Target
from descent.flows.table.matrices import Matrices
from descent.flows.table.parts import InMemory, Parts
from descent.flows.table.question import Question
from descent.schemas import FeatureSettings


@dataclass(frozen=True, eq=False)
class Study:
    """A question with the rows that answer it, who trains, and where files lie.

    ``matrices`` are those of all training and cv rows, by feature settings; `swept` makes what is missing. ``run`` is
    the run's name, ``folder`` what it works in and removes in the end.
    """

    question: Question
    parts: Parts
    executor: Executor
    folder: Path
    workers: int = 1
    run: str = ""
    matrices: dict[FeatureSettings, Matrices] = field(default_factory=dict, repr=False)

    @property
    def progress(self) -> Path:
        """The progress file: one share of epochs done per variant."""
        return self.folder / "progress.npy"

    @property
    def states(self) -> Path:
        """The folder of the states of chunks that have paused."""
        return self.folder / "states"

    @property
    def dtype(self) -> str:
        """Of the numbers that training computes with."""
        return self.question.config.compute.dtype

    @property
    def widths(self) -> Mapping[FeatureSettings, int]:
        """Feature columns by feature settings, of those that have been made."""
        return {settings: one.width for settings, one in self.matrices.items()}

    @property
    def numbers(self) -> int:
        """How many of the first feature columns are numbers of the table, under any settings."""
        return next(iter(self.matrices.values())).features.numbers

    @property
    def shift(self) -> float:
        """How far the target's own zero lies below that of the standardised target."""
        return next(iter(self.matrices.values())).target.shift

    @property
    def outputs(self) -> int:
        """Numbers that a model gives per row."""
        return next(iter(self.matrices.values())).target.outputs

    @property
    def y(self) -> NDArray[Any]:
        """The target of all rows of the frame in memory: numbers in their own units, or codes of the classes."""
        column = self.parts.frame[self.question.inference.target]
        if self.question.task == "regression":
            return column.to_numpy(np.float64)
        return Target(str(column.name), self.question.task, self.question.inference.classes).encode(column)

    def swept(self, settings: FeatureSettings) -> Matrices:
        """Features learned on the training rows, of all training and cv rows; made at the first call."""
        if settings not in self.matrices:
            folder = self.folder / f"features-{self._number(settings)}"
            self.matrices[settings] = self.parts.rows.training(settings, self.question, self.parts, folder)
        return self.matrices[settings]

    def working(self, settings: FeatureSettings, name: str) -> Matrices:
        """Features learned on training and cv rows together, of all of them, in the folder ``name``."""
        return self.parts.rows.working(settings, self.question, self.parts, self.folder / name)

    def on_sample(self) -> "Study":
        """The same of the rows that are in memory: itself, unless the table is larger than that."""
        if not self.parts.rows.sampled:
            return self
        folder = self.folder / "sample"
        folder.mkdir(exist_ok=True)
        return replace(self, parts=replace(self.parts, rows=InMemory()), folder=folder, matrices={})

    def _number(self, settings: FeatureSettings) -> int:
        """Of the folder of features, the same in every run."""
        known = self.question.settings
        return known.index(settings) if settings in known else len({*known, *self.matrices})
