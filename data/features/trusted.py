"""What stored transformers may consist of. The list is held here; the file has no say in it."""

import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from descent.data.errors import FeatureError

PART = re.compile(r"schema\.json|\d+\.np[yz]")
"""Names of the files in a skops archive: none leads out of it."""
TRUSTED = ("numpy.dtype", "descent.data.features.smooth.SmoothClip")
"""The types beyond skops' own list that `save` writes. The file has no say in this list."""

WRITTEN = frozenset({
    "builtins.dict", "builtins.list", "builtins.tuple", "builtins.str", "builtins.type", "builtins.NoneType",
    "numpy.ndarray", "numpy.dtype", "numpy.float64", "numpy.float32", "numpy.int64",
    "descent.data.features.smooth.SmoothClip", "sklearn.pipeline.Pipeline", "sklearn.impute._base.SimpleImputer",
    "sklearn.preprocessing._data.StandardScaler", "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.RobustScaler", "sklearn.preprocessing._data.QuantileTransformer",
    "sklearn.preprocessing._polynomial.PolynomialFeatures", "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder", "sklearn.preprocessing._target_encoder.TargetEncoder",
})  # fmt: skip
"""Every type that `save` writes. skops would build all of scikit-learn, any of its estimators included."""


def refuse_foreign_types(path: Path) -> None:
    """See that a skops file names no other type than `save` writes; nothing in it is built.

    Raises:
        FeatureError: it names one, or is no skops file.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            outside = [name for name in archive.namelist() if not PART.fullmatch(name)]
            foreign = sorted(set(_types(json.loads(archive.read("schema.json")))) - WRITTEN)
    except (OSError, zipfile.BadZipFile, ValueError, KeyError) as error:
        raise FeatureError(f"{path}: not the features of a model: {error}") from error
    if outside:
        raise FeatureError(f"{path}: refused, as it holds a file that no feature map has: {outside[0]!r}")
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
