"""What an experiment leaves in a real MLflow store."""

import json
from math import inf, nan
from pathlib import Path
from typing import Any

import pytest

from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.records import FAILED, KILLED, Ending, VariantRecord
from descent.flows.tracking.sender import Sender
from descent.flows.tracking.system import Sampler
from descent.flows.tracking.values import points

from .recorded import DIGEST, fill, nested, variant

pytestmark = pytest.mark.filterwarnings(
    "ignore:.*Any type hint is inferred as AnyType:UserWarning",  # MLflow about its own types, as it is imported
)


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
        "train": {"num_rows": 200},
        "cv": {"num_rows": 66},
    }
    assert used["train"].digest == ("train" + DIGEST)[:36]
    assert [column["name"] for column in json.loads(used["cv"].schema)["mlflow_colspec"]] == ["bill", "island"]


def test_inputs_are_datasets_that_mlflow_data_can_find_again(client: Any, outbox: Outbox) -> None:
    import mlflow.data

    run = client.get_run(Sender(outbox).begin().run_id)
    for given in run.inputs.dataset_inputs:
        assert mlflow.data.get_source(given.dataset).uri == "/data/penguins.csv"


def test_a_variant_is_a_nested_run_with_its_curves(client: Any, outbox: Outbox) -> None:
    epochs = range(1, 31)
    outbox.add(
        [
            VariantRecord(
                "16 relu · adam · λ=0.3",
                {"lambda": 0.1 + 0.2, "layers": "16", "residual": False},
                "stopped",
                0.25,
                0.5,
                {"rmse": 0.7},
                [1 / epoch for epoch in epochs],
                [2 / epoch for epoch in epochs],
                30,
                25,
            )
        ]
    )
    delivery = Sender(outbox).drain()
    assert delivery.reason is None
    (run,) = nested(client, delivery.handle).values()
    assert (run.info.status, run.info.run_name) == ("FINISHED", "16 relu · adam · λ=0.3")
    assert run.data.params == {"lambda": "0.3", "layers": "16", "residual": "false"}
    assert (run.data.tags["stage"], run.data.tags["status"]) == ("variant", "stopped")
    assert {name: run.data.metrics[name] for name in ("cv/rmse", "train/J", "cv/J", "train/epochs")} == {
        "cv/rmse": 0.7,
        "train/J": 0.25,
        "cv/J": 0.5,
        "train/epochs": 30,
    }
    curve = client.get_metric_history(run.info.run_id, "cv/cost")
    assert [(point.step, point.value) for point in curve] == [(epoch, 2 / epoch) for epoch in epochs]


def test_a_diverged_variant_is_finished_and_says_so_without_numbers_that_are_none(client: Any, outbox: Outbox) -> None:
    outbox.add(
        [
            VariantRecord(
                "net-lr10",
                {},
                "diverged",
                inf,
                nan,
                {"rmse": nan},
                [1.0, 5.0, inf],
                [1.0, nan],
                3,
                None,
                "diverged in epoch 3",
            )
        ]
    )
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


def test_a_model_is_logged_without_listing_every_installed_file(
    client: Any, outbox: Outbox, tiny_model: tuple[Path, dict[str, str]], picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow.utils import environment, requirements_utils

    listings: list[None] = []
    monkeypatch.setattr(requirements_utils, "_MODULES_TO_PACKAGES", None)
    monkeypatch.setattr("importlib_metadata.packages_distributions", lambda: listings.append(None) or {})
    check = environment.warn_dependency_requirement_mismatches
    fill(outbox, tiny_model, picture)
    assert Sender(outbox).finish().reason is None
    assert listings == []
    assert environment.warn_dependency_requirement_mismatches is check


def test_what_the_machine_did_is_a_curve_of_the_parent_run(
    client: Any, outbox: Outbox, tiny_model: tuple[Path, dict[str, str]], picture: Path
) -> None:
    samples = Sampler().stop()
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_megabytes"} <= set(samples[0][1])
    outbox.observe([(1000, {"system/x": 1.0}), (2000, {"system/x": 3.0})])
    fill(outbox, tiny_model, picture)
    handle = Sender(outbox).finish().handle
    curve = client.get_metric_history(handle.run_id, "system/x")
    assert [(point.timestamp, point.step, point.value) for point in curve] == [(1000, 0, 1.0), (2000, 1, 3.0)]
