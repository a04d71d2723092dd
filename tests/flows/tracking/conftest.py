"""A store of MLflow's, and an outbox that is drained into it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from descent.flows.tracking import store
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.records import KILLED, Ending
from descent.flows.tracking.sender import Sender

from .recorded import beginning


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A store for this module, in a folder whose name asks for trouble."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DESCENT_HOME", str(tmp_path_factory.mktemp("stores") / "Gerät no. 1" / ".descent"))
        patch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield store.tracking_uri()


@pytest.fixture(scope="module")
def client(uri: str) -> Any:
    from mlflow import MlflowClient

    store.prepare(uri)
    return MlflowClient(tracking_uri=uri)


@pytest.fixture
def key(request: pytest.FixtureRequest) -> str:
    return request.node.name.replace("_", "-").replace("[", "-").replace("]", "")


@pytest.fixture
def outbox(key: str, uri: str, client: Any) -> Iterator[Outbox]:
    made = Outbox.of(key)
    made.begin(beginning(key, uri))
    yield made
    if made.folder.exists():
        made.end(Ending(KILLED, "the test is over"))
        Sender(made).drain()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.png"
    path.write_bytes(b"\x89PNG")
    return path
