"""What an experiment leaves in a real MLflow store, and that it arrives once, however often it is sent."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import inf, nan
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from flows import recording, store
from flows.errors import RunError
from flows.tracking import runs, sync
from flows.tracking.outbox import Outbox, waiting
from flows.tracking.records import FAILED, KILLED, Beginning, Dataset, Ending, Outcome, VariantRecord
from flows.tracking.sender import Sender
from flows.tracking.system import Watch
from flows.tracking.values import points

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*Any type hint is inferred as AnyType:UserWarning",  # MLflow about its own types, as it is imported
)
DIGEST = "0123456789abcdef" * 4


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


def beginning(key: str, uri: str, experiment: str = "penguins") -> Beginning:
    schema = {"bill": "double", "island": "string"}
    return Beginning(
        key, uri, experiment,
        params={"task": "regression", "split_seed": 0, "share": 0.30000000000000004},
        tags={"task": "regression", "dataset.sha256": DIGEST},
        config_yaml="name: penguins\n",
        datasets=[Dataset(f"penguins.csv · {part}", part + DIGEST, "/data/penguins.csv", rows, part, schema)
                  for part, rows in (("train", 200), ("cv", 66))],
    )  # fmt: skip


def variant(name: str, **changes: Any) -> VariantRecord:
    curve = [1 / epoch for epoch in range(1, 6)]
    record = VariantRecord(name, {"lambda": 0.1}, "completed", 0.1, 0.2, {"rmse": 0.7}, curve, curve, 5, 5)
    return replace(record, **changes)


def outcome(winner: VariantRecord, inputs: dict[str, str], **changes: Any) -> Outcome:
    record = Outcome(
        metrics={"test/rmse": 0.5, "dummy/rmse": nan},
        tags={"verdict": "good fit", "selected": winner.name},
        note="**good fit**",
        winner=winner,
        datasets=[Dataset("penguins.csv · test", "test" + DIGEST, "/data/penguins.csv", 67, "test")],
        tables=["leaderboard.json"],
        model_inputs=inputs,
    )
    return replace(record, **changes)


@pytest.fixture
def outbox(key: str, uri: str, client: Any) -> Iterator[Outbox]:
    made = Outbox.of(key)
    made.begin(beginning(key, uri))
    yield made
    if made.folder.exists():
        made.end(Ending(KILLED, "the test is over"))
        Sender(made).drain()


def test_the_parent_says_what_is_asked_of_which_rows(client: Any, outbox: Outbox) -> None:
    run = client.get_run(Sender(outbox).begin().run_id)
    assert (run.info.status, run.info.run_name) == ("RUNNING", outbox.key)
    assert run.data.params == {"task": "regression", "split_seed": "0", "share": "0.3"}
    assert (run.data.tags["stage"], run.data.tags["dataset.sha256"]) == ("experiment", DIGEST)
    config = client.download_artifacts(run.info.run_id, "config.yaml")
    assert Path(config).read_text(encoding="utf-8") == "name: penguins\n"
    assert client.get_experiment(run.info.experiment_id).tags["mlflow.experimentKind"] == "custom_model_development"
    used = {given.tags[0].value: given.dataset for given in run.inputs.dataset_inputs}
    assert {context: json.loads(rows.profile) for context, rows in used.items()} == {
        "train": {"num_rows": 200}, "cv": {"num_rows": 66},
    }  # fmt: skip
    assert used["train"].digest == ("train" + DIGEST)[:36]
    assert [column["name"] for column in json.loads(used["cv"].schema)["mlflow_colspec"]] == ["bill", "island"]


def test_inputs_are_datasets_that_mlflow_data_can_find_again(client: Any, outbox: Outbox) -> None:
    import mlflow.data

    run = client.get_run(Sender(outbox).begin().run_id)
    for given in run.inputs.dataset_inputs:
        assert mlflow.data.get_source(given.dataset).uri == "/data/penguins.csv"


def nested(client: Any, handle: runs.Handle) -> dict[str, Any]:
    found = client.search_runs([handle.experiment_id], f"tags.`mlflow.parentRunId` = '{handle.run_id}'")
    assert len({run.info.run_name for run in found}) == len(found)
    return {run.info.run_name: run for run in found}


def test_a_variant_is_a_nested_run_with_its_curves(client: Any, outbox: Outbox) -> None:
    epochs = range(1, 31)
    outbox.add([VariantRecord(
        "16 relu · adam · λ=0.3", {"lambda": 0.1 + 0.2, "layers": "16", "residual": False}, "stopped", 0.25, 0.5,
        {"rmse": 0.7}, [1 / epoch for epoch in epochs], [2 / epoch for epoch in epochs], 30, 25,
    )])  # fmt: skip
    delivery = Sender(outbox).drain()
    assert delivery.reason is None
    (run,) = nested(client, delivery.handle).values()
    assert (run.info.status, run.info.run_name) == ("FINISHED", "16 relu · adam · λ=0.3")
    assert run.data.params == {"lambda": "0.3", "layers": "16", "residual": "false"}
    assert (run.data.tags["stage"], run.data.tags["status"]) == ("variant", "stopped")
    assert {name: run.data.metrics[name] for name in ("cv/rmse", "train/J", "cv/J", "train/epochs")} == {
        "cv/rmse": 0.7, "train/J": 0.25, "cv/J": 0.5, "train/epochs": 30,
    }  # fmt: skip
    curve = client.get_metric_history(run.info.run_id, "cv/cost")
    assert [(point.step, point.value) for point in curve] == [(epoch, 2 / epoch) for epoch in epochs]


def test_a_diverged_variant_is_finished_and_says_so_without_numbers_that_are_none(client: Any, outbox: Outbox) -> None:
    outbox.add([VariantRecord(
        "net-lr10", {}, "diverged", inf, nan, {"rmse": nan}, [1.0, 5.0, inf], [1.0, nan], 3, None, "diverged in epoch 3"
    )])  # fmt: skip
    (run,) = nested(client, Sender(outbox).drain().handle).values()
    assert run.info.status == "FINISHED"
    assert (run.data.tags["status"], run.data.tags["message"]) == ("diverged", "diverged in epoch 3")
    assert run.data.metrics == {"train/epochs": 3, "train/cost": 5.0, "cv/cost": 1.0}


@pytest.mark.parametrize(("length", "best"), [(200, 7), (201, 7), (5000, 1234), (100_000, 99_999)])
def test_long_curves_are_thinned_but_keep_first_best_and_last(length: int, best: int) -> None:
    found = points("cv/cost", [float(epoch) for epoch in range(1, length + 1)], 0, best)
    steps = [point.step for point in found]
    assert {1, best, length} <= set(steps)
    assert steps == sorted(set(steps))
    assert 200 <= len(steps) <= 201
    assert all(point.value == point.step for point in found)


@pytest.mark.parametrize(("status", "message"), [(KILLED, "interrupted"), (FAILED, "no variant could be trained")])
def test_a_run_that_ended_early_leaves_nothing_running_and_says_why(
    client: Any, outbox: Outbox, status: str, message: str
) -> None:
    outbox.add([variant("done")])
    sender = Sender(outbox)
    handle = sender.drain().handle
    client.create_run(handle.experiment_id, run_name="cut off", tags={"mlflow.parentRunId": handle.run_id})
    outbox.end(Ending(status, message))
    assert sender.drain().reason is None
    ended = {name: run.info.status for name, run in nested(client, handle).items()}
    assert ended == {"done": "FINISHED", "cut off": status}
    run = client.get_run(handle.run_id)
    assert (run.info.status, run.data.tags["mlflow.note.content"]) == (status, message)
    assert not outbox.folder.exists()


def everything(client: Any, experiment_id: str) -> dict[str, Any]:
    """All that MLflow has of an experiment's runs, without ids."""
    found: dict[str, Any] = {}
    for run in client.search_runs([experiment_id]):
        id_ = run.info.run_id
        histories = {
            name: sorted((m.timestamp, m.step, m.value) for m in client.get_metric_history(id_, name))
            for name in run.data.metrics
        }
        tags = {name: value for name, value in run.data.tags.items() if name not in ("mlflow.parentRunId",)}
        names = [file.path for file in client.list_artifacts(id_)]
        inputs = sorted((given.dataset.name, given.tags[0].value) for given in run.inputs.dataset_inputs)
        models = [model.name for model in client.search_logged_models([experiment_id], f"source_run_id = '{id_}'")]
        assert run.info.run_name not in found, "a run is there twice"
        found[run.info.run_name] = (run.info.status, run.data.params, histories, tags, names, inputs, models)
    return found


