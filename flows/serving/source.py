"""Where a model is: a folder, the folder of a run, or an address in MLflow."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from descent.flows.errors import RunError, first_line
from descent.flows.serving.manifest import NAME, ModelError

if TYPE_CHECKING:
    from descent.flows.serving.predictor import Predictor

ADDRESS = re.compile(r"^(runs|models|mlflow-artifacts|s3|gs|https?|file):/")


def load_model(model: str | Path) -> "Predictor":
    """Load a model to predict with: ``load_model("….descent/runs/…")`` or ``load_model("models:/housing@champion")``.

    A folder is loaded without MLflow. Of an address in MLflow (``runs:/<run id>/model``, ``models:/name@alias``,
    ``models:/name/3``) the files are fetched first.

    Raises:
        ModelError: there is no model of descent, it was changed, or it is incomplete.
        RunError: MLflow cannot be reached, or does not know the address.
    """
    from descent.flows.serving.predictor import Predictor

    return Predictor(folder_of(model))


def folder_of(model: str | Path) -> Path:
    """The folder with the model's files, fetched if need be.

    Raises:
        ModelError, RunError: as of `load_model`.
    """
    if ADDRESS.match(str(model)):
        return _inside(_fetched(str(model)), str(model))
    path = Path(model).expanduser()
    if not path.exists():
        raise ModelError(
            f"{path}: no such model. Give the folder of a run (.descent/runs/…), that of a model, or an address in "
            "MLflow: runs:/<run id>/model, models:/<name>@champion"
        )
    return _inside(path, str(path))


def _inside(folder: Path, given: str) -> Path:
    """The model's own folder in a run's folder or in an MLflow model."""
    for candidate in (folder, folder / "model", *sorted(folder.glob("data/*"))):
        if (candidate / NAME).is_file():
            return candidate
    raise ModelError(f"{given}: not a model of descent: there is no {NAME} in it")


def _fetched(address: str) -> Path:
    from descent.flows.machine.environment import quiet
    from descent.flows.serving.fetching import fetch
    from descent.flows.tracking.store import tracking_uri

    if "mlflow" not in sys.modules:  # a program that has imported it has settings of its own
        quiet()
    try:
        return fetch(address, tracking_uri())
    except (ModelError, RunError):
        raise
    except Exception as error:
        where = f"{address}: cannot be fetched from MLflow at {tracking_uri()}"
        raise RunError(f"{where}: {first_line(error)}") from error
