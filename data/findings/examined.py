"""What the checks may see of a table that is cut in three."""

from dataclasses import dataclass
from typing import Self

import pandas as pd

from ..inference import Inference
from ..splits import Split


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