def fill(outbox: Outbox, tiny_model: tuple[Path, dict[str, str]], picture: Path) -> None:
    outbox.add([variant("linear · λ=0.1", at=1000), variant("8 relu · adam · λ=0.1", at=1000)])
    outbox.add([variant("8 relu · adam · λ=1", at=2000)])
    folder, inputs = tiny_model
    texts = {"leaderboard.json": '{"columns": ["variant"], "data": [["linear · λ=0.1"]]}', "result.json": "{}"}
    outbox.finish(outcome(variant("linear · λ=0.1", at=3000), inputs, at=3000),
                  {**texts, "figures/epoch_curves.png": picture}, folder)  # fmt: skip


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "drawn.png"
    path.write_bytes(b"\x89PNG")
    return path


def test_the_outcome_is_recorded_with_figures_table_and_model(
    client: Any, outbox: Outbox, tiny_model: tuple[Path, dict[str, str]], picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow

    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "another one, for other projects")
    fill(outbox, tiny_model, picture)
    delivery = Sender(outbox).finish()
    assert delivery.reason is None and not outbox.folder.exists()
    run = client.get_run(delivery.handle.run_id)
    assert run.info.status == "FINISHED"
    assert {"test/rmse": 0.5, "cv/rmse": 0.7, "cv/J": 0.2}.items() <= run.data.metrics.items()
    assert "dummy/rmse" not in run.data.metrics
    assert [point.step for point in client.get_metric_history(run.info.run_id, "train/cost")] == [1, 2, 3, 4, 5]
    assert run.data.params["lambda"] == "0.1"
    assert (run.data.tags["verdict"], run.data.tags["mlflow.note.content"]) == ("good fit", "**good fit**")
    assert {given.tags[0].value for given in run.inputs.dataset_inputs} == {"train", "cv", "test"}
    artifacts = Path(client.download_artifacts(run.info.run_id, ""))
    assert (artifacts / "figures" / "epoch_curves.png").read_bytes() == b"\x89PNG"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", delivery.handle.tracking_uri)
    mlflow.set_tracking_uri(delivery.handle.tracking_uri)
    table = mlflow.load_table("leaderboard.json", run_ids=[run.info.run_id])
    assert table["variant"].tolist() == ["linear · λ=0.1"]
    logged = client.get_logged_model(delivery.model_uri.removeprefix("models:/"))
    assert (logged.name, logged.source_run_id) == ("model", run.info.run_id)
    assert {"test/rmse": 0.5}.items() <= {metric.key: metric.value for metric in logged.metrics}.items()


