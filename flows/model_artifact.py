"""A model folder as an MLflow model: loaded by our own code, which travels with it, never by pickle."""

import json
import re
import shutil
import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

# What ml, data and flows.serving import, and MLflow itself to serve.
REQUIREMENTS = ("mlflow", "numpy", "pandas", "safetensors", "scikit-learn", "scipy", "skops")
PACKAGE = "descent_model"
ROOT = Path(__file__).parents[1]


def log_model(tracking_uri: str, experiment_id: str, run_id: str, folder: Path, inputs: dict[str, str]) -> str:
    """Log a model folder (see `flows.serving`) to a run under the name ``model``, end the run, return the model's URI.

    ``inputs``: the columns that it needs, by kind, as `data.FeatureMap.schema` gives them. Done last, because MLflow
    copies the run's metrics to the model, and logs a model to no run but the current one, which it then ends.
    """
    import mlflow

    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment(experiment_id=experiment_id)  # or an MLFLOW_EXPERIMENT_NAME of the user would object
    with tempfile.TemporaryDirectory() as staging, mlflow.start_run(run_id=run_id), warnings.catch_warnings():
        warnings.filterwarnings(
            "ignore", "(?s).*input example", UserWarning
        )  # it would be predicted, twice; we test that
        info = mlflow.pyfunc.log_model(
            name="model",
            loader_module=f"{PACKAGE}.serving",
            data_path=str(folder),
            code_paths=[str(_stage_code(Path(staging)))],
            signature=signature(folder, inputs),
            pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
            metadata={"columns": inputs},
        )
    return str(info.model_uri)


def signature(folder: Path, inputs: dict[str, str]) -> "ModelSignature":
    """Columns in and out.

    Input columns are of type Any: MLflow refuses whole numbers where ``double`` is declared and numbers where
    ``string`` is, which every table read from CSV would trip over. `data.FeatureMap` checks them itself and says
    more. The kinds stand in the model's metadata.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType

    target = json.loads((folder / "target.json").read_text(encoding="utf-8"))
    if target["task"] == "regression":
        outputs = [ColSpec("double", name) for name in ("prediction", "lower", "upper")]
        level = ParamSchema([ParamSpec("level", "double", 0.9)])
    else:
        level = None
        outputs = [ColSpec(_kind(target["classes"]), "prediction")]
        outputs += [ColSpec("double", f"probability_{label}") for label in target["classes"]]
    return ModelSignature(Schema([ColSpec(AnyType(), name) for name in inputs]), Schema(outputs), level)


def _kind(labels: list[Any]) -> str:
    for kind, type_ in (("boolean", bool), ("long", int), ("double", float)):
        if all(type(label) is type_ for label in labels):
            return kind
    return "string"


def _stage_code(folder: Path) -> Path:
    """Copy the code that a model needs as one package: `ml`, `data`, and of `flows` the loader and its manifest.

    MLflow puts that code first on ``sys.path`` of whoever loads the model: under names of their own, our packages
    would hide the installed ones in a program that then runs an experiment. Hence one name, and relative imports.
    """
    package = folder / PACKAGE
    for name in ("ml", "data"):
        shutil.copytree(ROOT / name, package / name, ignore=shutil.ignore_patterns("__pycache__", "samples"))
    (package / "__init__.py").write_text('"""The code of a model that descent made."""\n', encoding="utf-8")
    for name in ("serving.py", "manifest.py"):
        source = (ROOT / "flows" / name).read_text(encoding="utf-8")
        relative = re.sub(r"^from (data|ml)\b", r"from .\1", source, flags=re.MULTILINE)
        (package / name).write_text(relative, encoding="utf-8")
    return package
