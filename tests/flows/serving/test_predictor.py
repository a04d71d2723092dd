"""A logged model on its own: in another process, another folder, without this repository and without pickle."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import DataError
from descent.flows.serving import predictor as serving
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.predictor import Predictor
from descent.flows.tracking import logged_model

from ..conftest import save_tiny_model
from ..stores import new_store

pytestmark = pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning")
ROOT = Path(__file__).parents[3]
LABELS = {"regression": None, "binary": ["no", "yes"], "multiclass": ["low", "middle", "high"], "numbers": [1, 2, 3]}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {name: tmp_path_factory.mktemp("models") / name for name in LABELS}
    for name, labels in LABELS.items():
        save_tiny_model(made[name], "mass", labels)
    return made


@pytest.fixture(scope="module")
def logged(folders: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    """Every model, logged to MLflow; the folders of the artifacts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        import mlflow

        folder = tmp_path_factory.mktemp("store")
        uri = new_store(folder)
        client = mlflow.MlflowClient(tracking_uri=uri)
        experiment = client.create_experiment("models", folder.as_uri())
        found = {}
        for name, model in folders.items():
            run = client.create_run(experiment)
            model_uri = logged_model.log_model(uri, experiment, run.info.run_id, model, Predictor(model).inputs)
            found[name] = Path(client.get_logged_model(model_uri.removeprefix("models:/")).artifact_location[7:])
        yield found


def table(folder: Path) -> Any:
    return pd.read_csv(folder.with_suffix(".csv"))


def test_a_regression_model_predicts_in_the_targets_units(folders: dict[str, Path]) -> None:
    rows = table(folders["regression"])
    predictions = serving._load_pyfunc(str(folders["regression"])).predict(rows)
    assert list(predictions.columns) == ["prediction", "lower", "upper"]
    assert (predictions["upper"] - predictions["prediction"]).to_numpy() == pytest.approx(np.full(len(rows), 9.0))
    narrow = Predictor(folders["regression"]).predict(rows, {"level": 0.5})
    assert (narrow["prediction"] - narrow["lower"]).to_numpy() == pytest.approx(np.full(len(rows), 5.0))
    for level in (0.3, 0.944, float("nan"), "high"):  # a neighbour's interval would hold less than was asked for
        with pytest.raises(ModelError, match=rf"level is {level}; intervals are known from 0\.5 to 0\.99"):
            Predictor(folders["regression"]).predict(rows, {"level": level})
    assert np.corrcoef(predictions["prediction"], rows["mass"])[0, 1] > 0.98
    assert predictions["prediction"].mean() == pytest.approx(rows["mass"].mean(), rel=0.05)


@pytest.mark.parametrize("name", ["binary", "multiclass", "numbers"])
def test_a_classifier_gives_the_label_and_the_probability_of_each(name: str, folders: dict[str, Path]) -> None:
    rows = table(folders[name])
    predictions = Predictor(folders[name]).predict(rows)
    classes = sorted(LABELS[name] or [])
    assert list(predictions.columns) == ["prediction", *(f"probability_{label}" for label in classes)]
    probabilities = predictions.drop(columns="prediction")
    assert np.allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    assert (predictions["prediction"] == [classes[code] for code in probabilities.to_numpy().argmax(axis=1)]).all()
    assert (predictions["prediction"] == rows["mass"]).mean() > 0.85


def test_rows_keep_their_index_and_columns_may_stand_in_any_order(folders: dict[str, Path]) -> None:
    rows = table(folders["regression"])
    predictor = Predictor(folders["regression"])
    chosen = rows.iloc[[7, 3]][["island", "mass", "age", "bill"]]
    assert predictor.predict(chosen)["prediction"].to_dict() == pytest.approx(
        predictor.predict(rows)["prediction"].loc[[7, 3]].to_dict()
    )


def test_a_missing_column_is_named(folders: dict[str, Path]) -> None:
    with pytest.raises(DataError, match="'age'"):
        Predictor(folders["regression"]).predict(table(folders["regression"]).drop(columns="age"))


