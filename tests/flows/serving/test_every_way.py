"""On every real table: pyfunc, `descent predict`, HTTP and ONNX say what the model says."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest

from descent.data import Table, infer, read_table
from descent.data.cells import label
from descent.flows.cli.predict import predict
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.onnx.export import export
from descent.flows.serving.predictor import Predictor
from descent.flows.tracking import logged_model

from ..stores import new_store
from .close import assert_close
from .learned import save_learned
from .test_server import client

FOLDER = Path(os.environ.get("DESCENT_TABLES", Path(__file__).parents[4] / "shared" / "data"))
CATALOG = FOLDER / "catalog.json"
TABLES = json.loads(CATALOG.read_text(encoding="utf-8")) if CATALOG.is_file() else []
LEARNED, ASKED = 1500, 200
"""Rows to learn from, and to ask for: how well is not the question."""
pytestmark = [
    pytest.mark.tables,
    pytest.mark.integration,
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.skipif(not TABLES, reason=f"the tables are not here: {FOLDER} (set DESCENT_TABLES)"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        import mlflow

        folder = tmp_path_factory.mktemp("store")
        uri = new_store(folder)
        yield uri, mlflow.MlflowClient(tracking_uri=uri).create_experiment("tables", folder.as_uri())


def train(about: dict[str, Any], folder: Path, exclude: list[str]) -> Predictor:
    """A model that has learned a little from some rows of a table."""
    table = read_table(FOLDER / about["path"], tuple(about["missing"]))
    rows = table.frame.sample(min(len(table.frame) // 2, LEARNED), random_state=0).sort_index()
    target = next(str(name) for name in rows.columns if str(name).strip() == about["target"].strip())
    counts = rows[target].value_counts()
    if about["task"] != "regression":
        rows = rows[rows[target].isin(counts[counts > 1].index)]
    frame, inference = infer(
        Table(rows.reset_index(drop=True), "", table.path, table.missing), target, exclude=[*about["drop"], *exclude]
    )
    return save_learned(frame, inference, folder)


def asked(about: dict[str, Any], path: Path) -> pd.DataFrame:
    """Rows of a table as a CSV of their own, and as pandas reads it."""
    whole = pd.read_csv(FOLDER / about["path"], dtype=str, keep_default_na=False)
    whole.sample(min(len(whole), ASKED), random_state=1).to_csv(path, index=False)
    return pd.read_csv(path, keep_default_na=False, na_values=["", *about["missing"]])


def records(frame: pd.DataFrame) -> dict[str, Any]:
    cells = frame.astype(object).where(frame.notna(), None)
    return {"dataframe_split": {"columns": [*cells.columns], "data": cells.to_numpy().tolist()}}


def check_equal(found: pd.DataFrame, wanted: pd.DataFrame) -> None:
    assert [*found.columns] == [*wanted.columns]
    for name in wanted.columns:
        if pd.api.types.is_float_dtype(wanted[name]):
            assert_close(found[name], wanted[name])
        else:
            assert [*found[name]] == [*wanted[name]]


def of_onnx(model: Predictor, path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    columns = {
        name: np.array(["" if pd.isna(cell) else label(cell) for cell in frame[name]], dtype=object)[:, None]
        if kind == "string"
        else pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)[:, None]
        for name, kind in model.inputs.items()
    }
    names = [output.name for output in session.get_outputs()]
    return pd.DataFrame({name: values[:, 0] for name, values in zip(names, session.run(None, columns), strict=True)})


@pytest.mark.parametrize("about", TABLES, ids=lambda about: about["name"])
def test_every_way_gives_the_same_predictions(about: dict[str, Any], tmp_path: Path, store: tuple[str, str]) -> None:
    import mlflow

    model = train(about, tmp_path / "model", [])
    frame = asked(about, tmp_path / "rows.csv")
    wanted = model.predict(frame)
    assert wanted.iloc[:, -1].nunique() > ASKED / 2

    predict(str(tmp_path / "model"), str(tmp_path / "rows.csv"), tmp_path / "predictions.parquet")
    check_equal(pd.read_parquet(tmp_path / "predictions.parquet"), wanted)

    run = mlflow.MlflowClient(tracking_uri=store[0]).create_run(store[1])
    uri = logged_model.log_model(store[0], store[1], run.info.run_id, tmp_path / "model", model.inputs)
    check_equal(mlflow.pyfunc.load_model(uri).predict(frame), wanted)

    answer = client(tmp_path / "model").post("/invocations", json=records(frame))
    assert answer.status_code == 200, answer.text
    check_equal(pd.DataFrame(answer.json()["predictions"]), wanted)

    if dates := [name for name, kind in model.inputs.items() if kind == "datetime"]:
        with pytest.raises(ModelError, match="holds dates"):
            export(model, tmp_path / "model.onnx", 0.9)
        model = train(about, tmp_path / "undated", dates)
        wanted = model.predict(frame)
    export(model, tmp_path / "model.onnx", 0.9)
    check_equal(of_onnx(model, tmp_path / "model.onnx", frame), wanted)


def test_mlflows_own_server_gives_the_same_predictions(tmp_path: Path, store: tuple[str, str]) -> None:
    import mlflow

    about = next(about for about in TABLES if about["name"] == "penguins_raw")
    model = train(about, tmp_path / "model", [])
    frame = asked(about, tmp_path / "rows.csv")
    run = mlflow.MlflowClient(tracking_uri=store[0]).create_run(store[1])
    uri = logged_model.log_model(store[0], store[1], run.info.run_id, tmp_path / "model", model.inputs)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    found = {"MLFLOW_TRACKING_URI": store[0], "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    server = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mlflow",
            "models",
            "serve",
            "-m",
            uri,
            "--env-manager",
            "local",
            "-h",
            "127.0.0.1",
            "-p",
            str(port),
            "-w",
            "1",
        ],
        env=os.environ | found,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        check_equal(pd.DataFrame(_post(port, records(frame))["predictions"]), model.predict(frame))
    finally:
        os.killpg(server.pid, 15)
        server.wait(30)


def _post(port: int, body: dict[str, Any]) -> Any:
    """The answer of a server, once it has come up."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    for _ in range(600):
        try:
            with urllib.request.urlopen(request, timeout=3000) as answer:
                return json.load(answer)
        except urllib.error.HTTPError:
            raise
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise TimeoutError(f"no server on port {port}")
