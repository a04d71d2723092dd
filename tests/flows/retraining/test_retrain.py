"""A schedule on a real Prefect server, and a real worker: a good table, and then one that is not."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ..embedded import DESCENT, SECONDS, Embedded
from ..inbox import Inbox, inbox
from ..waiting import eventually

pytestmark = pytest.mark.integration
SMALL = (
    "search.models=[{kind: linear, lambda: [0, 1]}]",
    "validate.folds=0",
    "diagnose.curves=false",
    "compute.workers=1",
    "register.name=house",
)


def write(path: Path, columns: str) -> Path:
    x = np.random.default_rng(0).normal(size=(400, 3))
    frame = pd.DataFrame(x, columns=list("abc")).assign(y=x @ [1.0, -2.0, 0.5] + 0.1)
    frame[[*columns, "y"]].to_csv(path, index=False)
    return path


@pytest.fixture(scope="module", name="inbox")
def _inbox() -> Iterator[Inbox]:
    with inbox() as made:
        yield made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("retrain")


@pytest.fixture(scope="module")
def deployed(home: Embedded, folder: Path, inbox: Inbox) -> Embedded:
    """Two deployments that train the same registered model, of a good table and of one that lacks a column."""
    for name, columns, told in (("good", "abc", []), ("bad", "ab", ["--notify", inbox.url])):
        table = write(folder / f"{name}.csv", columns)
        settings = [word for setting in SMALL for word in ("--set", setting)]
        done = home.descent(
            "deploy",
            table.name,
            "--target",
            "y",
            *settings,
            "--cron",
            "0 3 * * *",
            "--timezone",
            "Europe/Berlin",
            *told,
            cwd=folder,
        )
        assert done.code == 0, done.stderr
        assert f"table     {table}" in done.stdout
        assert "0 3 * * * (Europe/Berlin)" in done.stdout
        assert "descent worker" in done.stdout
        assert inbox.url not in done.stdout
    return home


def runs(home: Embedded, deployment: str) -> list[dict[str, Any]]:
    query = {"deployments": {"name": {"any_": [deployment]}}, "sort": "EXPECTED_START_TIME_ASC"}
    return list(home.api("/flow_runs/filter", query))


def due_now(home: Embedded, deployment: str) -> str:
    """Let the next run that the schedule has made begin now, as the page of the run can; its id."""
    run = eventually(lambda: runs(home, deployment))[0]
    state = {"type": "SCHEDULED", "state_details": {"scheduled_time": datetime.now(UTC).isoformat()}}
    home.api(f"/flow_runs/{run['id']}/set_state", {"state": state, "force": True})
    return str(run["id"])


def state(home: Embedded, run: str) -> str:
    return str(home.api(f"/flow_runs/{run}")["state_type"])


ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


def ended(home: Embedded, run: str) -> dict[str, Any]:
    assert eventually(lambda: state(home, run) in ENDED)
    return dict(home.api(f"/flow_runs/{run}"))


def task_names(home: Embedded, run: str) -> dict[str, dict[str, Any]]:
    query = {"flow_runs": {"id": {"any_": [run]}}}
    return {task["name"].rsplit("-", 1)[0]: task for task in home.api("/task_runs/filter", query)}


def champion(home: Embedded) -> list[tuple[str, int]]:
    return home.mlflow("select name, version from registered_model_aliases where alias = 'champion' and name = 'house'")


def test_the_server_makes_runs_of_a_cron_line_and_one_at_a_time(deployed: Embedded) -> None:
    first = eventually(lambda: runs(deployed, "good"))[0]
    due = datetime.fromisoformat(first["expected_start_time"])
    assert due > datetime.now(UTC) - timedelta(minutes=5)
    assert due.minute == 0
    (found,) = deployed.api("/deployments/filter", {"deployments": {"name": {"any_": ["good"]}}})
    assert found["concurrency_options"]["collision_strategy"] == "ENQUEUE"
    assert found["global_concurrency_limit"]["limit"] == 1
    assert found["parameters"]["config"]["data"]["target"] == "y"
    config = found["parameter_openapi_schema"]["definitions"]
    assert config["DataConfig"]["properties"]["target"]["type"] == "string"
    assert config["SplitConfig"]["properties"]["seed"]["type"] == "integer"


def test_a_worker_makes_a_champion_and_bad_data_leave_it_serving(
    deployed: Embedded, folder: Path, inbox: Inbox
) -> None:
    log = folder / "worker.log"  # a pipe that nobody reads would stop the worker
    with log.open("w") as said:
        worker = subprocess.Popen(
            [*DESCENT, "worker"],
            env=deployed.environment,
            cwd=folder,
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        good = due_now(deployed, "good")
        assert eventually(lambda: "find champion" in task_names(deployed, good) or state(deployed, good) in ENDED)
        bad = due_now(deployed, "bad")  # it is due while the other one goes on, and waits for it
        done, failed = ended(deployed, good), ended(deployed, bad)
    finally:
        worker.terminate()
        worker.wait(timeout=SECONDS)
    assert done["state_type"] == "COMPLETED", (done["state"]["message"], log.read_text())
    assert champion(deployed) == [("house", 1)]
    artifacts = deployed.api("/artifacts/filter", {"flow_runs": {"id": {"any_": [good]}}})
    shown = {artifact["key"]: artifact for artifact in artifacts}
    assert set(shown) == {"leaderboard", "diagnosis", "mlflow-run", "report", "decision"}
    assert len(json.loads(shown["leaderboard"]["data"])) == 2
    assert "version 1 is the new champion" in shown["decision"]["data"]

    assert failed["state_type"] == "FAILED"
    words = "the champion (models:/house/1) cannot predict these rows"
    assert words in failed["state"]["message"]
    assert "'c'" in failed["state"]["message"]
    looked = task_names(deployed, bad)
    assert looked["find champion"]["start_time"] >= task_names(deployed, good)["promote or keep"]["end_time"]
    assert "register challenger" not in looked
    (told,) = inbox.taken
    assert told["outcome"] == "failed"
    assert words in told["text"]
    assert champion(deployed) == [("house", 1)]


def test_schedules_say_when_and_how_it_went_and_can_rest(deployed: Embedded) -> None:
    listed = deployed.descent("schedules")
    assert listed.code == 0, listed.stderr
    assert "cannot predict these rows" in listed.stdout
    assert "no run starts without a worker: descent worker" in listed.stdout
    assert deployed.descent("schedules", "--pause", "good").code == 0
    assert deployed.descent("schedules", "--remove", "bad").code == 0
    (row,) = deployed.descent("schedules", "--json").json
    assert (row["name"], row["cron"], row["timezone"], row["paused"]) == ("good", "0 3 * * *", "Europe/Berlin", True)
    assert row["last_state"] == "Completed"