def test_what_the_machine_did_is_a_curve_of_the_parent_run(
    client: Any, outbox: Outbox, tiny_model: tuple[Path, dict[str, str]], picture: Path
) -> None:
    samples = Watch().stop()
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= set(samples[0][1])
    outbox.observe([(1000, {"system/x": 1.0}), (2000, {"system/x": 3.0})])
    fill(outbox, tiny_model, picture)
    handle = Sender(outbox).finish().handle
    curve = client.get_metric_history(handle.run_id, "system/x")
    assert [(point.timestamp, point.step, point.value) for point in curve] == [(1000, 0, 1.0), (2000, 1, 3.0)]


# Arriving once.


class Flaky:
    """A client that fails at one call: before it does anything, or after, as when an answer is lost."""

    CALLS = ("create_run", "log_batch", "log_inputs", "log_text", "log_artifacts", "set_terminated", "search_runs",
             "search_logged_models", "update_run")  # fmt: skip

    def __init__(self, client: Any, fail_at: int, answer_lost: bool) -> None:
        self.client, self.left, self.answer_lost = client, fail_at, answer_lost

    def __getattr__(self, name: str) -> Any:
        call = getattr(self.client, name)
        if name not in self.CALLS:
            return call

        def counted(*args: Any, **kwargs: Any) -> Any:
            self.left -= 1
            if self.left == 0 and not self.answer_lost:
                raise ConnectionError("nobody there")
            answer = call(*args, **kwargs)
            if self.left == 0:
                raise ConnectionError("the answer was lost")
            return answer

        return counted


