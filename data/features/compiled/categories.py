"""What becomes of a category: its level's row in a table of numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

    from descent.data.spelling.levels import Levels

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Category:
    """One column: its levels, and the table (levels + 1, features) float32 whose last row is for a level not learned.

    A one-hot encoding has a single one in a row, or none; an ordinal or a target encoding numbers.
    """

    levels: tuple[str, ...]
    table: Array

    def __post_init__(self) -> None:
        if self.table.shape[0] != len(self.levels) + 1:
            raise ValueError(f"{len(self.levels)} levels, but {self.table.shape[0]} rows of features")

    @property
    def width(self) -> int:
        """Features that come out."""
        return int(self.table.shape[1])

    @cached_property
    def places(self) -> dict[str, int]:
        """The row of the table for each level."""
        return {level: row for row, level in enumerate(self.levels)}

    def rows(self, column: "pd.Series", spelling: "Levels", none: tuple[str, ...]) -> tuple[Array, Array]:
        """(m,) rows of the table for the cells of a column, and (m,) whether a cell has a level that was not learned.

        ``none`` are texts that mean no value; a cell without one is no such level.
        """
        from descent.data.features.raw import MISSING

        codes, texts = spelling.different(column, none)
        unknown = len(self.levels)
        found = np.array([self.places.get(MISSING if text is None else text, unknown) for text in texts], np.intp)
        new = (found == unknown) & np.array([text is not None for text in texts])
        return found[codes], new[codes]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; a one-hot table as the number of the feature that is one, −1 for none."""
        hot = bool(((self.table == 0) | (self.table == 1)).all() and (self.table.sum(axis=1) <= 1).all())
        if hot:
            feature = np.where(self.table.any(axis=1), self.table.argmax(axis=1), -1)
            return {"levels": list(self.levels), "features": self.width, "one": feature.tolist()}
        return {"levels": list(self.levels), "features": self.width, "numbers": self.table.tolist()}

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """What `to_dict` gave. Raises KeyError, TypeError or ValueError for anything else."""
        levels = tuple(map(str, stored["levels"]))
        if "numbers" in stored:
            numbers = np.array(stored["numbers"], np.float32).reshape(len(levels) + 1, stored["features"])
            return cls(levels, numbers)
        table = np.zeros((len(levels) + 1, int(stored["features"])), np.float32)
        for row, feature in zip(range(len(table)), stored["one"], strict=True):
            if not -1 <= feature < table.shape[1]:
                raise ValueError(f"feature {feature} of {table.shape[1]}")
            if feature >= 0:
                table[row, feature] = 1
        return cls(levels, table)
