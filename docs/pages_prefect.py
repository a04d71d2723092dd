"""The pages of Prefect's UI: a deployment with its worker, its form, a run with its artifacts, and its leaderboard."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

from photograph import photograph

from tests.browser import browser

FOLDER = Path(tempfile.gettempdir()) / "descent"
"""Where the pictures are made: its name is seen in them."""
TABLE = "data/samples/diabetes.csv"
DEPLOY = (
    "deploy",
    TABLE,
    "--target",
    "progression",
    "--cron",
    "0 3 * * *",
    "--timezone",
    "Europe/Berlin",
    "--set",
    "search.epochs=60",
    "--set",
    "validate={folds: 3, finalists: 2}",
    "--set",
    "search.models=[{kind: network, layers: [[16], [64, 32]], lambda: [0.1, 1, 10], "
    "optimizer: {kind: adam, learning_rate: [0.003, 0.01]}}]",
)
RUNS = 2
TAB = """const tab = [...document.querySelectorAll('.p-tab')]
    .find(one => one.innerText.trim() === arguments[0]); tab?.click(); return Boolean(tab)"""
DRAWN = "document.querySelectorAll('canvas').length > 0"


def draw(images: Path, command: Path) -> None:
    """Deploy, let a worker retrain twice, and photograph how Prefect shows that; DESCENT_HOME is inside `FOLDER`."""
    (FOLDER / TABLE).parent.mkdir(parents=True)
    shutil.copyfile(TABLE, FOLDER / TABLE)
    subprocess.run([command, *DEPLOY], check=True, cwd=FOLDER)
    worker = subprocess.Popen([command, "worker"], cwd=FOLDER, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        port = json.loads((Path(os.environ["DESCENT_HOME"]) / "prefect" / "server.json").read_text())["port"]
        base = f"http://127.0.0.1:{port}"
        deployment = ask(base, "/deployments/filter", {})[0]["id"]
        for _ in range(RUNS):
            run = ask(base, f"/deployments/{deployment}/create_flow_run", {"state": {"type": "SCHEDULED"}})["id"]
            while (state := ask(base, f"/flow_runs/{run}")["state_type"]) != "COMPLETED":
                assert state in ("SCHEDULED", "PENDING", "RUNNING"), f"the run has {state}"
                time.sleep(1)
        shown = ask(base, "/artifacts/filter", {"flow_runs": {"id": {"any_": [run]}}})
        board = next(one["id"] for one in shown if one["key"] == "leaderboard")
        draw_pages(images, base, deployment, run, board)
    finally:
        worker.send_signal(signal.SIGINT)
        worker.wait()


def draw_pages(images: Path, base: str, deployment: str, run: str, board: str) -> None:
    """One picture a page, when what it is about is there."""
    os.environ["TZ"] = "Europe/Berlin"  # of the browser, as of the schedule
    with browser(1400, 943) as window:
        window.open(f"{base}/deployments/deployment/{deployment}")
        window.wait_for_text("At 03:00 AM every day", "Ready", "retrain diabetes")
        window.wait(f"document.body.innerText.split('Completed').length > {RUNS}")
        photograph(window, images / "prefect-deployment.png")
        window.open(f"{base}/deployments/deployment/{deployment}/run")
        window.wait_for_text("Only data.source and data.target must be given", "the column to predict")
        photograph(window, images / "prefect-form.png")
        window.open(f"{base}/runs/flow-run/{run}")
        window.wait_for_text("Completed", "Artifacts")
        window.wait(DRAWN)
        window.run(TAB, "Artifacts")
        window.wait_for_text("leaderboard", "decision", "mlflow-run")
        photograph(window, images / "prefect-artifacts.png")
        window.open(f"{base}/artifacts/artifact/{board}")
        window.wait_for_text("the best first", "cv/rmse")
        photograph(window, images / "prefect-leaderboard.png")


def ask(base: str, path: str, body: object = None) -> Any:
    """Ask Prefect's server."""
    request = Request(f"{base}/api{path}", body if body is None else json.dumps(body).encode())
    request.add_header("content-type", "application/json")
    with build_opener(ProxyHandler({})).open(request) as answer:
        return json.load(answer)
