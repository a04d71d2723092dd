"""Every picture of an experiment, drawn once: for the page, and as SVG files for MLflow."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from descent.flows.errors import attempt
from descent.flows.report import outcomes, sweep
from descent.flows.report.contents import Contents
from descent.flows.report.figure import Figure
from descent.flows.report.svg import standalone


@dataclass(frozen=True)
class Pictures:
    """Figures by name; ``failures`` has a sentence about every one that could not be drawn."""

    training: dict[str, Figure]
    curves: dict[str, Figure]
    outcomes: dict[str, Figure]
    failures: list[str]

    def write(self, folder: Path) -> None:
        """Write each as an SVG file."""
        folder.mkdir(exist_ok=True)
        for name, figure in {**self.training, **self.curves, **self.outcomes}.items():
            (folder / f"{name}.svg").write_text(standalone(figure), encoding="utf-8")


def draw(contents: Contents) -> Pictures:
    """Draw all that this experiment has to show."""
    result, rows, drawing = contents.result, contents.rows, contents.drawing
    curves, projection = result.diagnosis.curves, result.diagnosis.projection
    failures: list[str] = []

    def drawn(pictures: Mapping[str, outcomes.Picture]) -> dict[str, Figure]:
        made = {name: attempt(f"the picture {name}", picture, failures) for name, picture in pictures.items()}
        return {name: figure for name, figure in made.items() if figure is not None}

    return Pictures(
        drawn(
            {
                "bias_variance_map": lambda: sweep.bias_variance_map(drawing),
                "epoch_curves": lambda: sweep.epoch_curves(drawing),
            }
        ),
        drawn(
            {
                "learning_curve": lambda: sweep.learning_curve(curves.learning, projection, drawing),
                "lambda_curve": lambda: sweep.lambda_curve(curves.lambda_, drawing),
                "capacity_curve": lambda: sweep.capacity_curve(curves.capacity, drawing),
            }
        ),
        drawn(
            outcomes.of_numbers(rows, result.data.target or "target")
            if result.task == "regression"
            else outcomes.of_classes(rows)
        ),
        failures,
    )
