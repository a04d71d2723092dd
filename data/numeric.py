"""Numbers as features: impute → scale → powers and products → scale again, so that powers stay comparable.

The transformers are scikit-learn's. A value that lies far out is cut off after each scaling, before its powers are
taken.
"""

from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, PolynomialFeatures, QuantileTransformer, RobustScaler, StandardScaler

from .errors import FeatureError
from .settings import Settings

Array = NDArray[Any]

FARTHEST = 10.0
"""Scaled features are cut off here, and again after powers and products: a value ten standard deviations out is an
outlier, a new regime or a sentinel, and would drive a network out of its range."""

QUANTILES = 1000
"""Points of the distribution that a quantile scaling remembers, at most."""
SUBSAMPLE = 100_000
"""Rows from which it learns them, at most; drawn by the seed."""


def pipeline(settings: Settings, rows: int, seed: int) -> Pipeline:
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
    return [("scale", {"standard": StandardScaler, "minmax": MinMaxScaler, "robust": RobustScaler}[kind]())]


def terms(columns: int, settings: Settings) -> int:
    """Features that the powers and products of so many columns make."""
    if settings.interaction_only:
        return sum(comb(columns, degree) for degree in range(1, settings.degree + 1))
    return comb(columns + settings.degree, settings.degree) - 1


def fit_transform(steps: Pipeline, values: Array) -> Array:
    """Fit the steps one after another; gives ``values`` (m, columns) transformed."""
    return _through(steps, values, fit=True)


def transform(steps: Pipeline, values: Array) -> Array:
    """The same with what was learned before."""
    return _through(steps, values, fit=False)


def _through(steps: Pipeline, values: Array, *, fit: bool) -> Array:
    with np.errstate(over="ignore", invalid="ignore"):
        for name, step in steps.steps:
            try:
                values = step.fit_transform(values) if fit else step.transform(values)
            except ValueError as error:  # scikit-learn: "Input X contains infinity or a value too large"
                said = str(error).splitlines()[0]
                raise FeatureError(f"the numbers cannot be scaled: {said} Leave out columns of huge numbers") from error
            if name == "scale":
                values = np.clip(values, -FARTHEST, FARTHEST)
    return values
