"""From columns to the matrix that models see, fitted on training rows only."""

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from descent.data.errors import FeatureError
from descent.data.features import levels, numeric, raw
from descent.data.features.calendar import calendar_columns
from descent.data.features.columns import Columns
from descent.data.features.compiled.compiler import compiled
from descent.data.features.compiled.features import CompiledFeatures, too_large
from descent.data.features.settings import USUAL_COLUMNS, FeatureOptions
from descent.data.names import listed
from descent.data.roles.inference import Inference
from descent.data.spelling.kinds import Levels
from descent.data.spelling.marks import texts_of_none
from descent.data.target import Target

Array = NDArray[Any]
Matrix = NDArray[np.float32]
SMALL = 1 << 22
"""Numbers in a matrix of plain columns that is small, whatever its width, unless the user set a limit: 16 MB."""


MOSTLY_EMPTY = 0.5
"""Share of empty training rows from which a column of numbers or dates says something by having a value at all."""


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """Fitted features: numbers (`numeric`), then categories of few levels and of many (`levels`).

    A map is made together with the features of its training rows, by `fit_transform` alone: `transform` of these rows
    would tell each row its own target where a category is encoded by it. The transformers are scikit-learn's; this
    class chooses them; `compiled` computes what they would.
    """

    columns: Columns
    numeric: Pipeline | None
    one_hot: OneHotEncoder | None
    coder: Pipeline | None
    clipped: bool

    @cached_property
    def compiled(self) -> CompiledFeatures:
        """What the transformers learned, as numbers: it computes the features of all further rows."""
        return compiled(self.columns, self.numeric, self.one_hot, self.coder, self.clipped, self.names)

    @classmethod
    def fit_transform(
        cls, frame: pd.DataFrame, inference: Inference, settings: FeatureOptions, seed: int = 0
    ) -> tuple[Self, Matrix]:
        """Learn medians, scales, levels and their targets from ``frame``, the training rows; and their matrix (m, n).

        ``seed`` draws the folds of the cross-fitting.

        Raises:
            FeatureError: more columns than ``settings.max_columns`` would come out.
        """
        columns = _columns(frame, inference, settings)
        width = len(columns.inputs)
        powers = numeric.terms(width, settings)
        _refuse_too_many(powers, 0, len(frame), columns, settings)
        steps = numeric.pipeline(settings, len(frame), seed) if width else None
        one_hot = levels.one_hot(settings) if columns.categorical else None
        texts = None
        if one_hot is not None:
            texts = raw.levels(frame, columns.categorical, columns)
            encoded = len(one_hot.fit(texts).get_feature_names_out())
            _refuse_too_many(powers + encoded, encoded, len(frame), columns, settings)
        parts: list[Array] = []
        if steps is not None:
            parts.append(numeric.fit_transform(steps, raw.numbers(frame, columns), powers))
        if one_hot is not None:
            parts.append(one_hot.transform(texts))
        coder = None
        if columns.coded:
            y = Target.fit(frame[inference.target], inference.task, inference.classes).encode(frame[inference.target])
            groups = None
            if inference.split_by == "group":
                groups = pd.factorize(frame[inference.group], use_na_sentinel=False)[0]
            coder = levels.coder(settings, y, groups, seed)
            coded = raw.levels(frame, columns.coded, columns)
            parts.append(levels.fit_transform(coder, coded, y))
        made = cls(columns, steps, one_hot, coder, settings.scale != "none")
        if not made.names:
            raise FeatureError("no features: no column of the training rows is usable. See `descent check`")
        return made, made._joined(parts)

    @property
    def numbers(self) -> int:
        """How many of the first columns are the table's own numbers (`Columns.inputs`); their products follow."""
        return len(self.columns.inputs)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of the matrix's columns."""
        found: list[str] = []
        if self.numeric is not None:
            inputs = np.array(self.columns.inputs, dtype=object)
            found += [str(name) for name in self.numeric.get_feature_names_out(inputs)]
        if self.one_hot is not None:
            found += [str(name) for name in self.one_hot.get_feature_names_out(self.columns.categorical)]
        if self.coder is not None:
            found += levels.names(self.coder, self.columns.coded)
        return tuple(found)

    def transform(self, frame: pd.DataFrame) -> Matrix:
        """(m, n) float32, C-contiguous and finite, of rows that nothing was learned from.

        Columns may stand in any order; others are ignored.

        Raises:
            FeatureError: a column is missing, holds texts where numbers or dates were learned, or numbers too large.
        """
        return self.compiled.transform(frame)

    def _joined(self, parts: list[Array]) -> Matrix:
        with np.errstate(over="ignore"):  # too large for float32: cut off below, or refused
            whole = parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1, dtype=np.float32, casting="unsafe")
            matrix = np.ascontiguousarray(whole, np.float32)
        if self.clipped:
            np.clip(matrix, -numeric.FARTHEST, numeric.FARTHEST, out=matrix)
        if not np.isfinite(matrix).all():
            raise FeatureError(too_large(self.names[int(np.argmin(np.isfinite(matrix).all(axis=0)))]))
        return matrix

    @property
    def schema(self) -> dict[str, str]:
        """Columns that `transform` needs, by kind: ``double``, ``string`` or ``datetime``."""
        return self.columns.schema

    def save(self, folder: Path) -> None:
        """Write ``compiled.json`` into ``folder``, as `CompiledFeatures` reads it: numbers and names, no pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        self.compiled.save(folder)


def _columns(frame: pd.DataFrame, inference: Inference, settings: FeatureOptions) -> Columns:
    """What becomes of each column: categories of more levels than ``settings.max_levels`` are coded."""
    categories, none = inference.categories, texts_of_none(inference.missing, inference.keep)
    spelled = inference.spellings
    many = {
        name
        for name in categories
        if settings.encode != "one_hot"
        and len(np.unique(raw.texts_of(frame[name], spelled.get(name, Levels()), none))) > settings.max_levels
    }
    made = Columns(
        numeric=inference.of_role("numeric"),
        categorical=tuple(name for name in categories if name not in many),
        dates=inference.dates,
        calendar=tuple(calendar_columns(frame, inference)),
        missing=inference.missing,
        coded=tuple(name for name in categories if name in many),
        keep=inference.keep,
        dialect=inference.dialect,
    )
    parted = {column for column, _ in made.calendar}
    sparse = tuple(
        name
        for name in (*made.numeric, *(date for date in made.dates if date in parted))
        if MOSTLY_EMPTY < frame[name].isna().to_numpy().mean() < 1
    )
    return replace(made, sparse=sparse, spellings=tuple((name, spelled[name]) for name in made.all if name in spelled))


def _refuse_too_many(count: int, encoded: int, rows: int, columns: Columns, settings: FeatureOptions) -> None:
    small = settings.degree == 1 and settings.max_columns == USUAL_COLUMNS and count * rows <= SMALL
    if count <= settings.max_columns or small:
        return
    if encoded > count / 2:
        what = (
            f"mostly from the categories of {listed(columns.categorical, 5)}: leave one out, raise features.rare, or "
            "use features.encode=target"
        )
    elif settings.degree > 1:
        what = f"from degree {settings.degree} over {len(columns.numeric)} numeric columns: lower features.degree"
    else:
        what = f"from {len(columns.numeric):,} numeric columns: leave some out"
    most = f"--set features.max_columns={count}"
    raise FeatureError(f"{count:,} features would result, {what}, or allow them: {most}")
