"""From columns to the matrix that models see, fitted on training rows only."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import comb
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, PolynomialFeatures, RobustScaler, StandardScaler

from .calendar import CALENDAR, calendar_columns, calendar_values
from .cells import blank_out, to_labels, to_numbers
from .errors import FeatureError
from .inference import Inference
from .names import listed

Array = NDArray[Any]

FARTHEST = 10.0
"""Scaled features are cut off here, and again after powers and products: a value ten standard deviations out is an
outlier, a new regime or a sentinel, and would drive a network out of its range."""

MISSING = "missing"
"""The level of a category that is not known."""

TRUSTED = ("numpy.dtype",)
"""The one type beyond skops' own list that `FeatureMap.save` writes. The file has no say in this list."""

WRITTEN = frozenset({
    "builtins.dict", "builtins.list", "builtins.tuple", "builtins.str", "builtins.type", "builtins.NoneType",
    "numpy.ndarray", "numpy.dtype", "numpy.float64", "numpy.float32", "numpy.int64",
    "sklearn.pipeline.Pipeline", "sklearn.impute._base.SimpleImputer",
    "sklearn.preprocessing._data.StandardScaler", "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.RobustScaler", "sklearn.preprocessing._polynomial.PolynomialFeatures",
    "sklearn.preprocessing._encoders.OneHotEncoder",
})  # fmt: skip
"""Every type that `FeatureMap.save` writes. skops would build all of scikit-learn, any of its estimators included."""

SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}


class Settings(Protocol):
    """How columns become features; `schemas.FeatureSettings` is one."""

    @property
    def degree(self) -> int: ...  # noqa: D102
    @property
    def scale(self) -> str: ...  # noqa: D102
    @property
    def impute(self) -> str: ...  # noqa: D102
    @property
    def rare(self) -> float: ...  # noqa: D102
    @property
    def max_columns(self) -> int: ...  # noqa: D102


@dataclass(frozen=True)
class Columns:
    """Which columns of a table go in, by what becomes of them."""

    numeric: tuple[str, ...]
    categorical: tuple[str, ...]
    dates: tuple[str, ...]
    calendar: tuple[tuple[str, str], ...]
    """(column, part) for each calendar feature, such as ("sold_at", "weekday")."""
    missing: tuple[str, ...] = ()
    """Texts that mean no value, beside an empty cell and ``?``."""

    @property
    def all(self) -> tuple[str, ...]:
        """Every column that is needed."""
        return (*self.numeric, *self.categorical, *self.dates)


