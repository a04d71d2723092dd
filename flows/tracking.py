"""What an experiment leaves in MLflow: a parent run, one nested run per variant, figures, tables, the model.

Plain functions of plain values, to be called in a process of its own (`flows.record`): importing MLflow takes seconds,
which then pass beside the training.
"""

import csv
import json
import math
import re
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from getpass import getuser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from . import model_artifact, orphans, store
from .errors import RunError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param, Run, RunTag

Value = str | int | float | bool

CURVE_POINTS = 200
BATCH = 1000  # the most metrics that MLflow takes at once


@dataclass(frozen=True)
class Dataset:
    """The table of an experiment. ``digest`` is the SHA-256 of its content, ``schema`` its columns with their types."""

    name: str
    digest: str
    source: str
    rows: int
    schema: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class VariantRecord:
    """One trained variant. Curves have one cost per epoch; ``metrics`` are those of the cv set, without prefix."""

    name: str
    params: Mapping[str, Value]
    status: str  # completed, stopped, diverged or interrupted
    cost_train: float
    cost_cv: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve_train: Sequence[float] = ()
    curve_cv: Sequence[float] = ()
    epochs: int = 0
    best_epoch: int | None = None  # counted from 1
    message: str | None = None


@dataclass(frozen=True)
class Handle:
    """A parent run that is under way."""

    tracking_uri: str
    experiment_id: str
    run_id: str
    run_name: str
    artifact_uri: str


def warm_up(tracking_uri: str | None = None) -> None:
    """Import what will be needed and open the store, while others work."""
    import gc

    gc.disable()  # a tenth of the time goes into collecting what imports keep anyway
    import matplotlib.figure  # noqa: F401 - drawing happens in this process as well
    import mlflow.pyfunc  # noqa: F401

    gc.freeze()
    gc.enable()
    uri = tracking_uri or store.tracking_uri()
    if not uri.startswith("http"):
        store.prepare(uri)
        _client(uri)


def start_experiment(
    tracking_uri: str,
    experiment: str,
    run_name: str,
    *,
    params: Mapping[str, Value],
    tags: Mapping[str, str],
    config_yaml: str,
    dataset: Dataset,
) -> Handle:
    """Begin the parent run, in the experiment of that name, which is made if need be.

    Raises:
        RunError: the store cannot be reached, or the experiment was deleted in it.
    """
    from mlflow.entities import Dataset as Entity
    from mlflow.entities import DatasetInput, InputTag

    try:
        store.prepare(tracking_uri)
        client = _client(tracking_uri)
        experiment_id = _experiment(client, tracking_uri, experiment)
    except RunError:
        raise
    except Exception as error:  # each kind of store has its driver, and each driver its errors
        raise RunError(f"MLflow at {tracking_uri} cannot be used: {_first_line(error)}") from error
    _end_orphans(client, tracking_uri, experiment_id)
    run = client.create_run(experiment_id, run_name=run_name, tags={"stage": "experiment", **_source(), **tags})
    run_id = run.info.run_id
    client.log_batch(run_id, params=_params(params), tags=_tags({"dataset.sha256": dataset.digest}))
    columns = {
        "mlflow_colspec": [{"name": name, "type": kind, "required": True} for name, kind in dataset.schema.items()]
    }
    entity = Entity(
        name=dataset.name,
        digest=dataset.digest[:36],  # the most that MLflow takes; the tag has all of it
        source_type="local",
        source=json.dumps({"uri": dataset.source}),
        schema=json.dumps(columns),
        profile=json.dumps({"num_rows": dataset.rows}),
    )
    client.log_inputs(run_id, [DatasetInput(entity, [InputTag("mlflow.data.context", "training")])])
    client.log_text(run_id, config_yaml, "config.yaml")
    return Handle(tracking_uri, experiment_id, run_id, run_name, run.info.artifact_uri)


def _end_orphans(client: "MlflowClient", tracking_uri: str, experiment_id: str) -> None:
    """Mark runs of this experiment as killed whose command on this machine was (by SIGKILL, or with the machine)."""
    left = client.search_runs(
        [experiment_id], "attributes.status = 'RUNNING' and tags.stage = 'experiment'", max_results=BATCH
    )
    for run in left:
        if orphans.is_gone(run.data.tags.get(orphans.TAG, "")):
            info = run.info
            handle = Handle(tracking_uri, experiment_id, info.run_id, info.run_name, info.artifact_uri)
            _mark(handle, "KILLED", "the command was killed")


def log_variants(handle: Handle, variants: Sequence[VariantRecord]) -> list[str]:
    """Record variants as runs nested in the parent, in any number of calls; returns their run ids.

    A diverged variant is a finished run whose tag ``status`` says so: it was tried, and that was its outcome.
    """
    client = _client(handle.tracking_uri)
    # SQLite takes one writer at a time; of a server or PostgreSQL most of the time is spent waiting.
    threads = 1 if handle.tracking_uri.startswith("sqlite") else 4
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(lambda variant: _log_variant(client, handle, variant), variants))


