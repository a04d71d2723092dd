"""Fitted features, ready to be computed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from descent.data.errors import FeatureError
from descent.data.features.columns import Columns
from descent.data.features.compiled.categories import Category
from descent.data.features.compiled.steps import Impute, Operation, from_dict, to_dict
from descent.data.features.compiled.unknown import Unknown

if TYPE_CHECKING:
    import pandas as pd

Array = NDArray[Any]
Matrix = NDArray[np.float32]

FILE = "compiled.json"
_FORMAT = 1

BLOCK = 1024
"""Rows that are computed at a time: with some dozens of columns, all steps find them in the cache."""


@dataclass(frozen=True, eq=False)
class CompiledFeatures:
    """`data.FeatureMap` without scikit-learn: the same columns in, the same features out.

    Attributes:
        columns: what goes in.
        steps: what becomes of the numeric columns and of the parts of dates, in order.
        categories: one per column of categories, in order: those of few levels, then those of many.
        farthest: features are cut off here; None leaves them.
        names: of the features.
    """

    columns: Columns
    steps: tuple[Operation, ...]
    categories: tuple[Category, ...]
    farthest: float | None
    names: tuple[str, ...]

    @property
    def schema(self) -> dict[str, str]:
        """Columns that are needed, by kind: ``double``, ``string`` or ``datetime``."""
        return self.columns.schema

    def transform(self, frame: "pd.DataFrame") -> Matrix:
        """(m, n) float32, C-contiguous and finite, as `data.FeatureMap.transform` gives it.

        Raises:
            FeatureError: a column is missing, holds texts where numbers or dates were learned, or numbers too large.
        """
        return np.concatenate([np.empty((0, len(self.names)), np.float32), *self.blocks(frame)])

    def blocks(self, frame: "pd.DataFrame", unknown: Unknown | None = None) -> Iterator[Matrix]:
        """The rows of `transform`, at most `BLOCK` at a time; ``unknown`` counts the levels that were not learned."""
        from descent.data.features import raw

        raw.refuse_absent(frame, self.columns)
        numbers = raw.numbers(frame, self.columns).T if self.steps else np.empty((0, len(frame)))
        names = (*self.columns.categorical, *self.columns.coded)
        found = [
            category.rows(frame[name], self.columns.spelling[name], self.columns.none)  # type: ignore[arg-type]
            for name, category in zip(names, self.categories, strict=True)
        ]
        rows = [places for places, _ in found]
        if unknown is not None:
            unknown.add(dict(zip(names, (new for _, new in found), strict=True)))
        for start in range(0, len(frame), BLOCK):
            part = slice(start, start + BLOCK)
            yield self._block(np.array(numbers[:, part], order="C"), [places[part] for places in rows])

    def _block(self, values: Array, rows: list[Array]) -> Matrix:
        """(m, n) from numbers (columns, m), which are overwritten, and each category's rows of its table."""
        m = values.shape[1]
        matrix = np.empty((m, len(self.names)), np.float32)
        with np.errstate(over="ignore", invalid="ignore"):
            for step in self.steps:
                values = step.apply(values)
            matrix[:, : len(values)] = values.T
            start = len(values)
            for category, places in zip(self.categories, rows, strict=True):
                matrix[:, start : start + category.width] = category.table[places]
                start += category.width
            if self.farthest is not None:
                np.clip(matrix, -self.farthest, self.farthest, out=matrix)
            finite = np.isfinite(matrix.sum(dtype=np.float64))
        if not finite and not np.isfinite(matrix).all():
            raise FeatureError(too_large(self.names[int(np.argmin(np.isfinite(matrix).all(axis=0)))]))
        return matrix

    def example(self) -> dict[str, Any]:
        """Plain cells of one row: what stands in for missing numbers, the first level of each category, a date."""
        numbers = self.steps[0].values if self.steps and isinstance(self.steps[0], Impute) else np.empty(0)
        cells: dict[str, Any] = dict(zip(self.columns.numeric, numbers.tolist(), strict=False))
        for name, category in zip((*self.columns.categorical, *self.columns.coded), self.categories, strict=True):
            cells[name] = category.levels[0]
        return {name: cells.get(name, "2024-01-31T12:00:00") for name in self.columns.all}

    def save(self, folder: Path) -> None:
        """Write ``compiled.json`` into ``folder``."""
        stored = {
            "format": _FORMAT,
            "columns": self.columns.to_dict(),
            "steps": [to_dict(step) for step in self.steps],
            "categories": [category.to_dict() for category in self.categories],
            "farthest": self.farthest,
            "names": list(self.names),
        }
        (folder / FILE).write_text(json.dumps(stored, ensure_ascii=False, allow_nan=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            FeatureError: the file is missing or holds something else.
        """
        try:
            stored = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if stored["format"] != _FORMAT:
                raise ValueError(f"format {stored['format']!r}, not {_FORMAT}")
            made = cls(
                Columns.from_dict(stored["columns"]),
                tuple(from_dict(step) for step in stored["steps"]),
                tuple(Category.from_dict(category) for category in stored["categories"]),
                None if stored["farthest"] is None else float(stored["farthest"]),
                tuple(map(str, stored["names"])),
            )
            made._check()
        except (OSError, ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            raise FeatureError(f"{folder / FILE}: not the features of a model: {error}") from error
        return made

    def _check(self) -> None:
        """See by computing a row that the parts fit together."""
        values = np.full((len(self.columns.inputs), 1), np.nan)
        for step in self.steps:
            values = step.apply(values)
        given = len(self.columns.categorical) + len(self.columns.coded)
        made = (len(values) if self.steps else 0) + sum(category.width for category in self.categories)
        if len(self.categories) != given or made != len(self.names):
            raise ValueError(f"{len(self.names)} features are named, {made} come out")


def too_large(feature: str) -> str:
    """What to say of a feature that 32 bits cannot hold."""
    return (
        f"feature {feature!r} has values too large for 32-bit numbers. Use features.scale=standard, a lower "
        "features.degree, or leave the column out"
    )
