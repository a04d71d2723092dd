"""Make the pictures of the README and the documentation anew: `.venv/bin/python docs/pictures.py [mlflow]`.

Runs experiments/diabetes.yaml in a folder of its own; the report as the terminal shows it becomes report.svg, the page
that the run wrote becomes report.png (with Debian's chromium and chromium-driver), the figures are those that the run
left in MLflow. Then a straight line becomes the champion of a registered model, and a sweep of twelve variants beats
it; the pages in MLflow's UI become mlflow-*.png. With the argument ``mlflow`` these alone are made.
"""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import quote

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
from tests.browser import browser  # noqa: E402 - the tests are no package that is installed

IMAGES = HERE / "images"
EXPERIMENT = "experiments/diabetes.yaml"
SWEEP = (
    "run", "data/samples/diabetes.csv", "--target", "progression", "--set", "name=diabetes", "--set",
    "search.epochs=60", "--set", "validate={folds: 3, finalists: 2}", "--set", "register.name=diabetes", "--set",
)  # fmt: skip
LINE = "search.models=[{kind: linear, lambda: 1000}]"
NETWORKS = (
    "search.models=[{kind: network, layers: [[16], [64, 32]], lambda: [0.1, 1, 10], "
    "optimizer: {kind: adam, learning_rate: [0.003, 0.01]}}]"
)
QUIET = "localStorage.setItem('mlflow.assistant.panelOpen_v1', 'false')"
"""MLflow's assistant takes a quarter of the window until it is closed."""


def main() -> None:
    """Run, draw, copy."""
    os.chdir(HERE.parent)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["DESCENT_HOME"] = str(Path(scratch) / "descent")
        try:
            if "mlflow" not in sys.argv[1:]:
                draw()
            draw_mlflow()
        finally:
            subprocess.run([Path(sys.executable).with_name("descent"), "down"], check=False, capture_output=True)


def draw() -> None:
    """Write the pictures into docs/images."""
    from rich.console import Console

    from flows import run_experiment
    from flows.home import artifacts
    from flows.report import print_report
    from schemas import load_config

    result = run_experiment(load_config(Path(EXPERIMENT)))
    # The place of the folder is nobody's business; what a user sees there is relative to where they work.
    folder = Path(".descent/runs") / Path(result.model).parent.name
    shown = result.model_copy(update={"model": str(folder / "model"), "report": str(folder / "report.html")})
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    print_report(shown, console)
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "report.svg").write_text(console.export_svg(title=f"descent run {EXPERIMENT}"), encoding="utf-8")
    photograph(Path(result.report), IMAGES / "report.png")
    for figure in artifacts().rglob(f"{result.mlflow.run_id}/artifacts/figures/*.png"):
        shutil.copyfile(figure, IMAGES / figure.name)


def draw_mlflow() -> None:
    """Photograph the pages of MLflow's UI: charts, comparison, artifacts, and the version that was promoted."""
    command = Path(sys.executable).with_name("descent")
    for models in (LINE, NETWORKS):
        subprocess.run([command, *SWEEP, models, "--json"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([command, "promote", "diabetes"], check=True)

    from flows import store
    from flows.tracking.runs import client_of

    uri = store.tracking_uri()
    store.prepare(uri)
    client = client_of(uri)
    newest = client.get_model_version("diabetes", "2")
    experiment = client.get_run(newest.run_id).info.experiment_id
    variants = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{newest.run_id}'")
    port = store.free_port(None)
    ui = subprocess.Popen([command, "ui", "--port", str(port)], stdout=subprocess.PIPE, text=True)
    try:
        assert ui.stdout is not None
        while not (line := ui.stdout.readline()).startswith("MLflow: "):
            assert line, "MLflow's UI did not start"
        base = f"http://127.0.0.1:{port}"
        with browser(1400, 900) as window:
            window.open(base)
            window.run(QUIET)
            window.open(store.ui_url(base, experiment, "cv/rmse"))
            window.wait("document.querySelectorAll('.js-plotly-plot').length >= 4")
            window.screenshot(IMAGES / "mlflow-charts.png")
            ids, ours = (quote(json.dumps(each)) for each in ([run.info.run_id for run in variants], [experiment]))
            window.open(f"{base}/#/compare-runs?runs={ids}&experiments={ours}&workflowType=machine_learning")
            window.wait("document.querySelectorAll('.parcoords .axis-title').length >= 4")
            window.screenshot(IMAGES / "mlflow-compare.png")
            window.open(store.run_url(base, experiment, f"{newest.run_id}/artifacts/leaderboard.json"))
            window.wait_for_text("View as table", "cv/rmse")
            window.screenshot(IMAGES / "mlflow-leaderboard.png")
            window.open(f"{base}/#/models/diabetes/versions/2?workflowType=machine_learning")
            window.wait_for_text("Promoted: diabetes version 2", "descent.lower_bound", "Outputs (3)")
            window.screenshot(IMAGES / "mlflow-version.png")
    finally:
        ui.send_signal(signal.SIGINT)
        ui.wait()


def photograph(page: Path, picture: Path) -> None:
    """The upper part of a report."""
    with browser(1180, 1500) as window:
        window.open(page.as_uri())
        window.screenshot(picture)


if __name__ == "__main__":
    main()
