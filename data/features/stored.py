"""Fitted features as files: JSON, and skops for scikit-learn's transformers. No pickle."""

import json
import zipfile
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from descent.data.errors import FeatureError
from descent.data.features.calendar import CALENDAR
from descent.data.features.columns import Columns
from descent.data.features.trusted import TRUSTED, refuse_foreign_types

if TYPE_CHECKING:
    from descent.data.features.feature_map import FeatureMap


def save(features: "FeatureMap", folder: Path) -> None:
    """Write ``features.json``, ``features.skops`` and ``compiled.json``: the same features give the same bytes."""
    from skops import io

    from descent.data.features.compiled.compiler import compiled

    folder.mkdir(parents=True, exist_ok=True)
    about = {"columns": features.columns.to_dict(), "clipped": features.clipped}
    (folder / "features.json").write_text(json.dumps(about, indent=2, ensure_ascii=False), encoding="utf-8")
    parts = {"numeric": features.numeric, "categorical": features.one_hot, "coded": features.coder}
    (folder / "features.skops").write_bytes(_repeatable(io.dumps(parts)))
    compiled(features).save(folder)


def load(folder: Path) -> tuple[Columns, Pipeline | None, OneHotEncoder | None, Pipeline | None, bool]:
    """What `save` wrote, as a `FeatureMap` takes it. Nothing but the types that `save` writes is ever constructed.

    Raises:
        FeatureError: the files are missing or hold something else.
    """
    from skops import io
    from skops.io.exceptions import UntrustedTypesFoundException

    try:
        about = json.loads((folder / "features.json").read_text(encoding="utf-8"))
        refuse_foreign_types(folder / "features.skops")
        parts = io.load(folder / "features.skops", trusted=list(TRUSTED))
        columns = Columns.from_dict(about["columns"])
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
