"""A model folder as an MLflow model: loaded by our own code, which travels with it, never by pickle."""

import json
import re
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from descent.data.features.compiled.features import CompiledFeatures
from descent.ml.machine.source import reached

if TYPE_CHECKING:
    import pandas as pd
    from mlflow.models import Model, ModelSignature

# What flows.serving.predictor imports, with what it imports of ml and data, and MLflow itself to serve.
REQUIREMENTS = ("mlflow", "numpy", "pandas", "safetensors", "scipy")
PACKAGE = "descent_model"
ROOT = Path(__file__).parents[2]
"""The package ``descent``."""
PREDICTOR = "flows.serving.predictor"


def log_model(tracking_uri: str, experiment_id: str, run_id: str, folder: Path, inputs: dict[str, str]) -> str:
    """Log a model folder (`flows.serving.predictor`) to a run as ``model``, end the run, return the model's URI.

    ``inputs``: the columns that it needs, by kind, as `data.FeatureMap.schema` gives them. Done last, because MLflow
    copies the run's metrics to the model, and logs a model to no run but the current one, which it then ends.
    """
    import mlflow
    from mlflow.models import Model

    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment(experiment_id=experiment_id)  # or an MLFLOW_EXPERIMENT_NAME of the user would object
    with tempfile.TemporaryDirectory() as staging, mlflow.start_run(run_id=run_id), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Operation with range", DeprecationWarning)  # MLflow looks at the example so
        info = Model.log(
            artifact_path=None,
            name="model",
            flavor=Flavor(folder, inputs, _stage_code(Path(staging))),
            validate_serving_input=False,  # it would load the model and predict, which our tests do
        )
    return str(info.model_uri)


@dataclass(frozen=True)
class Flavor:
    """A model folder as two flavors: ``descent``, which says what it is, and ``python_function``, which any tool calls.

    ``inputs`` are the columns that it needs, by kind; ``code`` is the package that it is loaded with.
    """

    folder: Path
    inputs: dict[str, str]
    code: Path
    __name__: ClassVar[str] = "descent"
    """As which MLflow lists the model."""

    def save_model(self, path: str, mlflow_model: "Model", **_: Any) -> None:
        """Write the model to ``path``; MLflow calls this."""
        from mlflow import pyfunc
        from mlflow.utils import environment

        target = json.loads((self.folder / "target.json").read_text(encoding="utf-8"))
        model_format = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))["format"]
        mlflow_model.add_flavor(
            "descent", data=f"data/{self.folder.name}", format=model_format, task=target["task"], target=target["name"]
        )
        with _unasked(environment, "warn_dependency_requirement_mismatches"):
            pyfunc.save_model(
                path,
                mlflow_model=mlflow_model,
                loader_module=f"{PACKAGE}.{PREDICTOR}",
                data_path=str(self.folder),
                code_paths=[str(self.code)],
                signature=signature(self.folder, self.inputs),
                input_example=example(self.folder),
                pip_requirements=[f"{package}=={version(package)}" for package in REQUIREMENTS],
                metadata={"columns": self.inputs},
            )


@contextmanager
def _unasked(module: ModuleType, check: str) -> Iterator[None]:
    """Without a check of MLflow's, where it has one of that name: whether the versions that were just read are those
    installed. For that it lists every file of every installed package, a second at the end of each run."""
    kept = getattr(module, check, None)
    if kept is not None:
        setattr(module, check, lambda requirements: None)
    try:
        yield
    finally:
        if kept is not None:
            setattr(module, check, kept)


def example(folder: Path) -> "pd.DataFrame":
    """A row that the model takes, and nobody's: numbers that stand in for missing ones, and the first levels."""
    import pandas as pd

    first = folder / "features" if (folder / "features").exists() else folder / "members" / "0" / "features"
    return pd.DataFrame([CompiledFeatures.load(first).example()])


def signature(folder: Path, inputs: dict[str, str]) -> "ModelSignature":
    """Columns in and out.

    Input columns are of type Any. Where ``double`` is declared, MLflow 3.17 refuses whole numbers of 64 bits other than
    0 and 1 (`mlflow.models.utils._enforce_mlflow_datatype`), and where ``string`` is, it refuses numbers: every table
    that pandas reads from a CSV would trip over one or the other. Columns that are not there, MLflow still refuses.
    `data.features.raw` checks the rest and says more; the kinds stand in the model's metadata.
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
    """Copy what the predictor imports of our code as one package.

    MLflow puts that code first on ``sys.path`` of whoever loads the model: under its own name, our package would hide
    the installed one in a program that then runs an experiment.
    """
    package = folder / PACKAGE
    for path in reached(ROOT, [PREDICTOR]):
        target = package / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        source = path.read_text(encoding="utf-8")
        target.write_text(
            re.sub(r"^(\s*from )descent\b", rf"\1{PACKAGE}", source, flags=re.MULTILINE), encoding="utf-8"
        )
    for inside in [package, *(path for path in package.rglob("*") if path.is_dir())]:
        (inside / "__init__.py").write_text('"""The code of a model that descent made."""\n', encoding="utf-8")
    return package
