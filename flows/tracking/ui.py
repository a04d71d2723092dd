"""MLflow's pages: their addresses, and the server of ``descent ui`` that shows those of an embedded store."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from descent.flows.errors import RunError
from descent.flows.machine.environment import PRIVATE
from descent.flows.machine.home import artifacts, home, make_home, mlflow_database
from descent.flows.machine.reachable import ask, free_port
from descent.flows.tracking.store import embedded_uri, tracking_uri
from descent.ml.statistics.metrics import greater_is_better

PORT = 5000
PATIENCE = 180.0
"""Seconds that MLflow's server may take to start."""


def ui_url(base: str, experiment_id: str, metric: str | None = None, *, ascending: bool = True) -> str:
    """The page of an experiment's variants as charts, best by ``metric`` first (such as ``cv/rmse``).

    MLflow opens in its generative-AI mode and hides nested runs unless asked.
    """
    order = f"&orderByKey=metrics.%60{quote(metric)}%60&orderByAsc={str(ascending).lower()}" if metric else ""
    return (
        f"{base}/#/experiments/{experiment_id}/runs?workflowType=machine_learning"
        f"&searchFilter=tags.stage%20%3D%20%27variant%27{order}&compareRunsMode=CHART"
    )


def run_url(base: str, experiment_id: str, run_id: str) -> str:
    """The page of one run."""
    return f"{base}/#/experiments/{experiment_id}/runs/{run_id}?workflowType=machine_learning"


def ui_base() -> str:
    """Where people see the runs: ``DESCENT_MLFLOW_URL``, else the tracking server, else what ``descent ui`` starts."""
    uri = os.environ.get("DESCENT_MLFLOW_URL") or tracking_uri()
    return uri.rstrip("/") if uri.startswith(("http://", "https://")) else f"http://127.0.0.1:{PORT}"


def report_url(base: str, experiment_id: str, run_id: str, name: str) -> str:
    """The page of one file of a run, which MLflow shows."""
    return f"{base}/#/experiments/{experiment_id}/runs/{run_id}/artifacts/{quote(name)}?workflowType=machine_learning"


def open_ui(port: int | None = None, say: Callable[[str], None] = print) -> None:
    """Serve the UI on the loopback address until interrupted; where a server has the store, say its link.

    Raises:
        RunError: there are no runs yet, the port is taken, or the UI does not start.
    """
    uri = tracking_uri()
    if uri.startswith(("http://", "https://")):
        say(f"MLflow (MLFLOW_TRACKING_URI): {uri.rstrip('/')}/#/experiments?workflowType=machine_learning")
        return
    if uri == embedded_uri() and not mlflow_database().exists():
        raise RunError(f"there are no runs in {home()} yet: start with descent run")
    chosen = free_port(port, usual=PORT)
    say("MLflow's UI takes some seconds to start …")
    process = _start_ui(uri, chosen)
    try:
        _wait_for_ui(process, chosen)
        say(f"MLflow: {_newest_page(chosen)}")
        say("Press Ctrl-C to stop it.")
        process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        _end(process)


def ui_log() -> Path:
    """What MLflow's server has to say."""
    return home() / "logs" / "mlflow-ui.log"


def server_command(store: str, port: int, *options: str) -> list[str]:
    """MLflow's server over a store, with one worker on the loopback address."""
    given = ["--backend-store-uri", store, "--host", "127.0.0.1", "--port", str(port), "--workers", "1", *options]
    return [sys.executable, "-W", "ignore", "-m", "mlflow", "server", *given]


def _start_ui(uri: str, port: int) -> "subprocess.Popen[bytes]":
    make_home("logs")
    command = server_command(uri, port, "--default-artifact-root", artifacts().as_uri())
    # Without job execution there are 2 processes instead of 15.
    environment = PRIVATE | os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    environment.pop("MLFLOW_TRACKING_URI", None)
    with ui_log().open("wb") as log:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that it and its worker can be ended together
        )


def _wait_for_ui(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RunError(f"MLflow's server exited while starting. Its log: {ui_log()}")
        with suppress(OSError, HTTPException):
            ask(port, "/health")
            return
        time.sleep(0.1)
    raise RunError(f"MLflow's server did not answer within {PATIENCE:.0f} seconds. Its log: {ui_log()}")


def _newest_page(port: int) -> str:
    """The page of the experiment that was touched last, its variants sorted by the metric that selected."""
    base = f"http://127.0.0.1:{port}"
    newest = {"max_results": 1, "order_by": ["last_update_time DESC"]}
    found = _search(port, "experiments", newest)
    if not found:
        return base
    experiment = str(found[0]["experiment_id"])
    filtered = {"experiment_ids": [experiment], "filter": "tags.stage = 'experiment'", "max_results": 1}
    runs = _search(port, "runs", filtered)
    params = {param["key"]: param["value"] for run in runs for param in run["data"].get("params", [])}
    metric = params.get("metric")
    ascending = metric is None or not greater_is_better(metric)
    return ui_url(base, experiment, metric and f"cv/{metric}", ascending=ascending)


def _search(port: int, what: str, query: dict[str, Any]) -> list[dict[str, Any]]:
    with suppress(OSError, HTTPException):
        return list(json.loads(ask(port, f"/api/2.0/mlflow/{what}/search", query)).get(what, []))
    return []


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue
