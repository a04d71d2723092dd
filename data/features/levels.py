"""Categories as features: one column per level where they are few, numbers where they are many.

The transformers are scikit-learn's. A target encoding is the mean of the target over the training rows of a level,
drawn to the overall mean where a level has few rows (Micci-Barreca 2001, *A preprocessing scheme for high-cardinality
categorical attributes*, SIGKDD Explorations 3, 27-32, with an empirical Bayes estimate of how far). A training row must
never see its own target in it: its encoding comes from the other folds of a cross-fitting.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

from descent.data.features.numeric import scaling
from descent.data.features.settings import FeatureOptions

Array = NDArray[Any]

FOLDS = 5
"""Of the cross-fitting."""


def one_hot(settings: FeatureOptions) -> OneHotEncoder:
    """Unfitted: rare levels joined, unknown ones going with them."""
    return OneHotEncoder(
        min_frequency=settings.rare or None, handle_unknown="infrequent_if_exist", sparse_output=False, dtype=np.float32
    )


def coder(settings: FeatureOptions, y: Array, groups: Array | None, seed: int) -> Pipeline:
    """Unfitted: one number per column and row (one per class for several classes), scaled as other numbers are.

    ``y`` (m,) are the training rows' targets, floats or class codes; ``groups`` (m,) name things whose rows stay
    together, in the cross-fitting as well. `Pipeline.fit_transform` cross-fits; `transform` is for other rows.
    """
    if settings.encode == "ordinal":
        encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
    else:
        classes = 0 if y.dtype.kind == "f" else len(np.unique(y))
        kind = "continuous" if classes == 0 else "binary" if classes == 2 else "multiclass"
        encoder = TargetEncoder(target_type=kind, cv=_folds(len(y), groups, seed))
    return Pipeline([("encode", encoder), *scaling(settings.scale, len(y), seed)])


def fit_transform(steps: Pipeline, levels: Array, y: Array) -> Array:
    """Fit a coder; gives the encodings (m, k) of its training rows, cross-fitted."""
    found = np.asarray(steps.fit_transform(levels, y))
    encoder = steps.named_steps["encode"]
    if isinstance(encoder, TargetEncoder):
        encoder.set_params(cv=FOLDS)  # row numbers of the training rows are nothing to keep
    return found


def names(steps: Pipeline, columns: tuple[str, ...]) -> list[str]:
    """Names of what a fitted coder makes of columns."""
    encoder = steps.named_steps["encode"]
    if isinstance(encoder, OrdinalEncoder):
        return [f"{column} code" for column in columns]
    if encoder.target_type_ != "multiclass":
        return [f"{column} target" for column in columns]
    return [f"{column} target {code}" for column in columns for code in encoder.classes_]


def _folds(rows: int, groups: Array | None, seed: int) -> list[tuple[Array, Array]]:
    """Pairs (rows to learn from, rows to encode): every row is encoded once, by rows of other groups."""
    things = rows if groups is None else len(np.unique(groups))
    if groups is not None and things > 1:
        return list(GroupKFold(min(FOLDS, things), shuffle=True, random_state=seed).split(groups, groups=groups))
    return list(KFold(min(FOLDS, rows), shuffle=True, random_state=seed).split(np.empty(rows)))
