"""Where MLflow keeps the runs: the store that ``MLFLOW_TRACKING_URI`` names, else a file in ``.descent/``."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import quote

from descent.flows.errors import RunError
from descent.flows.machine import databases
from descent.flows.machine.environment import PRIVATE
from descent.flows.machine.home import artifacts, home, make_home, mlflow_database
from descent.flows.machine.locks import locked
from descent.flows.machine.reachable import reach
from descent.ml.statistics.metrics import greater_is_better

UI_PORT = 5000
UI_SECONDS = 180.0


def tracking_uri() -> str:
    """The MLflow store of this process."""
    return os.environ.get("MLFLOW_TRACKING_URI") or embedded_uri()


def registry_uri(uri: str) -> str:
    """The model registry of a store: the store itself, unless ``MLFLOW_REGISTRY_URI`` names another."""
    return os.environ.get("MLFLOW_REGISTRY_URI") or uri


def embedded_uri() -> str:
    """The SQLite store in ``.descent/``; its folder need not exist."""
    return f"sqlite:///{mlflow_database()}"


def artifact_root(uri: str) -> str | None:
    """Where new experiments of a store put their artifacts; None leaves it to the store's server."""
    return artifacts().as_uri() if uri == embedded_uri() else None


def prepare(uri: str) -> None:
    """Make the embedded store's database if it does not exist; other stores are their owners' to make.

    Migrating an empty database takes seconds, copying a migrated one milliseconds. Imports MLflow only for the former.
    """
    if uri != embedded_uri():
        return
    make_home("artifacts")
    with locked(home() / "mlflow.lock"):  # two commands at once would migrate the same file
        database = mlflow_database()
        if database.exists():
            return
        if not databases.restore("mlflow", database):
            from mlflow import MlflowClient

            MlflowClient(tracking_uri=uri).search_experiments(max_results=1)
            databases.keep("mlflow", database)
        # A commit then waits for the disk once instead of several times, and the UI can read while a run writes.
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")


def reach_server() -> None:
    """See that a server is there, if the store is one: a wrong address is said before anything is trained.

    Raises:
        RunError: it cannot be reached.
    """
    uri = tracking_uri()
    if uri.startswith(("http://", "https://")):
        reach(uri, "MLFLOW_TRACKING_URI", "Start that server, or unset the variable to use a local store.")


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
    return uri.rstrip("/") if uri.startswith(("http://", "https://")) else f"http://127.0.0.1:{UI_PORT}"


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
    chosen = free_port(port)
    say("MLflow's UI takes some seconds to start …")
    process = _start_ui(uri, chosen)
    try:
        _wait_for_ui(process, chosen)
        say(f"MLflow: {_newest_page(chosen)}")
        say("Press Ctrl-C to end it.")
        process.wait()
    except KeyboardInterrupt:
        pass
    finally:
        _end(process)


def ui_log() -> Path:
    """What MLflow's server has to say."""
    return home() / "logs" / "mlflow-ui.log"


def _start_ui(uri: str, port: int) -> "subprocess.Popen[bytes]":
    make_home("logs")
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", uri, "--default-artifact-root",
               artifacts().as_uri(), "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]  # fmt: skip
    # One worker and no job execution: 2 processes instead of 15.
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
    deadline = time.monotonic() + UI_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RunError(f"MLflow's server ended while starting. Its log: {ui_log()}")
        with suppress(OSError, HTTPException):
            if _ask(port, "GET", "/health") is not None:
                return
        time.sleep(0.1)
    raise RunError(f"MLflow's server did not answer within {UI_SECONDS:.0f} seconds. Its log: {ui_log()}")


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
    answer = json.loads(_ask(port, "POST", f"/api/2.0/mlflow/{what}/search", json.dumps(query)) or "{}")
    found: list[dict[str, Any]] = answer.get(what, [])
    return found


def _ask(port: int, method: str, path: str, body: str | None = None) -> str | None:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        text = answer.read().decode()
        return text if answer.status == 200 else None
    finally:
        connection.close()


def free_port(wanted: int | None, host: str = "127.0.0.1", usual: int = UI_PORT) -> int:
    """The port that is wanted; else the usual one, or any.

    Raises:
        RunError: it is taken, or may not be used.
    """
    for port in (wanted,) if wanted is not None else (usual, 0):
        try:
            with socket.create_server((host, port)) as listener:
                return int(listener.getsockname()[1])
        except (OSError, OverflowError) as error:
            if wanted is not None:
                said = getattr(error, "strerror", None) or error
                raise RunError(f"port {wanted} cannot be used: {said}. Leave --port out for a free one") from error
    raise RunError(f"no free port on {host}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue
