"""The runs of an experiment in MLflow, each made once.

Every run bears the key of its experiment run as a tag, a variant its name as well. What may have been sent before is
looked up by these tags and then completed, not made again.
"""

import json
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from descent.flows.errors import RunError
from descent.flows.tracking import logged_model, orphans, store
from descent.flows.tracking.records import FINISHED, KILLED, Beginning, Ending, RunOutcome, VariantRecord
from descent.flows.tracking.registry import register
from descent.flows.tracking.store import Handle, client_of
from descent.flows.tracking.values import finals, input_of, metrics_of, params_of, tags_of

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

BATCH = 1000  # the most metrics, and the most runs, that MLflow takes at once
Known = dict[str, "Run"]
"""Variants that MLflow has, whole or not, by name."""

RUN, VARIANT = "descent.run", "descent.variant"
"""Tags: the key of the experiment run; the name of the variant in it."""


def begin(beginning: Beginning) -> Handle:
    """Begin the parent run, in the experiment of that name, which is made if need be; go on with one that was begun.

    Raises:
        RunError: the store cannot be used, or the experiment was deleted in it.
    """
    uri = beginning.tracking_uri
    store.prepare(uri)
    client = client_of(uri)
    experiment_id = _experiment(client, uri, beginning.experiment)
    _end_orphans(client, uri, experiment_id, beginning.key)
    found = client.search_runs(
        [experiment_id], f"tags.`{RUN}` = '{beginning.key}' and tags.stage = 'experiment'", order_by=["start_time"]
    )
    for surplus in found[1:]:  # a request was answered after we had given up on it
        client.delete_run(surplus.info.run_id)
    tags = {"stage": "experiment", RUN: beginning.key, **beginning.tags}
    run = found[0] if found else client.create_run(experiment_id, beginning.at, tags, beginning.key)
    run_id = run.info.run_id
    if found:
        client.log_batch(run_id, tags=tags_of({**beginning.tags, "mlflow.note.content": ""}))
    if found and run.info.status != "RUNNING":
        client.update_run(run_id, status="RUNNING")
    client.log_batch(run_id, params=params_of(beginning.params))
    client.log_inputs(run_id, [input_of(dataset) for dataset in beginning.datasets])
    client.log_text(run_id, beginning.config_yaml, "config.yaml")
    return Handle(uri, experiment_id, run_id)


def known(handle: Handle, key: str) -> Known:
    """The variants of a run that MLflow has, by name; where one is there twice, one of the two is deleted."""
    client = client_of(handle.tracking_uri)
    by_name: dict[str, Run] = {}
    page: str | None = None
    while True:
        runs = client.search_runs(
            [handle.experiment_id],
            f"tags.`{RUN}` = '{key}' and tags.stage = 'variant'",
            max_results=BATCH,
            order_by=["start_time"],
            page_token=page,
        )
        for run in runs:
            name = run.data.tags.get(VARIANT, "")
            twin = by_name.setdefault(name, run)
            if twin is not run:
                keep, drop = (twin, run) if twin.info.status == FINISHED else (run, twin)
                by_name[name] = keep
                client.delete_run(drop.info.run_id)
        page = runs.token
        if not page:
            return by_name


def log_variants(handle: Handle, beginning: Beginning, variants: Sequence[VariantRecord], there: Known) -> None:
    """Record variants as runs nested in the parent; ``there`` are those that MLflow has, whole or not.

    A diverged variant is a finished run whose tag ``status`` says so: it was tried, and that was its outcome.
    """
    client = client_of(handle.tracking_uri)
    # SQLite takes one writer at a time; of a server or PostgreSQL most of the time is spent waiting.
    threads = 1 if handle.tracking_uri.startswith("sqlite") else 4

    def log(variant: VariantRecord) -> None:
        _log_variant(client, handle, beginning, variant, there.get(variant.name))

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(log, variants))


