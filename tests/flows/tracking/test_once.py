"""Everything arrives in MLflow once, however often it is sent."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from descent.flows.tracking import runs
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.records import KILLED, Ending
from descent.flows.tracking.sender import Sender

from .recorded import beginning, fill, nested, outcome, variant

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*Any type hint is inferred as AnyType:UserWarning",  # MLflow about its own types, as it is imported
)


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


class Flaky:
    """A client that fails at one call: before it does anything, or after, as when an answer is lost."""

    CALLS = (
        "create_run",
        "log_batch",
        "log_inputs",
        "log_text",
        "log_artifacts",
        "set_terminated",
        "search_runs",
        "search_logged_models",
        "update_run",
    )

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
    client: Any,
    key: str,
    uri: str,
    tiny_model: tuple[Path, dict[str, str]],
    picture: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer_lost: bool,
) -> None:
    wanted: Any = None
    monkeypatch.setattr(runs.logged_model, "log_model", lambda uri, experiment, run, *_: _log_stub(client, run))
    for fail_at in range(25):
        experiment = f"{key} {fail_at}"
        box = Outbox.of(f"{key}-{fail_at}")
        box.begin(replace(beginning("run", uri, experiment), at=500, key=box.key))
        fill(box, tiny_model, picture)
        flaky = Flaky(client, fail_at, answer_lost)
        monkeypatch.setattr(runs, "client_of", lambda uri, flaky=flaky: flaky)
        Sender(box).finish()
        monkeypatch.undo()
        monkeypatch.setattr(runs.logged_model, "log_model", lambda uri, experiment, run, *_: _log_stub(client, run))
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
    twin = client.create_run(
        handle.experiment_id,
        tags={runs.RUN: outbox.key, runs.VARIANT: "whole", "stage": "variant", "mlflow.parentRunId": handle.run_id},
    )
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


def test_chunks_that_end_at_once_are_all_recorded(outbox: Outbox) -> None:
    names = [f"variant {number}" for number in range(200)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: outbox.add([variant(name)]), names))
    recorded = [record.name for _, batch in Outbox.of(outbox.key).batches() for record in batch]
    assert sorted(recorded) == sorted(names)