class FeatureMap:
    """Fitted features. Numeric: impute → scale → polynomial → scale again, so that powers stay comparable;
    categorical: one-hot, rare levels joined, unknown ones accepted, a missing value being a level of its own.

    The transformers are scikit-learn's; this class chooses and stores them.
    """

    def __init__(self, columns: Columns, numeric: Pipeline | None, encoder: OneHotEncoder | None, clipped: bool):
        self.columns = columns
        self._numeric = numeric
        self._encoder = encoder
        self._clipped = clipped

    @classmethod
    def fit(cls, frame: pd.DataFrame, inference: Inference, settings: Settings) -> Self:
        """Learn medians, scales and levels from ``frame``, the training rows.

        Raises:
            FeatureError: more columns than ``settings.max_columns`` would come out.
        """
        calendar = calendar_columns(frame, inference)
        columns = Columns(
            inference.of_role("numeric"),
            inference.categories,
            inference.dates,
            tuple(calendar),
            inference.missing,
        )
        width = len(columns.numeric) + len(calendar)
        _refuse_too_many(comb(width + settings.degree, settings.degree) - 1, 0, columns, settings)
        numeric = encoder = None
        if width:
            numeric = _fitted(_pipeline(settings), _numbers(frame, columns))
        if columns.categorical:
            encoder = OneHotEncoder(
                min_frequency=settings.rare or None, handle_unknown="infrequent_if_exist", sparse_output=False,
                dtype=np.float32,
            ).fit(_levels(frame, columns))  # fmt: skip
        made = cls(columns, numeric, encoder, settings.scale != "none")
        names = made.names
        if not names:
            raise FeatureError("no features: no column of the training rows is of use. Check `descent check`")
        powers = comb(width + settings.degree, settings.degree) - 1
        _refuse_too_many(len(names), len(names) - powers, columns, settings)
        return made

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features, in the order of the matrix's columns."""
        found: list[str] = []
        if self._numeric is not None:
            inputs = [*self.columns.numeric, *(f"{column} {part}" for column, part in self.columns.calendar)]
            found += [str(name) for name in self._numeric.get_feature_names_out(np.array(inputs, dtype=object))]
        if self._encoder is not None:
            found += [str(name) for name in self._encoder.get_feature_names_out(self.columns.categorical)]
        return tuple(found)

    def transform(self, frame: pd.DataFrame) -> NDArray[np.float32]:
        """(m, n) float32, C-contiguous and finite. Columns may stand in any order; others are ignored.

        Raises:
            FeatureError: a column is missing, holds texts where numbers or dates were learned, or numbers too large.
        """
        if absent := [name for name in self.columns.all if name not in frame.columns]:
            raise FeatureError(
                f"columns are missing: {listed(absent)}. The model needs every one; cells in it may be empty"
            )
        parts: list[Array] = []
        if self._numeric is not None:
            parts.append(_transformed(self._numeric, _numbers(frame, self.columns)))
        if self._encoder is not None:
            parts.append(self._encoder.transform(_levels(frame, self.columns)))
        with np.errstate(over="ignore"):  # too large for float32: cut off below, or refused
            matrix = np.concatenate(parts, axis=1, dtype=np.float32, casting="unsafe")
        if self._clipped:
            np.clip(matrix, -FARTHEST, FARTHEST, out=matrix)
        if not np.isfinite(matrix).all():
            name = self.names[int(np.argmin(np.isfinite(matrix).all(axis=0)))]
            raise FeatureError(
                f"feature {name!r} has values too large for 32-bit numbers. Use features.scale=standard, a lower "
                "features.degree, or leave the column out"
            )
        return np.ascontiguousarray(matrix)

    @property
    def schema(self) -> dict[str, str]:
        """Columns that `transform` needs, by kind: ``double``, ``string`` or ``datetime``."""
        kinds = dict.fromkeys(self.columns.numeric, "double") | dict.fromkeys(self.columns.categorical, "string")
        return kinds | dict.fromkeys(self.columns.dates, "datetime")

    def save(self, folder: Path) -> None:
        """Write ``features.json`` and ``features.skops`` into ``folder``: no pickle."""
        from skops import io

        folder.mkdir(parents=True, exist_ok=True)
        about = {"columns": asdict(self.columns), "clipped": self._clipped}
        (folder / "features.json").write_text(json.dumps(about, indent=2, ensure_ascii=False), encoding="utf-8")
        io.dump({"numeric": self._numeric, "categorical": self._encoder}, folder / "features.skops")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote. Nothing but the types that `save` writes is ever constructed.

        Raises:
            FeatureError: the files are missing or hold something else.
        """
        from skops import io
        from skops.io.exceptions import UntrustedTypesFoundException

        try:
            about = json.loads((folder / "features.json").read_text(encoding="utf-8"))
            _refuse_foreign_types(folder / "features.skops")
            parts = io.load(folder / "features.skops", trusted=list(TRUSTED))
            stored = about["columns"]
            columns = Columns(
                tuple(stored["numeric"]), tuple(stored["categorical"]), tuple(stored["dates"]),
                tuple((column, part) for column, part in stored["calendar"]), tuple(stored["missing"]),
            )  # fmt: skip
            numeric, encoder, clipped = parts["numeric"], parts["categorical"], bool(about["clipped"])
        except UntrustedTypesFoundException as error:
            raise FeatureError(f"{folder}: refused, as it holds what no feature map has: {error}") from error
        except (OSError, zipfile.BadZipFile, ValueError, TypeError, KeyError, AttributeError, ImportError) as error:
            raise FeatureError(f"{folder}: not the features of a model: {error}") from error
        if not isinstance(numeric, Pipeline | None) or not isinstance(encoder, OneHotEncoder | None):
            raise FeatureError(f"{folder}: not the features of a model: other transformers than `save` writes")
        if not all(part in CALENDAR for _, part in columns.calendar):
            raise FeatureError(f"{folder}: unknown calendar features: {columns.calendar}")
        return cls(columns, numeric, encoder, clipped)


def _refuse_foreign_types(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        foreign = sorted(set(_types(json.loads(archive.read("schema.json")))) - WRITTEN)
    if foreign:
        raise FeatureError(f"{path}: refused, as it holds what no feature map has: {', '.join(foreign)}")


def _types(node: Any) -> Iterator[str]:
    """Every type that a stored tree names."""
    if isinstance(node, dict):
        if "__class__" in node:
            yield f"{node.get('__module__')}.{node['__class__']}"
        node = list(node.values())
    if isinstance(node, list):
        for value in node:
            yield from _types(value)


def _pipeline(settings: Settings) -> Pipeline:
    steps: list[tuple[str, Any]] = [("impute", SimpleImputer(strategy=settings.impute, keep_empty_features=True))]
    scaler = SCALERS.get(settings.scale)
    if scaler is not None:
        steps.append(("scale", scaler()))
    if settings.degree > 1:
        steps.append(("polynomial", PolynomialFeatures(settings.degree, include_bias=False)))
        if scaler is not None:
            steps.append(("scale again", scaler()))
    return Pipeline(steps)


def _fitted(pipeline: Pipeline, values: Array) -> Pipeline:
    """The pipeline fitted step by step: between scaling and powers, values are cut off."""
    last = len(pipeline.steps) - 1
    with np.errstate(over="ignore", invalid="ignore"):
        for index, (name, step) in enumerate(pipeline.steps):
            try:
                step.fit(values)
                if index < last:
                    values = _cut(name, step.transform(values))
            except ValueError as error:  # scikit-learn: "Input X contains infinity or a value too large"
                raise FeatureError(_too_large(error)) from error
    return pipeline


def _transformed(pipeline: Pipeline, values: Array) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        for name, step in pipeline.steps:
            try:
                values = _cut(name, step.transform(values))
            except ValueError as error:
                raise FeatureError(_too_large(error)) from error
    return values


def _cut(step: str, values: Array) -> Array:
    return np.clip(values, -FARTHEST, FARTHEST) if step == "scale" else values


def _too_large(error: ValueError) -> str:
    return f"the numbers cannot be scaled: {str(error).splitlines()[0]} Leave out columns of huge numbers"


def _numbers(frame: pd.DataFrame, columns: Columns) -> Array:
    """(m, numeric + calendar) float64 with NaN for what is missing or infinite."""
    found: list[Array] = []
    for name in columns.numeric:
        values, wrong = to_numbers(blank_out(frame[name], columns.missing))
        if wrong.any():
            row = int(np.argmax(wrong))
            raise FeatureError(
                f"column {name!r}, row {row + 1}: {str(frame[name].iloc[row])!r} where the model learned numbers"
            )
        found.append(values)
    return np.column_stack([*found, *calendar_values(frame, columns.calendar)])


def _levels(frame: pd.DataFrame, columns: Columns) -> Array:
    """(m, categorical) texts; a missing value is a level of its own."""
    return np.column_stack(
        [to_labels(blank_out(frame[name], columns.missing), MISSING) for name in columns.categorical]
    )


def _refuse_too_many(count: int, encoded: int, columns: Columns, settings: Settings) -> None:
    if count <= settings.max_columns:
        return
    if encoded > count / 2:
        what = f"mostly from the categories of {listed(columns.categorical, 5)}: leave one out, or raise features.rare"
    else:
        what = f"from degree {settings.degree} over {len(columns.numeric)} numeric columns: lower features.degree"
    raise FeatureError(
        f"{count:,} features would come out, {what} (or raise features.max_columns, now {settings.max_columns:,})"
    )