def finish(
    handle: Handle,
    outcome: RunOutcome,
    artifacts: Path,
    model: Path,
    observed: Sequence[tuple[int, Mapping[str, float]]],
) -> str:
    """Record the outcome and end the parent run as finished; returns the URI of the logged model."""
    client, run_id = client_of(handle.tracking_uri), handle.run_id
    tables = [{"path": path, "type": "table"} for path in outcome.tables]
    tags = {**outcome.tags, "mlflow.note.content": outcome.note, "mlflow.loggedArtifacts": json.dumps(tables)}
    metrics = [*finals(outcome.metrics, outcome.at), *metrics_of(outcome.winner)]
    for step, (at, values) in enumerate(observed):
        metrics += [type(metric)(metric.key, metric.value, metric.timestamp, step) for metric in finals(values, at)]
    client.log_batch(run_id, metrics[:BATCH], params_of(outcome.winner.params), tags_of(tags))
    for start in range(BATCH, len(metrics), BATCH):
        client.log_batch(run_id, metrics[start : start + BATCH])
    client.log_inputs(run_id, [input_of(dataset) for dataset in outcome.datasets])
    client.log_artifacts(run_id, str(artifacts))
    uri = _logged_model(client, handle)
    if uri is None:
        uri = logged_model.log_model(
            handle.tracking_uri, handle.experiment_id, run_id, model, dict(outcome.model_inputs)
        )
    if outcome.register is not None:
        register(client, outcome.register, uri, run_id)
    client.set_terminated(run_id, FINISHED)
    return uri


def end(handle: Handle, ending: Ending) -> None:
    """End the parent run and its nested runs, where they have not ended, and say why in the description."""
    _mark(handle, ending.status, ending.message)


def _log_variant(
    client: "MlflowClient", handle: Handle, beginning: Beginning, variant: VariantRecord, there: "Run | None"
) -> None:
    status = KILLED if variant.status == "interrupted" else FINISHED
    if there is not None and there.info.status == status:
        return
    if there is None:
        tags = {"mlflow.parentRunId": handle.run_id, "stage": "variant", "status": variant.status}
        tags |= {RUN: beginning.key, VARIANT: variant.name}
        tags |= {name: value for name, value in beginning.tags.items() if name.startswith("mlflow.")}
        if variant.message:
            tags["message"] = variant.message
        run_id = client.create_run(handle.experiment_id, variant.at, tags, variant.name).info.run_id
    else:
        run_id = there.info.run_id
    metrics = metrics_of(variant)
    client.log_batch(run_id, metrics[:BATCH], params_of(variant.params))
    client.set_terminated(run_id, status, variant.at)


def _logged_model(client: "MlflowClient", handle: Handle) -> str | None:
    """The run's model, if it was logged already; what is left of a broken attempt is deleted."""
    found = client.search_logged_models([handle.experiment_id], f"source_run_id = '{handle.run_id}'")
    ready = None
    for model in found:
        if str(model.status) in ("READY", "LoggedModelStatus.READY") and ready is None:
            ready = str(model.model_uri)
        else:
            client.delete_logged_model(model.model_id)
    return ready


def _end_orphans(client: "MlflowClient", tracking_uri: str, experiment_id: str, key: str) -> None:
    """Mark runs of this experiment as killed whose command on this machine was (by SIGKILL, or with the machine)."""
    left = client.search_runs(
        [experiment_id], "attributes.status = 'RUNNING' and tags.stage = 'experiment'", max_results=BATCH
    )
    for run in left:
        if run.data.tags.get(RUN) != key and orphans.is_gone(run.data.tags.get(orphans.TAG, "")):
            _mark(Handle(tracking_uri, experiment_id, run.info.run_id), KILLED, "the command was killed")


def _mark(handle: Handle, status: str, message: str) -> None:
    client = client_of(handle.tracking_uri)
    of_parent = f"tags.`mlflow.parentRunId` = '{handle.run_id}' and attributes.status = 'RUNNING'"
    for run in client.search_runs([handle.experiment_id], of_parent, max_results=BATCH):
        client.set_terminated(run.info.run_id, status)
    if client.get_run(handle.run_id).info.status == "RUNNING":
        client.log_batch(handle.run_id, tags=tags_of({"mlflow.note.content": message}))
        client.set_terminated(handle.run_id, status)


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
