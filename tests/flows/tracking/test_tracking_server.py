"""Runs through a real tracking server: stopped in mid-run and started again, and looked at in a real browser."""

import json
import os
import signal
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from descent.flows.tracking import ui

from ...browser import browser, missing
from ..embedded import Embedded
from ..tracking_server import Server

pytestmark = [
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
]
SWEEP = """
name: {name}
data: {{source: data/samples/diabetes.csv, target: progression}}
search:
  epochs: 20
  models:
    - kind: network
      layers: [[16], [64, 32]]
      lambda: [0.1, 1, 10]
      optimizer: {{kind: adam, learning_rate: [0.003, 0.01]}}
validate: {{folds: 2, finalists: 2}}
diagnose: {{curves: false}}
"""


@pytest.fixture(scope="module")
def client(server: Server) -> Any:
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=server.url)


SHOWN = """(frame => frame && (request => {
    request.open("GET", frame.src, false); request.send(); return request.responseText.includes(arguments[0])
})(new XMLHttpRequest()))(document.querySelector("iframe[src^='blob:']"))"""
"""Whether the frame that shows an artifact holds a text; MLflow lets no script look into the frame itself."""


def sweep(folder: Path, name: str) -> Path:
    file = folder / f"{name}.yaml"
    file.write_text(SWEEP.format(name=name), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def undisturbed(home: Embedded, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Any:
    file = sweep(tmp_path_factory.mktemp("sweep"), "undisturbed")
    answer = home.descent("run", file, "--json", MLFLOW_TRACKING_URI=server.url)
    assert answer.code == 0, answer.stderr
    assert answer.json["mlflow"]["unsent"] is None
    return answer.json


def everything(client: Any, experiment: str) -> dict[str, Any]:
    """What the server has of an experiment, but for ids, times and the experiment's name."""
    found: dict[str, Any] = {}
    (experiment_id,) = [e.experiment_id for e in client.search_experiments() if e.name == experiment]
    for run in client.search_runs([experiment_id]):
        id_, stage = run.info.run_id, run.data.tags["stage"]
        name = run.info.run_name if stage == "variant" else "parent"
        assert name not in found, f"{name} is there twice"
        curves = {
            metric: [(point.step, point.value) for point in client.get_metric_history(id_, metric)]
            for metric in run.data.metrics
        }
        files = sorted(file.path for folder in ("", "figures") for file in client.list_artifacts(id_, folder))
        table = stage == "experiment" and client.download_artifacts(id_, "leaderboard.json")
        models = client.search_logged_models([experiment_id], f"source_run_id = '{id_}'")
        found[name] = {
            "status": run.info.status,
            "params": run.data.params,
            "curves": curves,
            "files": files,
            "tags": sorted(run.data.tags),
            "verdict": run.data.tags.get("verdict"),
            "inputs": sorted((i.dataset.digest, i.tags[0].value) for i in run.inputs.dataset_inputs),
            "models": [(model.name, str(model.status)) for model in models],
            "table": table and json.loads(Path(table).read_text(encoding="utf-8")),
        }
    return found


def test_a_server_that_goes_away_in_mid_run_gets_everything_once_when_it_is_back(
    home: Embedded, server: Server, client: Any, undisturbed: Any, tmp_path: Path
) -> None:
    wanted = everything(client, "undisturbed")
    assert len(wanted) == 13
    assert home.descent("sync").code == 0  # what runs of other tests have left
    file = sweep(tmp_path, "disturbed")
    home.environment["MLFLOW_TRACKING_URI"] = server.url
    run = home.start("run", file, "--json", "--fresh")
    try:
        deadline = time.monotonic() + 600
        while not any(e.name == "disturbed" for e in client.search_experiments()):
            assert run.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)
        server.kill()
        output, said = run.communicate(timeout=600)
        assert run.returncode == 0, said
        result = json.loads(output)
        assert result["mlflow"]["unsent"] is not None
        assert "descent sync" in said and "Traceback" not in said
        assert "1 run not in MLflow yet" in home.descent("status").stdout
        away = home.descent("sync")
        assert (away.code, away.stdout.count("not sent: nothing answers")) == (1, 1)
        server.start()
        back = home.descent("sync")
        assert back.code == 0, back.stderr
        assert back.stdout.endswith(": sent\n")
        assert home.descent("sync").stdout == "nothing to send: MLflow has every run of this folder\n"
    finally:
        del home.environment["MLFLOW_TRACKING_URI"]
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
        if server.process is None:
            server.start()
    assert everything(client, "disturbed") == wanted


@pytest.mark.skipif(bool(missing()), reason=missing())
def test_the_pages_show_the_variants_their_curves_and_what_told_them_apart(
    server: Server, client: Any, undisturbed: Any
) -> None:
    experiment, parent = undisturbed["mlflow"]["experiment_id"], undisturbed["mlflow"]["run_id"]
    with browser() as window:
        window.open(f"{server.url}/#/experiments/{experiment}/runs?workflowType=machine_learning")
        window.wait_for_text("13 matching runs", parent_name := client.get_run(parent).info.run_name)
        assert undisturbed["variants"][0]["name"][:10] not in window.text(), parent_name
        window.open(ui.ui_url(server.url, experiment, "cv/rmse"))
        window.wait_for_text("12 matching runs", "cv/cost", "cv/rmse", undisturbed["variants"][0]["name"][:20])
        window.wait("document.querySelectorAll('.js-plotly-plot').length >= 4")
        variants = client.search_runs([experiment], "tags.stage = 'variant'")
        ids, ours = json.dumps([run.info.run_id for run in variants]), json.dumps([experiment])
        window.open(f"{server.url}/#/compare-runs?runs={quote(ids)}&experiments={quote(ours)}")
        window.wait_for_text("Comparing 12 Runs")
        axes = window.wait(
            "(found => found.length >= 4 && found)"
            "([...document.querySelectorAll('.parcoords .axis-title')].map(e => e.textContent))"
        )
        assert axes[:3] == ["lambda", "layers", "learning_rate"] and axes[3].startswith("cv/")
        window.open(ui.run_url(server.url, experiment, f"{parent}/artifacts/leaderboard.json"))
        window.wait_for_text("View as table", "cv/rmse", "train/J")
        window.open(ui.run_url(server.url, experiment, f"{parent}/artifacts/report.html"))
        window.wait(SHOWN, "Test rmse")
        (model,) = client.search_logged_models([experiment], f"source_run_id = '{parent}'")
        window.open(f"{server.url}/#/experiments/{experiment}/models/{model.model_id}")
        window.wait_for_text("Metrics (", "test/rmse", "lambda", parent_name)
