"""Runs of which a process is killed in the middle: they end as if nothing had happened."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ..embedded import Embedded
from ..tables import prices, write
from ..waiting import eventually
from .test_interrupts import Running

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc"),
]

SWEEP = """
name: {name}
data: {{source: flats.csv, target: price, task: regression}}
search:
  epochs: 1500
  early_stopping: null
  models: [{{kind: network, layers: [[32, 16], [16]], lambda: [0, 0.1, 1]}}]
validate: {{folds: 2, finalists: 2}}
diagnose: {{curves: false}}
compute: {{workers: 2}}
"""
TRAINING, RECORDING = ("MKL_NUM_THREADS", "1"), ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
"""What the environment of a process of each kind holds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("deaths")
    write(prices(), made / "flats.csv")
    return made


@pytest.fixture(scope="module")
def undisturbed(home: Embedded, folder: Path) -> dict[str, Any]:
    (folder / "undisturbed.yaml").write_text(SWEEP.format(name="spared"), encoding="utf-8")
    answer = home.descent("run", "undisturbed.yaml", "--json", cwd=folder)
    assert answer.code == 0, answer.stderr
    shutil.rmtree(home.home / "cache" / "trained")  # or the others would train nothing
    return outcome(home, answer.json)


@pytest.fixture
def run(home: Embedded, folder: Path) -> Iterator[Any]:
    """Start a run, and wait until it trains."""
    made: list[Running] = []

    def start(name: str) -> Running:
        (folder / f"{name}.yaml").write_text(SWEEP.format(name=name), encoding="utf-8")
        running = Running(home.start("run", f"{name}.yaml", "--json", cwd=folder), "variants in")
        made.append(running)
        running.wait_until_ready()
        return running

    yield start
    for running in made:
        if running.process.poll() is None:
            os.killpg(running.process.pid, signal.SIGKILL)
            running.end()


def outcome(home: Embedded, result: dict[str, Any]) -> dict[str, Any]:
    """What a run found and left, but for ids, names and times."""
    model = Path(result["model"])
    weights = {path.relative_to(model).as_posix(): path.read_bytes() for path in model.rglob("*.safetensors")}
    assert weights
    of_variant = ("name", "status", "params", "cost", "metrics", "epochs")
    return {
        "variants": [{name: one[name] for name in of_variant} for one in result["variants"]],
        "selected": result["selected"],
        "test": {name: result["test"][name] for name in ("metrics", "baseline", "linear")},
        "diagnosis": result["diagnosis"]["verdict"],
        "weights": weights,
        "mlflow": in_mlflow(home, result["experiment"]),
    }


def in_mlflow(home: Embedded, experiment: str) -> list[tuple[Any, ...]]:
    """What MLflow has of an experiment: every parameter and every value of every metric, run by run."""
    runs = home.mlflow(
        "select run_uuid, case when runs.name like '%-' || experiments.name || '-%' then 'parent' else runs.name end, "
        "status from runs join experiments using (experiment_id) where experiments.name = ?",
        experiment,
    )
    return sorted((name, status, params_of(home, run), metrics_of(home, run)) for run, name, status in runs)


def params_of(home: Embedded, run: str) -> list[tuple[Any, ...]]:
    return sorted(home.mlflow("select key, value from params where run_uuid = ?", run))


def metrics_of(home: Embedded, run: str) -> list[tuple[Any, ...]]:
    query = "select key, step, value from metrics where run_uuid = ? and key not like 'system/%'"
    return sorted(row for row in home.mlflow(query, run) if not row[0].startswith("seconds"))


def children(running: Running, kind: tuple[str, str]) -> list[psutil.Process]:
    """The processes of a run that are of one kind."""
    name, value = kind
    return [child for child in psutil.Process(running.process.pid).children() if child.environ().get(name) == value]


def output(running: Running) -> Any:
    """What it printed; it must have ended well."""
    assert running.process.stdout is not None
    printed = running.process.stdout.read()
    assert running.end() == 0, running.said
    assert "Traceback" not in running.said
    return json.loads(printed)


def test_a_run_of_which_every_kind_of_process_is_killed_ends_as_if_none_had_been(
    home: Embedded, run: Any, undisturbed: Any
) -> None:
    command = run("deaths")
    command.process.kill()
    assert command.end() == -signal.SIGKILL
    running = run("deaths")
    worker, _ = children(running, TRAINING)
    (recorder,) = children(running, RECORDING)
    server = psutil.Process(json.loads((home.home / "prefect" / "server.json").read_text())["pid"])
    worker.send_signal(signal.SIGKILL)
    server.send_signal(signal.SIGKILL)
    assert eventually(lambda: home.runs("deaths"))  # the recording process has begun
    recorder.send_signal(signal.SIGKILL)
    result = output(running)
    assert "resuming the run" in running.said
    assert running.said.count("was killed from outside (SIGKILL); it restarts in a new one") == 2
    assert "the local Prefect server died; another has been started" in running.said
    assert outcome(home, result) == undisturbed
    assert result["mlflow"]["unsent"] is None
    _, state = home.flow_runs("deaths")  # the first is the command's that was killed
    assert state == "Completed"
