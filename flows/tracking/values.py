"""Our values as MLflow's: points of curves, parameters, tags, datasets."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from getpass import getuser
from importlib.metadata import version
from pathlib import Path
from subprocess import DEVNULL, run
from typing import TYPE_CHECKING

from descent.flows.tracking.records import Dataset, Value, VariantRecord

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput, Metric, Param, RunTag

CURVE_POINTS = 200
DIGEST = 36  # the longest that MLflow takes


def points(name: str, values: Sequence[float], at: int, best: int | None = None) -> list["Metric"]:
    """A curve as metrics with epochs for steps, thinned to what a chart can show; what is not finite is left out."""
    from mlflow.entities import Metric

    count = len(values)
    kept: Iterable[int] = range(count)
    if count > CURVE_POINTS:
        kept = {round(i * (count - 1) / (CURVE_POINTS - 1)) for i in range(CURVE_POINTS)} | (
            {best - 1} if best else set()
        )
    return [Metric(name, float(values[i]), at, i + 1) for i in sorted(kept) if math.isfinite(values[i])]


def finals(values: Mapping[str, float], at: int) -> list["Metric"]:
    """Numbers as metrics without steps; what is not finite is left out."""
    from mlflow.entities import Metric

    return [Metric(name, float(value), at, 0) for name, value in values.items() if math.isfinite(value)]


def metrics_of(variant: VariantRecord) -> list["Metric"]:
    """Everything measured of a variant, under the names that every run uses."""
    values = {f"cv/{name}": value for name, value in variant.metrics.items()}
    values |= {"train/J": variant.cost_train, "cv/J": variant.cost_cv, "train/epochs": variant.epochs}
    return [
        *finals(values, variant.at),
        *points("train/cost", variant.curve_train, variant.at, variant.best_epoch),
        *points("cv/cost", variant.curve_cv, variant.at, variant.best_epoch),
    ]


def params_of(params: Mapping[str, Value]) -> "list[Param]":
    """Parameters, numbers in few digits: charts have little room."""
    from mlflow.entities import Param

    return [Param(name, _brief(value)) for name, value in params.items()]


def _brief(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def tags_of(tags: Mapping[str, str]) -> "list[RunTag]":
    """Tags."""
    from mlflow.entities import RunTag

    return [RunTag(name, value) for name, value in tags.items()]


def input_of(dataset: Dataset) -> "DatasetInput":
    """A dataset as the input of a run, with what it was used for."""
    from mlflow.entities import Dataset as Entity
    from mlflow.entities import DatasetInput, InputTag

    columns = [{"name": name, "type": kind, "required": True} for name, kind in dataset.schema.items()]
    entity = Entity(
        name=dataset.name,
        digest=dataset.digest[:DIGEST],
        source_type="local",
        source=json.dumps({"uri": dataset.source}),
        schema=json.dumps({"mlflow_colspec": columns}),
        profile=json.dumps({"num_rows": dataset.rows}),
    )
    return DatasetInput(entity, [InputTag("mlflow.data.context", dataset.context)])


def source() -> dict[str, str]:
    """Who and what, as MLflow's own runs say it; to be asked once, in the command."""
    try:
        user = getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        user = "unknown"
    tags = {"mlflow.user": user, "mlflow.source.name": "descent", "mlflow.source.type": "LOCAL"}
    return tags | {"descent.version": version("descent-ml"), **_commit()}


def _commit() -> dict[str, str]:
    """The commit of our own code where it lies in a clone; nothing where it is installed."""
    root = Path(__file__).parents[3]
    if not (root / ".git").exists():
        return {}
    try:
        answer = run(["git", "-C", str(root), "rev-parse", "HEAD"], stdout=-1, stderr=DEVNULL, text=True, check=False)
    except OSError:  # no git
        return {}
    return {"mlflow.source.git.commit": answer.stdout.strip()} if answer.returncode == 0 else {}
