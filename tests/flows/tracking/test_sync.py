"""What waits is sent later; a store that cannot be written to is said, or waited for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from descent.flows.errors import RunError
from descent.flows.tracking import process, runs, store, sync
from descent.flows.tracking.outbox import Outbox, waiting
from descent.flows.tracking.sender import Sender

from .recorded import beginning, variant

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*Any type hint is inferred as AnyType:UserWarning",  # MLflow about its own types, as it is imported
)


def test_whoever_goes_on_with_an_outbox_waits_for_a_sync_of_it(outbox: Outbox) -> None:
    assert outbox.hold()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(Outbox.taken, outbox.key)
        with pytest.raises(TimeoutError):
            waiting.result(0.2)
        outbox.remove()  # everything is sent
        outbox.release()
        taken = waiting.result(60)
    assert taken.folder == outbox.folder
    assert (taken.folder / "lock").exists()  # a new one, that nobody else can hold
    taken.release()
    taken.remove()


def test_sync_sends_what_a_killed_command_left_but_nothing_of_one_under_way(
    client: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "ENVIRONMENT", {})
    outbox.add([variant("done")])
    said: list[str] = []
    busy = Outbox.of(outbox.key)
    assert busy.hold()
    assert sync.sync(said.append)
    assert said == [f"{outbox.key}: still running; its own command sends it"]
    busy.release()
    assert [box.key for box in sync.unsent()] == [outbox.key]
    assert sync.sync(said.append)
    assert said[1:] == [f"{outbox.key}: sent"]
    assert waiting() == []
    (run,) = [r for r in client.search_runs(_experiments(client)) if r.info.run_name == outbox.key]
    assert (run.info.status, run.data.tags["mlflow.note.content"]) == ("KILLED", "the command was killed")


def _experiments(client: Any) -> list[str]:
    return [experiment.experiment_id for experiment in client.search_experiments()]


def test_sync_keeps_what_it_cannot_send(outbox: Outbox, key: str, monkeypatch: pytest.MonkeyPatch, uri: str) -> None:
    monkeypatch.setattr(process, "ENVIRONMENT", {})
    away = Outbox.of(f"{key}-away")
    away.begin(beginning(away.key, "http://127.0.0.1:9"))
    said: list[str] = []
    assert not sync.sync(said.append)
    assert f"{away.key}: not sent: nothing answers at http://127.0.0.1:9" in said
    assert [box.key for box in waiting()] == [away.key]
    away.remove()
    said.clear()
    assert sync.sync(said.append)
    assert said == ["nothing to send: MLflow has every run of this folder"]


def test_a_deleted_experiment_is_not_written_to(uri: str, client: Any, key: str) -> None:
    client.delete_experiment(client.create_experiment("gone"))
    box = Outbox.of(key)
    box.begin(beginning(key, uri, "gone"))
    with pytest.raises(RunError, match=r"'gone' was deleted in MLflow.*restore"):
        Sender(box).begin()
    box.remove()


def test_a_server_that_goes_away_while_a_run_begins_does_not_end_it(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # as where a sender runs
    box = Outbox.of(key)
    box.begin(beginning(key, "http://127.0.0.1:9"))
    sender = Sender(box)
    assert sender.begin() == runs.Handle("http://127.0.0.1:9", "", "")
    box.add([variant("kept")])
    assert sender.drain().reason is not None
    assert [record.name for _, batch in box.batches() for record in batch] == ["kept"]
    box.remove()


@pytest.fixture
def failing() -> Iterator[str]:
    """The address of a server that answers, but cannot do anything, as MLflow's does when its database is away."""

    class Failing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_error(503)

        do_POST = do_GET  # noqa: N815 - the name that http.server calls

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Failing) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_server_whose_database_is_away_while_a_run_begins_does_not_end_it(
    failing: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    box = Outbox.of(key)
    box.begin(beginning(key, failing))
    sender = Sender(box)
    assert sender.begin() == runs.Handle(failing, "", "")
    assert sender.drain().reason is not None
    box.remove()


def test_a_store_that_cannot_be_used_is_named(tmp_path: Path, key: str) -> None:
    (tmp_path / "text.db").write_text("this is no database" * 100, encoding="ascii")
    box = Outbox(tmp_path)
    box.begin(beginning(key, f"sqlite:///{tmp_path}/text.db"))
    with pytest.raises(RunError, match=r"MLflow at sqlite:///.*text\.db cannot be used"):
        Sender(box).begin()


def test_a_server_that_is_not_there_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    with pytest.raises(RunError, match=r"MLFLOW_TRACKING_URI is http://127\.0\.0\.1:9, but .* cannot be reached"):
        store.reach_server()
