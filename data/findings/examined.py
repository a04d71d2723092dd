"""What the checks may see of a table that is cut in three."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.findings.matrix import evenly
from descent.data.roles.inference import Inference
from descent.data.splits.splits import Split


@dataclass(frozen=True, eq=False)
class Examined:
    """The three parts, each with the row numbers of the table as its index, in the order of the file.

    ``test`` has no target: what is found must not depend on labels that only the final test may see.
    """

    inference: Inference
    train: pd.DataFrame
    cv: pd.DataFrame
    test: pd.DataFrame

    @classmethod
    def of(cls, frame: pd.DataFrame, inference: Inference, split: Split) -> Self:
        """The parts of a table."""
        return cls(
            inference,
            frame.iloc[split.train],
            frame.iloc[split.cv],
            frame.iloc[split.test].drop(columns=inference.target),
        )

    @property
    def rows(self) -> int:
        """Rows of the table."""
        return len(self.train) + len(self.cv) + len(self.test)

    def worked(self, name: str) -> pd.Series:
        """A column of the train and cv rows, the training rows first."""
        column: pd.Series = pd.concat([part[name] for part in self._columns[:2]])
        return column

    def whole(self, name: str) -> pd.Series:
        """A column of all rows, part after part.

        Raises:
            KeyError: it is the target, which the test rows do not show.
        """
        column: pd.Series = pd.concat([part[name] for part in self._columns])
        return column

    def numbers(self, name: str) -> NDArray[Any]:
        """(m,) float64, the same of a column of numbers: a table of 5,000 columns takes a third of the time."""
        return np.concatenate([part[name].to_numpy(np.float64) for part in self._columns])

    @cached_property
    def _columns(self) -> tuple[Mapping[str, pd.Series], ...]:
        """Columns of train, cv and test, as views: pandas makes them anew whenever a frame is asked for them."""
        return tuple({str(name): column for name, column in part.items()} for part in (self.train, self.cv, self.test))

    def in_order(self, most: int) -> pd.DataFrame:
        """At most so many train and cv rows, evenly spaced, in the order of the file."""
        # Rows are chosen by their numbers: a frame of all of them would be most of the table once more.
        numbers = np.sort(np.concatenate([self.train.index, self.cv.index]))
        chosen = numbers[evenly(len(numbers), most)]
        parts = [part.loc[part.index.isin(chosen)] for part in (self.train, self.cv)]
        return pd.concat(parts).sort_index()
