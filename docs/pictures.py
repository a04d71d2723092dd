"""Make the pictures of README and docs anew: `.venv/bin/python docs/pictures.py [report|mlflow|prefect]`.

Runs a table and a target, nothing else, in a folder of its own: the report as the terminal shows it becomes report.svg,
the page that the run wrote becomes report.png (with Debian's chromium and chromium-driver). The figures are those that
experiments/diabetes.yaml left in MLflow, which sweeps λ. The pages of MLflow's and Prefect's UI become mlflow-*.png and
prefect-*.png. With an argument these alone are made. No picture may be larger than 200 kB.
"""

import io
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
import pages_mlflow  # noqa: E402
import pages_prefect  # noqa: E402
from photograph import photograph  # noqa: E402

from tests.browser import browser  # noqa: E402 - the tests are no package that is installed

IMAGES = HERE / "images"
IN_README = ("lambda_curve", "bias_variance_map")
TABLE, TARGET = "data/samples/diabetes.csv", "progression"
EXPERIMENT = "experiments/diabetes.yaml"
LARGEST = 200_000
"""Bytes of a picture."""


def main(parts: Sequence[str]) -> None:
    """Run, draw, copy."""
    os.chdir(HERE.parent)
    command = Path(sys.executable).with_name("descent")
    pages_prefect.FOLDER.mkdir()  # fails where there is something already
    os.environ["DESCENT_HOME"] = str(pages_prefect.FOLDER / ".descent")
    try:
        if not parts or "report" in parts:
            draw_report()
        if not parts or "mlflow" in parts:
            pages_mlflow.draw(IMAGES, command)
        if not parts or "prefect" in parts:
            pages_prefect.draw(IMAGES, command)
    finally:
        subprocess.run([command, "down"], check=False, capture_output=True)
        shutil.rmtree(pages_prefect.FOLDER)
    large = [picture.name for picture in IMAGES.iterdir() if picture.stat().st_size > LARGEST]
    assert not large, f"larger than {LARGEST:,} bytes: {', '.join(large)}"


def draw_report() -> None:
    """The report, on the terminal and as a page, and its figures."""
    from rich.console import Console

    from descent import load_config, run_experiment
    from descent.flows.machine.home import artifacts
    from descent.flows.report.terminal import print_report
    from descent.schemas import config_from

    result = run_experiment(config_from({"data": {"source": TABLE, "target": TARGET}}))
    # The place of the folder is nobody's business; what a user sees there is relative to where they work.
    folder = Path(".descent/runs") / Path(result.model).parent.name
    shown = result.model_copy(update={"model": str(folder / "model"), "report": str(folder / "report.html")})
    console = Console(record=True, width=100, file=io.StringIO(), force_terminal=True)
    print_report(shown, console)
    IMAGES.mkdir(exist_ok=True)
    said = console.export_svg(title=f"descent run {TABLE} --target {TARGET}")
    (IMAGES / "report.svg").write_text(said, encoding="utf-8")
    with browser(1180, 1500) as window:
        window.open(Path(result.report or "").as_uri())
        photograph(window, IMAGES / "report.png")
    swept = run_experiment(load_config(Path(EXPERIMENT)))
    for figure in artifacts().rglob(f"{swept.mlflow.run_id}/artifacts/figures/*.svg"):
        if figure.stem in IN_README:
            shutil.copyfile(figure, IMAGES / figure.name)


if __name__ == "__main__":
    main(sys.argv[1:])
