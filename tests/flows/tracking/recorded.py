"""What a run records, and what MLflow has of it."""

from dataclasses import replace
from math import nan
from pathlib import Path
from typing import Any

from descent.flows.tracking import runs
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.records import Beginning, Dataset, RunOutcome, VariantRecord

DIGEST = "0123456789abcdef" * 4


def beginning(key: str, uri: str, experiment: str = "penguins") -> Beginning:
    schema = {"bill": "double", "island": "string"}
    return Beginning(
        key,
        uri,
        experiment,
        params={"task": "regression", "split_seed": 0, "share": 0.30000000000000004},
        tags={"task": "regression", "dataset.sha256": DIGEST},
        config_yaml="name: penguins\n",
        datasets=[
            Dataset(f"penguins.csv · {part}", part + DIGEST, "/data/penguins.csv", rows, part, schema)
            for part, rows in (("train", 200), ("cv", 66))
        ],
    )


def variant(name: str, **changes: Any) -> VariantRecord:
    curve = [1 / epoch for epoch in range(1, 6)]
    record = VariantRecord(name, {"lambda": 0.1}, "completed", 0.1, 0.2, {"rmse": 0.7}, curve, curve, 5, 5)
    return replace(record, **changes)


def outcome(winner: VariantRecord, inputs: dict[str, str], **changes: Any) -> RunOutcome:
    record = RunOutcome(
        metrics={"test/rmse": 0.5, "dummy/rmse": nan},
        tags={"verdict": "good fit", "selected": winner.name},
        note="**good fit**",
        winner=winner,
        datasets=[Dataset("penguins.csv · test", "test" + DIGEST, "/data/penguins.csv", 67, "test")],
        tables=["leaderboard.json"],
        model_inputs=inputs,
    )
    return replace(record, **changes)


def fill(outbox: Outbox, tiny_model: tuple[Path, dict[str, str]], picture: Path) -> None:
    outbox.add([variant("linear · λ=0.1", at=1000), variant("8 relu · adam · λ=0.1", at=1000)])
    outbox.add([variant("8 relu · adam · λ=1", at=2000)])
    folder, inputs = tiny_model
    texts = {"leaderboard.json": '{"columns": ["variant"], "data": [["linear · λ=0.1"]]}', "result.json": "{}"}
    outbox.finish(
        outcome(variant("linear · λ=0.1", at=3000), inputs, at=3000),
        {**texts, "figures/epoch_curves.png": picture},
        folder,
    )


def nested(client: Any, handle: runs.Handle) -> dict[str, Any]:
    found = client.search_runs([handle.experiment_id], f"tags.`mlflow.parentRunId` = '{handle.run_id}'")
    assert len({run.info.run_name for run in found}) == len(found)
    return {run.info.run_name: run for run in found}
