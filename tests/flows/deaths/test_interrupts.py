"""Runs that end before their time: Ctrl-C, SIGTERM, SIGKILL, and a search in which nothing can be trained."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..embedded import SECONDS, Embedded
from ..tables import prices, write
from ..waiting import eventually

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs /proc"),
]

LONG = """
name: {name}
data: {{source: {source}, target: price, task: regression}}
search:
  epochs: 1000000
  early_stopping: null
  models: [{{kind: network, layers: [32, 16], lambda: [0, 0.1, 1, 10]}}]
"""


class Running:
    """A ``descent run`` whose standard error is read as it comes."""

    def __init__(self, process: "subprocess.Popen[str]", ready: str) -> None:
        self.process, self.said = process, ""
        self._ready, self._seen = ready, threading.Event()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            if self._ready in line:
                self._seen.set()
        self._seen.set()

    def wait_until_ready(self) -> None:
        assert self._seen.wait(SECONDS), self.said
        assert self._ready in self.said, self.said

    def end(self) -> int:
        code = self.process.wait(SECONDS)
        self._reader.join(SECONDS)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        self.process.stdout.close()
        self.process.stderr.close()
        return code


def group(number: int) -> list[int]:
    """Living processes of a process group."""
    return [pid for pid, group, state in _processes() if group == number and state != "Z"]


def _processes() -> list[tuple[int, int, str]]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:  # it ended while we looked
            continue
        found.append((int(folder.name), int(fields[2]), fields[0]))
    return found


@pytest.fixture
def started() -> Iterator[list[Running]]:
    """Runs of a test; whatever of them is left in the end was a failure and goes."""
    made: list[Running] = []
    yield made
    for running in made:
        for pid in group(running.process.pid):
            os.kill(pid, signal.SIGKILL)
        running.end()


def training(started: list[Running], home: Embedded, name: str, folder: Path) -> Running:
    """A run that trains and would go on for hours."""
    source = write(prices(), folder / "flats.csv")
    (folder / "x.yaml").write_text(LONG.format(name=name, source=source), encoding="utf-8")
    running = Running(home.start("run", folder / "x.yaml", "--json"), "variants in")
    started.append(running)
    running.wait_until_ready()

    def shares() -> bool:
        """A worker has finished an epoch: the file of progress is no longer all zeros."""
        import numpy as np

        return any(np.load(file).any() for file in (home.home / "runs").glob(f"*-{name}-*/scratch/progress.npy"))

    assert eventually(shares)
    return running


@pytest.mark.parametrize(
    ("number", "whole_group"),
    [(signal.SIGINT, True), (signal.SIGTERM, False)],
    ids=["Ctrl-C reaches the group", "SIGTERM reaches the command"],
)
def test_an_interrupted_run_is_marked_killed_and_leaves_nothing(
    started: list[Running], home: Embedded, tmp_path: Path, number: signal.Signals, whole_group: bool
) -> None:
    name = f"cut-{number.name.lower()}"
    running = training(started, home, name, tmp_path)
    pid = running.process.pid
    if whole_group:
        os.killpg(pid, number)
    else:
        os.kill(pid, number)
    assert running.end() == 130, running.said
    assert "descent: interrupted" in running.said
    for noise in ("Traceback", "Error", "Warning", "leaked", "loky"):
        assert noise not in running.said
    assert eventually(lambda: not group(pid)), group(pid)
    assert home.folders(name) == []
    assert set(home.runs(name).values()) == {"KILLED"}
    assert eventually(lambda: home.flow_runs(name) != ["Running"])
    assert home.flow_runs(name)[0] in ("Crashed", "Cancelled", "Failed")


def test_the_processes_of_a_killed_run_end_and_prefect_says_that_it_crashed(
    started: list[Running], home: Embedded, tmp_path: Path
) -> None:
    running = training(started, home, "killed", tmp_path)
    pid = running.process.pid
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not group(pid)), group(pid)  # workers whose command has gone end by themselves
    assert running.end() == -signal.SIGKILL
    assert eventually(lambda: home.flow_runs("killed") == ["Crashed"]), home.flow_runs("killed")


def test_a_search_in_which_nothing_can_be_trained_fails_with_a_plain_message(home: Embedded, tmp_path: Path) -> None:
    source = write(prices(), tmp_path / "hopeless.csv")
    (tmp_path / "x.yaml").write_text(
        f"data: {{source: {source}, target: price}}\n"
        "search:\n  epochs: 5\n  models:\n"
        "    - {kind: network, layers: [8], optimizer: {kind: momentum, learning_rate: [1.0e+6, 1.0e+7]}}\n",
        encoding="utf-8",
    )
    answer = home.descent("run", tmp_path / "x.yaml", "--json")
    assert (answer.code, answer.stdout) == (1, ""), answer.stderr
    message = answer.stderr.split("descent: ")[1]
    assert message.startswith("none of the 2 variants could be trained")
    assert "learning_rate" in message
    for noise in ("Traceback", "traceback", "Warning", "RuntimeError"):
        assert noise not in answer.stderr, answer.stderr
    home.descent("sync")  # what MLflow had no time to take before the command ended
    assert list(home.runs("hopeless").values()).count("FAILED") == 1
    assert set(home.runs("hopeless").values()) == {"FAILED", "FINISHED"}  # the variants were tried: that is an outcome
    assert eventually(lambda: home.flow_runs("hopeless") == ["Failed"]), home.flow_runs("hopeless")
    assert home.folders("hopeless") == []
