"""Predictions over HTTP: the protocol of MLflow's scoring server, passwords, and a model that is replaced meanwhile."""

import asyncio
import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import httpx
import pandas as pd
import pytest

from descent.flows.errors import UsageError
from descent.flows.serving import server
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.server import Serving, application, password_for

from ..conftest import save_tiny_model
from ..waiting import eventually

pytestmark = [  # of MLflow's own imports
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
ROW = {"bill": 0.5, "age": 20, "island": "Dream"}


class Client:
    """Asks the application without a port between."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def get(self, path: str, **more: Any) -> Any:
        return asyncio.run(self._ask("GET", path, more))

    def post(self, path: str, **more: Any) -> Any:
        return asyncio.run(self._ask("POST", path, more))

    async def _ask(self, method: str, path: str, more: dict[str, Any]) -> Any:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as asked:
            return await asked.request(method, path, **more)


def client(folder: Path | str, password: str | None = None) -> Client:
    serving = Serving(folder)
    serving.begin()
    return Client(application(serving, password))


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("served") / "model"
    save_tiny_model(folder, "mass")
    return client(folder)


def split(*rows: dict[str, object]) -> dict[str, object]:
    frame = pd.DataFrame(list(rows))
    return {"dataframe_split": {"columns": list(frame), "data": frame.to_numpy().tolist()}}


def test_every_form_of_a_request_gives_the_same_prediction(answers: Any) -> None:
    records = answers.post("/invocations", json={"dataframe_records": [ROW]})
    assert records.status_code == 200
    (prediction,) = records.json()["predictions"]
    assert set(prediction) == {"prediction", "lower", "upper"}
    assert answers.post("/invocations", json=split(ROW)).json() == records.json()
    text = pd.DataFrame([ROW]).to_csv(index=False)
    assert answers.post("/invocations", content=text, headers={"content-type": "text/csv"}).json() == records.json()
    half = answers.post("/invocations", json={"dataframe_records": [ROW], "params": {"level": 0.5}}).json()
    assert half["predictions"][0]["upper"] < prediction["upper"]
    assert (answers.get("/ping").status_code, answers.get("/health").status_code) == (200, 200)
    assert answers.get("/version").text


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"island": "Atlantis"}, 200, ""),
        ({"island": None}, 200, ""),
        ({"bill": None}, 200, ""),
        ({"bill": "0.5"}, 200, ""),
        ({"more": 1}, 200, ""),
        ({"bill": "long"}, 400, "column 'bill', row 1: 'long' where the model learned numbers"),
    ],
    ids=["unknown category", "missing category", "missing number", "number as text", "extra column", "text for number"],
)
def test_odd_rows_have_a_defined_answer(answers: Any, change: dict[str, object], status: int, said: str) -> None:
    answer = answers.post("/invocations", json={"dataframe_records": [ROW | change]})
    assert answer.status_code == status, answer.text
    assert said in answer.text
    assert "Traceback" not in answer.text


def test_missing_columns_and_wrong_requests_are_bad_requests(answers: Any) -> None:
    for body, said in (
        ({"dataframe_records": [{"bill": 1.0}]}, "columns are missing: 'age', 'island'"),
        ({"instances": [[1.0, 2, "Dream"]]}, "rows need names for their columns"),
        ({"rows": []}, "dataframe_split"),
    ):
        answer = answers.post("/invocations", json=body)
        assert (answer.status_code, said in answer.text) == (400, True), answer.text
    assert answers.post("/invocations", content="{", headers={"content-type": "application/json"}).status_code == 400
    assert answers.post("/invocations", content="x", headers={"content-type": "text/html"}).status_code == 415
    assert answers.post("/invocations", content=b"x", headers={"content-length": str(1 << 40)}).status_code == 413


def test_a_request_without_a_length_may_be_no_larger(answers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "LARGEST", 1 << 20)

    async def endless() -> Any:
        for _ in range(5):
            yield b"x" * (1 << 18)

    assert answers.post("/invocations", content=endless()).status_code == 413


def test_no_rows_give_no_predictions(answers: Any) -> None:
    empty = {"dataframe_split": {"columns": list(ROW), "data": []}}
    answer = answers.post("/invocations", json=empty)
    assert (answer.status_code, answer.json()) == (200, {"predictions": []})


def test_a_password_guards_everything_but_the_health_check(tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "model", "mass")
    answers = client(tmp_path / "model", "secret word")
    body = {"dataframe_records": [ROW]}
    for login in (None, ("admin", "wrong"), ("other", "secret word"), ("admin", "")):
        for path in ("/invocations", "/ping", "/version", "/docs", "/nothing"):
            refused = answers.post(path, json=body, auth=login)
            assert (refused.status_code, "password needed" in refused.text) == (401, True)
    for header in ("Basic", "Basic !!!", "Bearer abc", "Basic 4A=="):
        assert answers.get("/ping", headers={"authorization": header}).status_code == 401
    assert answers.get("/health").status_code == 200
    assert answers.post("/invocations", json=body, auth=("admin", "secret word")).status_code == 200


def test_only_this_machine_is_let_in_without_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESCENT_SERVE_PASSWORD", raising=False)
    assert password_for("127.0.0.1", open_to_all=False) is None
    assert password_for("0.0.0.0", open_to_all=True) is None
    with pytest.raises(UsageError, match="set DESCENT_SERVE_PASSWORD"):
        password_for("0.0.0.0", open_to_all=False)
    monkeypatch.setenv("DESCENT_SERVE_PASSWORD", "x")
    assert password_for("0.0.0.0", open_to_all=False) == "x"


def test_a_new_champion_answers_without_a_restart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    versions: dict[str, Path] = {}
    for number, labels in (("1", None), ("2", ["no", "yes"])):
        versions[number] = tmp_path / number
        save_tiny_model(versions[number], "mass", labels)
    champion: list[str | None] = [None]
    real: Callable[[Path], Any] = server.load_model  # type: ignore[assignment]
    monkeypatch.setattr(server, "version_of", lambda address, uri: champion[0])
    monkeypatch.setattr(server, "load_model", lambda address: real(versions[address.rpartition("/")[2]]))
    serving = Serving("models:/house@champion", follow=0.05)
    serving.begin()
    answers, body = Client(application(serving, None)), {"dataframe_records": [ROW]}
    try:
        assert (answers.get("/health").status_code, answers.get("/ping").status_code) == (200, 503)
        refused = answers.post("/invocations", json=body)
        assert (refused.status_code, "no such version yet" in refused.text) == (503, True)
        for version, column in (("1", "lower"), ("2", "probability_yes")):
            champion[0] = version
            assert eventually(lambda v=version: serving.version == v)
            assert column in answers.post("/invocations", json=body).json()["predictions"][0]
        champion[0] = "3"  # there is none: the one before goes on answering
        time.sleep(0.2)
        assert answers.post("/invocations", json=body).status_code == 200
    finally:
        serving.end()


def test_a_model_that_is_not_there_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such model"):
        Serving(tmp_path / "nothing").begin()


@pytest.mark.integration
def test_the_command_answers_until_it_is_ended(tiny_model: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("descent"))]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = subprocess.run(
            [*command, "serve", str(tiny_model[0]), "--port", str(port)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
    assert busy.returncode == 1
    assert f"port {port} cannot be used" in busy.stderr
    process = subprocess.Popen(
        [*command, "serve", str(tiny_model[0]), "--port", str(port)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert eventually(lambda: status(f"http://127.0.0.1:{port}/ping") == 200)
        body = json.dumps({"dataframe_records": [ROW]}).encode()
        request = Request(f"http://127.0.0.1:{port}/invocations", body, {"content-type": "application/json"})
        with urlopen(request, timeout=3000) as answer:
            assert "prediction" in json.load(answer)["predictions"][0]
    finally:
        process.terminate()
        said, noise = process.communicate(timeout=600)
    assert "will answer at http://127.0.0.1" in said
    assert "Traceback" not in noise


def status(url: str) -> int:
    try:
        with urlopen(url, timeout=5) as answer:
            return int(answer.status)
    except HTTPError as error:
        return error.code
    except OSError:
        return 0
