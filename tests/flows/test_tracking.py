"""What an experiment leaves in a real MLflow store."""

import csv
import json
from collections.abc import Iterator
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from flows import store, tracking
from flows.errors import RunError
from flows.tracking import Dataset, Handle, VariantRecord

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


def start(uri: str, experiment: str = "penguins", run_name: str = "penguins-1") -> Handle:
    return tracking.start_experiment(
        uri, experiment, run_name,
        params={"task": "regression", "seed": 0, "share": 0.30000000000000004},
        tags={"task": "regression"},
        config_yaml="name: penguins\n",
        dataset=Dataset("penguins.csv", DIGEST, "/data/penguins.csv", 333, {"bill": "double", "island": "string"}),
    )  # fmt: skip


@pytest.fixture
def handle(uri: str, client: Any) -> Iterator[Handle]:
    begun = start(uri)
    yield begun
    tracking.mark_killed(begun)


def test_the_parent_says_what_is_asked_of_which_table(client: Any, handle: Handle) -> None:
    run = client.get_run(handle.run_id)
    assert (run.info.status, run.info.run_name) == ("RUNNING", "penguins-1")
    assert run.data.params == {"task": "regression", "seed": "0", "share": "0.3"}
    assert run.data.tags["stage"] == "experiment"
    assert run.data.tags["dataset.sha256"] == DIGEST
    (used,) = run.inputs.dataset_inputs
    assert (used.dataset.name, used.dataset.digest) == ("penguins.csv", DIGEST[:36])
    assert json.loads(used.dataset.profile) == {"num_rows": 333}
    assert [column["name"] for column in json.loads(used.dataset.schema)["mlflow_colspec"]] == ["bill", "island"]
    config = client.download_artifacts(handle.run_id, "config.yaml")
    assert Path(config).read_text(encoding="utf-8") == "name: penguins\n"
    assert client.get_experiment(handle.experiment_id).tags["mlflow.experimentKind"] == "custom_model_development"


def test_a_variant_is_a_nested_run_with_its_curves(client: Any, handle: Handle) -> None:
    epochs = range(1, 31)
    record = VariantRecord(
        "network-16-l0.1", {"lambda": 0.1 + 0.2, "layers": "16", "residual": False}, "stopped", 0.25, 0.5,
        {"rmse": 0.7}, [1 / epoch for epoch in epochs], [2 / epoch for epoch in epochs], 30, 25,
    )  # fmt: skip
    (run_id,) = tracking.log_variants(handle, [record])
    run = client.get_run(run_id)
    assert (run.info.status, run.info.run_name) == ("FINISHED", "network-16-l0.1")
    assert run.data.params == {"lambda": "0.3", "layers": "16", "residual": "False"}
    assert run.data.tags["mlflow.parentRunId"] == handle.run_id
    assert (run.data.tags["stage"], run.data.tags["status"]) == ("variant", "stopped")
    assert {name: run.data.metrics[name] for name in ("cv/rmse", "train/J", "cv/J", "epochs")} == {
        "cv/rmse": 0.7, "train/J": 0.25, "cv/J": 0.5, "epochs": 30,
    }  # fmt: skip
    curve = client.get_metric_history(run_id, "cv/cost")
    assert [(point.step, point.value) for point in curve] == [(epoch, 2 / epoch) for epoch in epochs]


def test_a_diverged_variant_is_finished_and_says_so_without_numbers_that_are_none(client: Any, handle: Handle) -> None:
    record = VariantRecord(
        "net-lr10", {}, "diverged", inf, nan, {"rmse": nan}, [1.0, 5.0, inf], [1.0, nan], 3, None, "diverged in epoch 3"
    )
    (run_id,) = tracking.log_variants(handle, [record])
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert (run.data.tags["status"], run.data.tags["message"]) == ("diverged", "diverged in epoch 3")
    assert run.data.metrics == {"epochs": 3, "train/cost": 5.0, "cv/cost": 1.0}


@pytest.mark.parametrize(("length", "best"), [(200, 7), (201, 7), (5000, 1234), (100_000, 99_999)])
def test_long_curves_are_thinned_but_keep_first_best_and_last(length: int, best: int) -> None:
    points = tracking._points("cv/cost", [float(epoch) for epoch in range(1, length + 1)], best)
    steps = [point.step for point in points]
    assert {1, best, length} <= set(steps)
    assert steps == sorted(set(steps))
    assert 200 <= len(steps) <= 201
    assert all(point.value == point.step for point in points)


