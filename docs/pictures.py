"""Make the pictures of the README anew: `.venv/bin/python docs/pictures.py`.

Runs experiments/diabetes.yaml in a folder of its own; the report as the terminal shows it becomes report.svg, the page
that the run wrote becomes report.png (with Debian's chromium and chromium-driver), the figures are those that the run
left in MLflow.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
IMAGES = HERE / "images"
EXPERIMENT = "experiments/diabetes.yaml"


def main() -> None:
    """Run, draw, copy."""
    os.chdir(HERE.parent)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["DESCENT_HOME"] = str(Path(scratch) / "descent")
        try:
            draw()
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


def photograph(page: Path, picture: Path) -> None:
    """The upper part of a report."""
    sys.path.insert(0, str(HERE.parent))
    from tests.browser import browser

    with browser(1180, 1500) as window:
        window.open(page.as_uri())
        window.screenshot(picture)


if __name__ == "__main__":
    main()
