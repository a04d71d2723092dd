"""Numbers as features: impute → scale → powers and products → scale again, so that powers stay comparable.

The transformers are scikit-learn's, but for `SmoothClip`. A value that lies far out is cut off after each scaling,
before its powers are taken.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, QuantileTransformer, RobustScaler, StandardScaler

from descent.data.errors import FeatureError
from descent.data.features.settings import FeatureOptions
from descent.data.features.smooth import SmoothClip

Array = NDArray[Any]
Matrix = NDArray[np.float32]

FARTHEST = 10.0
"""Scaled features are cut off here, and again after powers and products: a value ten standard deviations out is an
outlier, a new regime or a sentinel, and would drive a network out of its range."""

QUANTILES = 1000
"""Points of the distribution that a quantile scaling remembers, at most."""
SUBSAMPLE = 100_000
"""Rows from which it learns them, at most; drawn by the seed."""
SCALERS = {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler, "smooth_clip": SmoothClip}
CELLS = 1 << 22
"""Numbers that are transformed at a time, 32 MB of them: on their way they are held several times."""


def pipeline(settings: FeatureOptions, rows: int, seed: int) -> Pipeline:
    """Unfitted, for so many training rows."""
    steps: list[tuple[str, Any]] = [("impute", SimpleImputer(strategy=settings.impute, keep_empty_features=True))]
    steps += scaling(settings.scale, rows, seed)
    if settings.degree > 1:
        powers = PolynomialFeatures(settings.degree, interaction_only=settings.interaction_only, include_bias=False)
        steps.append(("polynomial", powers))
        # Products of normal scores have no tails to tame: they need their mean and spread put right.
        again = "standard" if settings.scale == "quantile" else settings.scale
        steps += [("scale again", step) for _, step in scaling(again, rows, seed)]
    return Pipeline(steps)


def scaling(kind: str, rows: int, seed: int) -> list[tuple[str, Any]]:
    """One step ``scale``, or none."""
    if kind == "none":
        return []
    if kind == "quantile":
        quantiles = QuantileTransformer(
            n_quantiles=min(QUANTILES, rows), output_distribution="normal", subsample=SUBSAMPLE, random_state=seed
        )
        return [("scale", quantiles)]
    return [("scale", SCALERS[kind]())]


def terms(columns: int, settings: FeatureOptions) -> int:
    """Features that the powers and products of so many columns make."""
    if settings.interaction_only:
        return sum(comb(columns, degree) for degree in range(1, settings.degree + 1))
    return comb(columns + settings.degree, settings.degree) - 1


def fit_transform(steps: Pipeline, values: Array, width: int) -> Matrix:
    """Fit the steps one after another; gives ``values`` (m, columns) transformed, (m, width) float32.

    Raises:
        FeatureError: numbers too large to compute with.
    """
    blocks = _blocks(len(values), width)
    with np.errstate(over="ignore", invalid="ignore"), _told():
        if len(blocks) == 1:
            return _through(steps.steps, values, fit=True).astype(np.float32)
        for place, (name, step) in enumerate(steps.steps):
            _fit(name, step, (_through(steps.steps[:place], values[rows]) for rows in blocks), values)
        return _transformed(steps, values, width, blocks)


def _blocks(rows: int, width: int) -> list[slice]:
    """Rows of `CELLS` numbers each."""
    size = max(1, CELLS // max(1, width))
    return [slice(start, start + size) for start in range(0, max(1, rows), size)]


def _transformed(steps: Pipeline, values: Array, width: int, blocks: Sequence[slice]) -> Matrix:
    matrix = np.empty((len(values), width), np.float32)
    for rows in blocks:
        matrix[rows] = _through(steps.steps, values[rows])
    return matrix


def _through(steps: Sequence[tuple[str, Any]], values: Array, *, fit: bool = False) -> Array:
    for name, step in steps:
        values = step.fit_transform(values) if fit else step.transform(values)
        if name == "scale":
            values = np.clip(values, -FARTHEST, FARTHEST)
    return values


def _fit(name: str, step: Any, blocks: Iterable[Array], values: Array) -> None:
    """Fit a step on blocks of rows as those before it give them; ``values`` are all rows before the first."""
    if name == "impute":
        step.fit(_stand_ins(step, values))
    elif name == "polynomial":
        step.fit(next(iter(blocks))[:1])
    elif hasattr(step, "partial_fit"):
        for block in blocks:
            step.partial_fit(block)
    else:  # quantiles need all rows at once
        step.fit(np.concatenate(list(blocks)))


def _stand_ins(step: SimpleImputer, values: Array) -> Array:
    """(1, columns): what stands in for missing numbers. An imputer that is fitted on this row learns just that.

    Of all columns at once, scikit-learn holds several copies, and it sorts them to find a median.
    """
    found = []
    for column in values.T:
        known = column[~np.isnan(column)]
        if step.strategy == "median":
            found.append(np.median(known) if len(known) else np.nan)
        else:
            found.append(clone(step).fit(column[:, None]).statistics_[0])
    return np.array([found])


@contextmanager
def _told() -> Iterator[None]:
    """scikit-learn's "Input X contains infinity or a value too large" as a message of ours."""
    try:
        yield
    except ValueError as error:
        said = str(error).splitlines()[0]
        raise FeatureError(f"the numbers cannot be scaled: {said} Leave out columns of huge numbers") from error