def unfinished(client: Any, handle: Handle) -> list[str]:
    runs = client.search_runs([handle.experiment_id], f"tags.`mlflow.parentRunId` = '{handle.run_id}'")
    return [run.info.run_name for run in (*runs, client.get_run(handle.run_id)) if run.info.status == "RUNNING"]


def test_a_killed_experiment_leaves_nothing_running(client: Any, handle: Handle) -> None:
    tracking.log_variants(handle, [VariantRecord("done", {}, "completed", 0.1, 0.2)])
    client.create_run(handle.experiment_id, run_name="cut off", tags={"mlflow.parentRunId": handle.run_id})
    assert set(unfinished(client, handle)) == {"cut off", "penguins-1"}
    tracking.mark_killed(handle)
    assert unfinished(client, handle) == []
    assert client.get_run(handle.run_id).info.status == "KILLED"


def test_a_failed_experiment_says_why(client: Any, handle: Handle) -> None:
    tracking.mark_failed(handle, "no variant could be trained")
    run = client.get_run(handle.run_id)
    assert run.info.status == "FAILED"
    assert run.data.tags["mlflow.note.content"] == "no variant could be trained"


def test_what_was_marked_stays_as_it_was_marked_first(client: Any, handle: Handle) -> None:
    tracking.mark_failed(handle, "no variant could be trained")
    tracking.mark_killed(handle)
    run = client.get_run(handle.run_id)
    assert (run.info.status, run.data.tags["mlflow.note.content"]) == ("FAILED", "no variant could be trained")


def test_the_outcome_is_recorded_with_figures_table_and_model(
    uri: str, client: Any, tmp_path: Path, tiny_model: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "another one, for other projects")
    handle = start(uri, "with outcome")
    picture = tmp_path / "drawn.png"
    picture.write_bytes(b"\x89PNG")
    folder, inputs = tiny_model
    model = tracking.finish_experiment(
        handle,
        metrics={"test/rmse": 0.5, "dummy/rmse": nan},
        tags={"verdict": "good fit", "selected": "linear"},
        figures={"epoch_curves": picture},
        tables={"leaderboard": [{"name": "linear", "J_cv": 0.1}, {"name": "net", "J_cv": 0.2, "status": "diverged"}]},
        note_markdown="**good fit**",
        result_json='{"experiment": "penguins"}',
        model_folder=folder,
        model_inputs=inputs,
    )
    run = client.get_run(handle.run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {"test/rmse": 0.5}
    assert (run.data.tags["verdict"], run.data.tags["mlflow.note.content"]) == ("good fit", "**good fit**")
    artifacts = Path(client.download_artifacts(handle.run_id, ""))
    assert (artifacts / "figures" / "epoch_curves.png").read_bytes() == b"\x89PNG"
    with (artifacts / "tables" / "leaderboard.csv").open(encoding="utf-8", newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["linear", "net"]
    assert json.loads((artifacts / "result.json").read_text(encoding="utf-8")) == {"experiment": "penguins"}
    logged = client.get_logged_model(model.removeprefix("models:/"))
    assert (logged.name, logged.source_run_id, logged.experiment_id) == ("model", handle.run_id, handle.experiment_id)
    assert {metric.key: metric.value for metric in logged.metrics} == {"test/rmse": 0.5}


def test_a_deleted_experiment_is_not_written_to(uri: str, client: Any) -> None:
    client.delete_experiment(client.create_experiment("gone"))
    with pytest.raises(RunError, match=r"'gone' was deleted in MLflow.*restore"):
        start(uri, "gone")


def test_a_store_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is no database" * 100, encoding="ascii")
    with pytest.raises(RunError, match=r"MLflow at sqlite:///.*text\.db cannot be used"):
        start(f"sqlite:///{tmp_path}/text.db")


def test_a_server_that_is_not_there_is_named_at_once() -> None:
    with pytest.raises(RunError, match=r"MLFLOW_TRACKING_URI is http://127\.0\.0\.1:9, but .* cannot be reached"):
        start("http://127.0.0.1:9")


def test_warming_up_opens_the_store(uri: str) -> None:
    tracking.warm_up(uri)
    tracking.warm_up("http://127.0.0.1:9")  # a server is not asked: it may be slow, and start_experiment asks it