@pytest.mark.parametrize("answer_lost", [False, True], ids=["unheard", "unanswered"])
def test_whatever_call_fails_everything_arrives_once(
    client: Any, key: str, uri: str, tiny_model: tuple[Path, dict[str, str]], picture: Path,
    monkeypatch: pytest.MonkeyPatch, answer_lost: bool,
) -> None:  # fmt: skip
    wanted: Any = None
    monkeypatch.setattr(runs.model_artifact, "log_model", lambda uri, experiment, run, *_: _log_stub(client, run))
    for fail_at in range(25):
        experiment = f"{key} {fail_at}"
        box = Outbox.of(f"{key}-{fail_at}")
        box.begin(replace(beginning("run", uri, experiment), at=500, key=box.key))
        fill(box, tiny_model, picture)
        flaky = Flaky(client, fail_at, answer_lost)
        monkeypatch.setattr(runs, "client_of", lambda uri, flaky=flaky: flaky)
        Sender(box).finish()
        monkeypatch.undo()
        monkeypatch.setattr(runs.model_artifact, "log_model", lambda uri, experiment, run, *_: _log_stub(client, run))
        assert not box.folder.exists()
        there = json.dumps(everything(client, client.get_experiment_by_name(experiment).experiment_id), sort_keys=True)
        there = there.replace(box.key, "run")
        wanted = wanted or there
        assert there == wanted, f"call {fail_at}"
    assert flaky.left > 0, "more calls than were tried"


def _log_stub(client: Any, run_id: str) -> str:
    """A logged model without the seconds that its files take."""
    run = client.get_run(run_id)
    model = client.create_logged_model(run.info.experiment_id, name="model", source_run_id=run_id)
    client.finalize_logged_model(model.model_id, "READY")
    return model.model_uri


def test_a_sender_that_begins_anew_completes_what_another_left(client: Any, outbox: Outbox) -> None:
    outbox.add([variant("whole"), variant("half")])
    handle = Sender(outbox).drain().handle
    half = nested(client, handle)["half"].info.run_id
    client.update_run(half, status="RUNNING")
    twin = client.create_run(handle.experiment_id, tags={runs.RUN: outbox.key, runs.VARIANT: "whole",
                             "stage": "variant", "mlflow.parentRunId": handle.run_id})  # fmt: skip
    outbox.add([variant("late")])
    assert Sender(outbox).drain().reason is None
    found = nested(client, handle)
    assert {name: run.info.status for name, run in found.items()} == dict.fromkeys(
        ("whole", "half", "late"), "FINISHED"
    )
    assert found["half"].info.run_id == half
    assert client.get_run(twin.info.run_id).info.lifecycle_stage == "deleted"


