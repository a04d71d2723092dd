"""MLflow's pages: their links, and the server that shows an embedded store."""

import os
import signal
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from descent.flows.errors import RunError
from descent.flows.tracking import ui

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "a folder" / ".descent"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "a folder" / ".descent"


def test_the_link_shows_the_variants_as_charts_best_first() -> None:
    link = urlsplit(ui.ui_url("http://127.0.0.1:5000", "7", "cv/rmse"))
    assert link.netloc == "127.0.0.1:5000"
    route, query = link.fragment.split("?")
    assert route == "/experiments/7/runs"
    assert set(unquote(query).split("&")) == {
        "workflowType=machine_learning",
        "searchFilter=tags.stage = 'variant'",
        "orderByKey=metrics.`cv/rmse`",
        "orderByAsc=true",
        "compareRunsMode=CHART",
    }


def test_the_page_of_a_server_is_only_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.team.example/")
    said: list[str] = []
    ui.open_ui(say=said.append)
    assert said == [
        "MLflow (MLFLOW_TRACKING_URI): https://mlflow.team.example/#/experiments?workflowType=machine_learning"
    ]


def test_without_runs_there_is_nothing_to_open() -> None:
    with pytest.raises(RunError, match="no runs"):
        ui.open_ui()


@pytest.mark.integration
def test_the_ui_serves_the_embedded_store_until_interrupted(folder: Path) -> None:
    program = """
from descent.flows.machine.environment import quiet
quiet()
from descent.flows.tracking import store, ui
store.prepare(store.tracking_uri())
ui.open_ui(say=lambda line: print(line, flush=True))
"""
    process = subprocess.Popen([sys.executable, "-c", program], text=True, stdout=subprocess.PIPE, cwd=ROOT)
    assert process.stdout is not None
    try:
        said = [process.stdout.readline() for _ in range(3)]
        assert said[-1] == "Press Ctrl-C to stop it.\n"
        address = urlsplit(said[1].removeprefix("MLflow: ").strip())
        assert "workflowType=machine_learning" in address.fragment
        connection = HTTPConnection(address.hostname or "", address.port, timeout=300)
        connection.request("GET", "/")
        assert b"MLflow" in connection.getresponse().read()
        connection.close()
    finally:
        os.kill(process.pid, signal.SIGINT)
        process.communicate(timeout=600)
    assert process.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        HTTPConnection(address.hostname or "", address.port, timeout=5).connect()
