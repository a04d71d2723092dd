"""From fitted transformers to operations on arrays. The one file here that imports scikit-learn."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    OneHotEncoder,
    PolynomialFeatures,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from descent.data.features.columns import Columns
from descent.data.features.compiled.categories import Category
from descent.data.features.compiled.features import CompiledFeatures
from descent.data.features.compiled.steps import Bend, Cut, Impute, Normalise, Operation, Products, Standardise, Stretch
from descent.data.features.levels import names
from descent.data.features.numeric import FARTHEST
from descent.data.features.smooth import FARTHEST as EDGE
from descent.data.features.smooth import LIMIT, SmoothClip

Array = NDArray[Any]

NEVER_SEEN = "\0"
"""A text that no table has for a category."""


def compiled(
    columns: Columns,
    numeric: Pipeline | None,
    one_hot: OneHotEncoder | None,
    coder: Pipeline | None,
    clipped: bool,
    feature_names: tuple[str, ...],
) -> CompiledFeatures:
    """The features of a `data.FeatureMap` from the numbers inside of its fitted transformers.

    Raises:
        TypeError: a transformer is of another kind than `data.numeric` and `data.features.levels` choose.
    """
    steps: list[Operation] = []
    for name, transformer in numeric.steps if numeric is not None else ():
        steps += _steps(name, transformer)
        if name == "scale":
            steps.append(Cut(np.array([FARTHEST])))
    categories: list[Category] = []
    if one_hot is not None:
        categories += _one_hot(one_hot)
    if coder is not None:
        categories += _coded(coder, columns.coded)
    return CompiledFeatures(columns, tuple(steps), tuple(categories), FARTHEST if clipped else None, feature_names)


def _steps(name: str, transformer: Any) -> list[Operation]:
    if type(transformer) is SmoothClip:
        bend = Bend(np.array([LIMIT]))
        return [Standardise(transformer.center_, transformer.scale_), Cut(np.array([EDGE])), bend]
    return [_step(name, transformer)]


def _step(name: str, transformer: Any) -> Operation:
    kind = type(transformer)
    if kind is SimpleImputer:
        return Impute(np.array(transformer.statistics_, np.float64))
    if kind is StandardScaler:
        return Standardise(transformer.mean_, transformer.scale_)
    if kind is RobustScaler:
        return Standardise(transformer.center_, transformer.scale_)
    if kind is MinMaxScaler:
        return Stretch(transformer.scale_, transformer.min_)
    if kind is QuantileTransformer:
        return Normalise(transformer.quantiles_, transformer.references_)
    if kind is PolynomialFeatures:
        return _products(transformer)
    raise TypeError(f"{name}: no operation on arrays is known for a {kind.__name__}")


def _products(transformer: PolynomialFeatures) -> Products:
    """Term x_a·x_b·x_c is x_a times the term x_b·x_c, as scikit-learn multiplies them."""
    factors = [tuple(np.repeat(np.arange(len(powers)), powers).tolist()) for powers in transformer.powers_]
    place = {term: number for number, term in enumerate(factors)}
    rest = [place[term[1:]] if len(term) > 1 else -1 for term in factors]
    return Products(np.array([term[0] for term in factors], np.intp), np.array(rest, np.intp))


def _one_hot(encoder: OneHotEncoder) -> list[Category]:
    rare = getattr(encoder, "infrequent_categories_", [None] * len(encoder.categories_))
    widths = [
        len(levels) if few is None else len(levels) - len(few) + 1
        for levels, few in zip(encoder.categories_, rare, strict=True)
    ]
    return _tables(encoder.categories_, widths, encoder.transform)


def _coded(coder: Pipeline, columns: tuple[str, ...]) -> list[Category]:
    levels = coder.named_steps["encode"].categories_
    width = len(names(coder, columns)) // len(columns)
    return _tables(levels, [width] * len(columns), coder.transform)


def _tables(levels: list[Array], widths: list[int], encode: Callable[[Array], Any]) -> list[Category]:
    """Each column's table, by encoding every level of it while the other columns stand still.

    An encoder gives the features of its first column, ``widths`` of them, then those of its second, and so on.
    """
    base = np.array([known[0] for known in levels], dtype=object)
    found, start = [], 0
    for column, (known, width) in enumerate(zip(levels, widths, strict=True)):
        asked = np.tile(base, (len(known) + 1, 1))
        asked[:, column] = [*known, NEVER_SEEN]
        encoded = np.asarray(encode(asked))[:, start : start + width]
        found.append(Category(tuple(map(str, known)), np.ascontiguousarray(encoded, np.float32)))
        start += width
    return found