def finish_experiment(
    handle: Handle,
    *,
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    figures: Mapping[str, Path],
    tables: Mapping[str, Sequence[Mapping[str, Any]]],
    note_markdown: str,
    result_json: str,
    model_folder: Path,
    model_inputs: Mapping[str, str],
) -> str:
    """Record the outcome and end the parent run as finished; returns the URI of the logged model.

    ``metrics`` bear their prefix (``test/rmse``, ``cv/rmse``); ``tables`` are rows by name.
    """
    client = _client(handle.tracking_uri)
    client.log_batch(
        handle.run_id,
        metrics=[metric for name, value in metrics.items() for metric in _points(name, [value])],
        tags=_tags({**tags, "mlflow.note.content": note_markdown}),
    )
    with TemporaryDirectory() as staging:
        folder = Path(staging)
        (folder / "result.json").write_text(result_json, encoding="utf-8")
        for name, figure in figures.items():
            target = folder / "figures" / f"{name}{figure.suffix}"
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(figure.read_bytes())
        for name, rows in tables.items():
            _write_table(folder / "tables" / f"{name}.csv", rows)
        client.log_artifacts(handle.run_id, staging)
    return model_artifact.log_model(
        handle.tracking_uri, handle.experiment_id, handle.run_id, model_folder, dict(model_inputs)
    )


def mark_killed(handle: Handle) -> None:
    """End the parent run and its nested runs as killed, where they have not ended."""
    _mark(handle, "KILLED", "interrupted")


def mark_failed(handle: Handle, message: str) -> None:
    """End the parent run and its nested runs as failed, where they have not ended, and say why in the description."""
    _mark(handle, "FAILED", message)


def _mark(handle: Handle, status: str, message: str) -> None:
    client = _client(handle.tracking_uri)
    of_parent = f"tags.`mlflow.parentRunId` = '{handle.run_id}' and attributes.status = 'RUNNING'"
    for run in client.search_runs([handle.experiment_id], of_parent, max_results=BATCH):
        client.set_terminated(run.info.run_id, status)
    if client.get_run(handle.run_id).info.status == "RUNNING":
        client.log_batch(handle.run_id, tags=_tags({"mlflow.note.content": message}))
        client.set_terminated(handle.run_id, status)


def _log_variant(client: "MlflowClient", handle: Handle, variant: VariantRecord) -> str:
    tags = {"mlflow.parentRunId": handle.run_id, "stage": "variant", "status": variant.status, **_source()}
    if variant.message:
        tags["message"] = variant.message
    run: Run = client.create_run(handle.experiment_id, run_name=variant.name, tags=tags)
    run_id: str = run.info.run_id
    final = {f"cv/{name}": value for name, value in variant.metrics.items()}
    final |= {"train/J": variant.cost_train, "cv/J": variant.cost_cv, "epochs": variant.epochs}
    metrics = [metric for name, value in final.items() for metric in _points(name, [value])]
    metrics += _points("train/cost", variant.curve_train, variant.best_epoch)
    metrics += _points("cv/cost", variant.curve_cv, variant.best_epoch)
    try:
        client.log_batch(run_id, metrics[:BATCH], _params(variant.params))
    except BaseException:
        client.set_terminated(run_id, "FAILED")
        raise
    client.set_terminated(run_id, "KILLED" if variant.status == "interrupted" else "FINISHED")
    return run_id


def _points(name: str, values: Sequence[float], best: int | None = None) -> list["Metric"]:
    """A curve as metrics with epochs for steps, thinned to what a chart can show; what is not finite is left out."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    count = len(values)
    if count == 1:
        return [Metric(name, float(values[0]), now, 0)] if math.isfinite(values[0]) else []
    kept: Iterable[int] = range(count)
    if count > CURVE_POINTS:
        kept = {round(i * (count - 1) / (CURVE_POINTS - 1)) for i in range(CURVE_POINTS)} | (
            {best - 1} if best else set()
        )
    return [Metric(name, float(values[i]), now, i + 1) for i in sorted(kept) if math.isfinite(values[i])]


def _experiment(client: "MlflowClient", uri: str, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        root = store.artifact_root(uri)
        location = f"{root}/{re.sub(r'[^a-z0-9]+', '-', name.lower()).strip('-')}" if root else None
        kind = {"mlflow.experimentKind": "custom_model_development"}  # else the UI takes it for generative AI
        try:
            return str(client.create_experiment(name, location, kind))
        except MlflowException:
            found = client.get_experiment_by_name(name)  # made by another command meanwhile
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        raise RunError(
            f"the experiment {name!r} was deleted in MLflow. Give this one another `name`, or bring the old one back: "
            f"mlflow experiments restore --experiment-id {found.experiment_id}"
        )
    return str(found.experiment_id)


@cache
def _client(tracking_uri: str) -> "MlflowClient":
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=tracking_uri)


def _params(params: Mapping[str, Value]) -> "list[Param]":
    from mlflow.entities import Param

    return [Param(name, f"{value:.6g}" if isinstance(value, float) else str(value)) for name, value in params.items()]


def _tags(tags: Mapping[str, str]) -> "list[RunTag]":
    from mlflow.entities import RunTag

    return [RunTag(name, value) for name, value in tags.items()]


@cache
def _source() -> dict[str, str]:
    """Who and what, as MLflow's own runs say it."""
    try:
        user = getuser()
    except (OSError, KeyError):  # a container's user need not have a name
        user = "unknown"
    return {"mlflow.user": user, "mlflow.source.name": "descent", "mlflow.source.type": "LOCAL"}


def _write_table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)


def _first_line(error: BaseException) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
