"""What new rows have that no training row had: levels of categories."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Unknown:
    """Counts over the rows that are predicted, some at a time.

    Attributes:
        rows: rows that were seen.
        cells: by column of categories, the cells with a level that was not learned; columns without any are left out.
        lost: rows of which every category is such; none are counted where there is but one column of categories.
    """

    rows: int = 0
    cells: dict[str, int] = field(default_factory=dict)
    lost: int = 0

    def add(self, new: Mapping[str, Array]) -> None:
        """Some rows more: (m,) booleans by column."""
        if not new:
            return
        every = np.stack(list(new.values()))
        self.rows += every.shape[1]
        for name, cells in new.items():
            if number := int(cells.sum()):
                self.cells[name] = self.cells.get(name, 0) + number
        if len(new) > 1:
            self.lost += int(every.all(axis=0).sum())

    @property
    def lines(self) -> list[str]:
        """What there is to say, in sentences without a full stop."""
        found = [
            f"column {name!r}: {number:,} of {self.rows:,} cells have a level that the model did not learn"
            for name, number in self.cells.items()
        ]
        if self.lost:
            found.append(f"{self.lost:,} of {self.rows:,} rows have such levels in every column of categories")
        return found