def test_an_outbox_that_exists_goes_on_and_records_nothing_twice(outbox: Outbox) -> None:
    outbox.add([variant("first", at=1)])
    again = Outbox.of(outbox.key)
    again.begin(replace(outbox.beginning(), experiment="another"))
    again.add([variant("first", at=2), variant("second", at=2)])
    assert outbox.beginning().experiment == "penguins"
    recorded = [(record.name, record.at) for _, batch in outbox.batches() for record in batch]
    assert recorded == [("first", 1), ("second", 2)]


@pytest.mark.parametrize("left", ["killed while it trained", "killed while it sent the end", "interrupted", "synced"])
def test_a_run_that_did_not_finish_is_gone_on_with(
    client: Any, outbox: Outbox, uri: str, tiny_model: tuple[Path, dict[str, str]], left: str, tmp_path: Path
) -> None:
    """The same parent, running again, for another process; each variant once; an end that was never true is gone."""
    folder, inputs = tiny_model
    first = Sender(outbox)
    handle = first.begin()
    outbox.add([variant("one"), variant("two")])
    first.drain()
    if left == "killed while it sent the end":
        outbox.finish(outcome(variant("one"), inputs), {"note.txt": "of before"}, folder)
        outbox.observe([(1, {"system/cpu": 1.0})])
    elif left == "interrupted":
        outbox.end(Ending(KILLED, "interrupted"))  # and MLflow was away
    elif left == "synced":
        Sender(outbox).abandon()
        Sender(outbox).drain()
        assert client.get_run(handle.run_id).info.status == "KILLED"
    again = Outbox.taken(outbox.key)
    tags = {**beginning(outbox.key, uri).tags, "descent.process": "another"}
    again.begin(replace(beginning(outbox.key, uri), tags=tags, at=99))
    again.add([variant("one", at=7), variant("two", at=7), variant("three")])
    sender = Sender(again)
    assert sender.begin() == handle
    run = client.get_run(handle.run_id)
    assert (run.info.status, run.data.tags["descent.process"]) == ("RUNNING", "another")
    assert run.data.tags["mlflow.note.content"] == ""
    assert sender.drain().model_uri is None  # nothing that was recorded before ends it
    assert {name: one.info.status for name, one in nested(client, handle).items()} == dict.fromkeys(
        ("one", "two", "three"), "FINISHED"
    )
    again.finish(outcome(variant("three"), inputs), {"note.txt": "of now"}, folder)
    assert sender.finish().reason is None
    assert client.get_run(handle.run_id).info.status == "FINISHED"
    said = client.download_artifacts(handle.run_id, "note.txt", str(tmp_path))
    assert Path(said).read_text(encoding="utf-8") == "of now"
    assert len(client.search_logged_models([handle.experiment_id], f"source_run_id = '{handle.run_id}'")) == 1
    again.release()


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


def test_chunks_that_end_at_once_are_all_recorded(outbox: Outbox) -> None:
    names = [f"variant {number}" for number in range(200)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: outbox.add([variant(name)]), names))
    recorded = [record.name for _, batch in Outbox.of(outbox.key).batches() for record in batch]
    assert sorted(recorded) == sorted(names)


def test_sync_sends_what_a_killed_command_left_but_nothing_of_one_under_way(
    client: Any, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording, "ONCE", {})
    outbox.add([variant("done")])
    said: list[str] = []
    busy = Outbox.of(outbox.key)
    assert busy.hold()
    assert sync.sync(said.append)
    assert said == [f"{outbox.key}: under way; it is sent by its own command"]
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
    monkeypatch.setattr(recording, "ONCE", {})
    away = Outbox.of(f"{key}-away")
    away.begin(beginning(away.key, "http://127.0.0.1:9"))
    said: list[str] = []
    assert not sync.sync(said.append)
    assert f"{away.key}: not sent: nothing answers at http://127.0.0.1:9" in said
    assert [box.key for box in waiting()] == [away.key]
    away.remove()
    said.clear()
    assert sync.sync(said.append)
    assert said == ["nothing waits: MLflow has every run of this folder"]


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
