"""The pages of MLflow's UI: charts, comparison, leaderboard, report, a registered model and the version that won."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from photograph import photograph

from tests.browser import browser

SWEEP = (
    "run",
    "data/samples/diabetes.csv",
    "--target",
    "progression",
    "--set",
    "search.epochs=60",
    "--set",
    "validate={folds: 3, finalists: 2}",
    "--set",
    "register.name=diabetes",
    "--set",
)
LINE = ("name=diabetes line", "--set", "search.models=[{kind: linear, lambda: 1000}]")
NETWORKS = (
    "name=diabetes sweep",
    "--set",
    "search.models=[{kind: network, layers: [[16], [64, 32]], lambda: [0.1, 1, 10], "
    "optimizer: {kind: adam, learning_rate: [0.003, 0.01]}}]",
)
QUIET = "localStorage.setItem('mlflow.assistant.panelOpen_v1', 'false')"
"""MLflow's assistant takes a quarter of the window until it is closed."""


def draw(images: Path, command: Path) -> None:
    """A straight line becomes the champion, twelve networks beat it; photograph how MLflow shows that."""
    for models in (LINE, NETWORKS):
        subprocess.run([command, *SWEEP, *models, "--json"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([command, "promote", "diabetes"], check=True)

    from descent.flows.tracking import store, ui
    from descent.flows.tracking.store import client_of

    uri = store.tracking_uri()
    store.prepare(uri)
    client = client_of(uri)
    newest = client.get_model_version("diabetes", "2")
    experiment = client.get_run(newest.run_id).info.experiment_id
    variants = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{newest.run_id}'")
    with served(command) as base, browser(1400, 900) as window:
        window.open(base)
        window.run(QUIET)

        def show(name: str, page: str, condition: str, *texts: str) -> None:
            window.open(page)
            window.wait(condition)
            window.wait_for_text(*texts)
            photograph(window, images / f"mlflow-{name}.png")

        drawn = "document.querySelectorAll('.js-plotly-plot').length >= 4"
        show("charts", ui.ui_url(base, experiment, "cv/rmse"), drawn)
        ids, ours = (quote(json.dumps(each)) for each in ([run.info.run_id for run in variants], [experiment]))
        lines = "document.querySelectorAll('.parcoords .axis-title').length >= 4"
        show("compare", f"{base}/#/compare-runs?runs={ids}&experiments={ours}&workflowType=machine_learning", lines)
        board = ui.run_url(base, experiment, f"{newest.run_id}/artifacts/leaderboard.json")
        show("leaderboard", board, "true", "View as table", "cv/rmse")
        page = ui.report_url(base, experiment, newest.run_id, "report.html")
        show("report", page, "document.querySelector('iframe')")
        model = f"{base}/#/models/diabetes"
        show("model", f"{model}?workflowType=machine_learning", "true", "Version 2", "champion")
        show("version", f"{model}/versions/2?workflowType=machine_learning", "true", "descent.lower_bound")


@contextmanager
def served(command: Path) -> Iterator[str]:
    """The address of ``descent ui``."""
    from descent.flows.machine.reachable import free_port

    port = free_port(None, usual=5000)
    server = subprocess.Popen([command, "ui", "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        while not (line := server.stdout.readline()).startswith("MLflow: "):
            assert line, "MLflow's UI did not start"
        yield f"http://127.0.0.1:{port}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()
