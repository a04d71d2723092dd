"""Fitted features as files: JSON, and skops for scikit-learn's transformers. No pickle."""

import json
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from .calendar import CALENDAR
from .columns import Columns
from .errors import FeatureError

if TYPE_CHECKING:
    from .features import FeatureMap

TRUSTED = ("numpy.dtype",)
"""The one type beyond skops' own list that `save` writes. The file has no say in this list."""

WRITTEN = frozenset({
    "builtins.dict", "builtins.list", "builtins.tuple", "builtins.str", "builtins.type", "builtins.NoneType",
    "numpy.ndarray", "numpy.dtype", "numpy.float64", "numpy.float32", "numpy.int64",
    "sklearn.pipeline.Pipeline", "sklearn.impute._base.SimpleImputer",
    "sklearn.preprocessing._data.StandardScaler", "sklearn.preprocessing._data.MinMaxScaler",
    "sklearn.preprocessing._data.RobustScaler", "sklearn.preprocessing._data.QuantileTransformer",
    "sklearn.preprocessing._polynomial.PolynomialFeatures", "sklearn.preprocessing._encoders.OneHotEncoder",
    "sklearn.preprocessing._encoders.OrdinalEncoder", "sklearn.preprocessing._target_encoder.TargetEncoder",
})  # fmt: skip
"""Every type that `save` writes. skops would build all of scikit-learn, any of its estimators included."""


def save(features: "FeatureMap", folder: Path) -> None:
    """Write ``features.json`` and ``features.skops`` into ``folder``: the same features give the same bytes."""
    from skops import io

    folder.mkdir(parents=True, exist_ok=True)
    about = {"columns": asdict(features.columns), "clipped": features.clipped}
    (folder / "features.json").write_text(json.dumps(about, indent=2, ensure_ascii=False), encoding="utf-8")
    parts = {"numeric": features.numeric, "categorical": features.one_hot, "coded": features.coder}
    (folder / "features.skops").write_bytes(_repeatable(io.dumps(parts)))


def load(folder: Path) -> tuple[Columns, Pipeline | None, OneHotEncoder | None, Pipeline | None, bool]:
    """What `save` wrote, as a `FeatureMap` takes it. Nothing but the types that `save` writes is ever constructed.

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
            tuple(stored.get("coded", ())),
        )  # fmt: skip
        numeric, one_hot, coder = parts["numeric"], parts["categorical"], parts.get("coded")
        clipped = bool(about["clipped"])
    except UntrustedTypesFoundException as error:
        raise FeatureError(f"{folder}: refused, as it holds what no feature map has: {error}") from error
    except (OSError, zipfile.BadZipFile, ValueError, TypeError, KeyError, AttributeError, ImportError) as error:
        raise FeatureError(f"{folder}: not the features of a model: {error}") from error
    kinds = ((numeric, Pipeline), (one_hot, OneHotEncoder), (coder, Pipeline))
    if not all(part is None or isinstance(part, kind) for part, kind in kinds):
        raise FeatureError(f"{folder}: not the features of a model: other transformers than `save` writes")
    if not all(part in CALENDAR for _, part in columns.calendar):
        raise FeatureError(f"{folder}: unknown calendar features: {columns.calendar}")
    return columns, numeric, one_hot, coder, clipped


def _repeatable(archive: bytes) -> bytes:
    """A skops archive without what differs from run to run: addresses in memory become numbers, times are left out."""
    numbers: dict[int, int] = {}

    def renumbered(node: Any) -> Any:
        if isinstance(node, list):
            return [renumbered(value) for value in node]
        if not isinstance(node, dict):
            return node
        made = {key: renumbered(value) for key, value in node.items()}
        if isinstance(made.get("__id__"), int):
            made["__id__"] = numbers.setdefault(made["__id__"], len(numbers))
        if isinstance(made.get("file"), str):
            made["file"] = renamed(made["file"])
        return made

    def renamed(file: str) -> str:
        stem, dot, suffix = file.partition(".")
        return f"{numbers.setdefault(int(stem), len(numbers))}{dot}{suffix}" if stem.isdigit() else file

    written = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as source, zipfile.ZipFile(written, "w") as target:
        schema = json.dumps(renumbered(json.loads(source.read("schema.json"))), indent=2)
        files = {renamed(name): source.read(name) for name in source.namelist() if name != "schema.json"}
        for name, content in sorted({**files, "schema.json": schema.encode()}.items()):
            target.writestr(zipfile.ZipInfo(name), content)  # a ZipInfo has a fixed date
    return written.getvalue()


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