ELSEWHERE = """
import json, os, sys
root, folder, file = sys.argv[1:]
sys.dont_write_bytecode = True  # the artifact stays as it was logged
sys.path = [path for path in sys.path if os.path.realpath(path or ".") != root]  # the repository is not there
import mlflow, pandas
model = mlflow.pyfunc.load_model(folder)
import descent_model
assert descent_model.__file__.startswith(folder)
assert not {"ml", "data", "flows", "schemas", "prefect"} & sys.modules.keys()  # they may be somebody else's
rows = pandas.read_csv(file).head(5)
rows.loc[0, "age"] = None
rows.loc[1, "island"] = "unheard of"
print(model.predict(rows).to_json(orient="split"))
"""


@pytest.mark.integration
@pytest.mark.parametrize("name", ["regression", "multiclass"])
def test_a_logged_model_works_without_this_repository_and_without_pickle(
    name: str, logged: dict[str, Path], folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    answer = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, str(ROOT), str(logged[name]), str(folders[name].with_suffix(".csv"))],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    rows = table(folders[name]).head(5)
    rows.loc[0, "age"] = None
    rows.loc[1, "island"] = "unheard of"
    expected = json.loads(Predictor(folders[name]).predict(rows).to_json(orient="split"))
    assert json.loads(answer.stdout) == expected


def test_the_artifact_holds_no_pickle_and_nothing_of_the_machine(logged: dict[str, Path]) -> None:
    files = [path for path in logged["regression"].rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".py", ".json", ".safetensors", ".txt", ".yaml", ""}
    assert {path.name for path in (logged["regression"] / "code").iterdir()} == {"descent_model"}
    assert not (logged["regression"] / "code" / "descent_model" / "data" / "samples").exists()


@pytest.mark.parametrize(
    ("name", "kind"), [("regression", "double"), ("binary", "string"), ("multiclass", "string"), ("numbers", "long")]
)
def test_the_signature_names_columns_in_and_out(name: str, kind: str, logged: dict[str, Path]) -> None:
    from mlflow.models import Model

    signature = Model.load(logged[name]).signature
    assert set(signature.inputs.input_names()) == {"bill", "age", "island"}
    outputs = {column.name: column.type.name for column in signature.outputs.inputs}
    labels = [f"probability_{label}" for label in sorted(LABELS[name] or [])]
    bounds = ["lower", "upper"] if name == "regression" else []
    assert outputs == {"prediction": kind} | dict.fromkeys([*labels, *bounds], "double")


def test_mlflow_knows_the_flavor_and_an_example_that_the_model_takes(logged: dict[str, Path]) -> None:
    import mlflow
    from mlflow.models import Model

    for name, folder in logged.items():
        model = Model.load(folder)
        assert set(model.flavors) == {"descent", "python_function"}
        flavor = model.flavors["descent"]
        assert flavor["target"] == "mass"
        assert flavor["task"] == ("multiclass" if name == "numbers" else name)
        assert (folder / flavor["data"] / "manifest.json").is_file()
        example = model.load_input_example(str(folder))
        assert list(example.columns) == ["bill", "age", "island"]
        predictions = mlflow.pyfunc.load_model(str(folder)).predict(example)
        assert len(predictions) == 1
        assert np.isfinite(predictions.drop(columns="prediction").to_numpy()).all()
        needed = (folder / "requirements.txt").read_text()
        assert {line.partition("==")[0] for line in needed.split()} == set(logged_model.REQUIREMENTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"age": [1, 2]},
        {"age": [1.5, None]},
        {"age": [None, None], "island": [None, None]},
        {"island": ["Dream", None]},
        {"island": ["unheard of", "Dream"]},
        {"bill": [1, 0]},
    ],
    ids=str,
)
def test_tables_as_they_come_pass_mlflows_own_check(changes: dict[str, list[Any]], logged: dict[str, Path]) -> None:
    import mlflow

    rows = pd.DataFrame({"bill": [0.5, 1.5], "age": [20, 30], "island": ["Biscoe", "Dream"]} | changes)
    predictions = mlflow.pyfunc.load_model(str(logged["regression"])).predict(rows)
    assert np.isfinite(predictions["prediction"]).all()
