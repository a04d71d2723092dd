"""One command at a time works on an experiment, and one that was cut short is gone on with."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from descent.flows.run import claim as unfinished
from descent.flows.run.claim import Claim, experiment_digest
from descent.schemas import ExperimentConfig, config_from

from ..embedded import ROOT, SECONDS

HOLD = """
import sys
from descent.flows.run.claim import Claim
from descent.schemas import config_from
config = config_from({"name": "one", "data": {"source": "x.csv", "target": "y"}})
with Claim(lambda line: print(line, flush=True)) as claim:
    print("run", claim.take(config, "table", fresh=False).id, flush=True)
    sys.stdin.readline()
"""


def config(name: str = "one", **more: object) -> ExperimentConfig:
    return config_from({"name": name, "data": {"source": "x.csv", "target": "y"}, **more})


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    yield tmp_path / "home"


def cut_short(fresh: bool = False) -> tuple[str, list[str]]:
    """A run that fails: its name, and what it said."""
    said: list[str] = []
    with pytest.raises(OSError), Claim(said.append) as claim:
        name = claim.take(config(), "table", fresh=fresh).id
        raise OSError
    return name, said


def finish(table: str = "table", **more: object) -> tuple[str, list[str]]:
    said: list[str] = []
    with Claim(said.append) as claim:
        return claim.take(config(**more), table, fresh=False).id, said  # type: ignore[arg-type]


def test_a_run_that_did_not_finish_goes_on_under_its_name(home: Path) -> None:
    name, said = cut_short()
    assert said == []
    assert list((home / "runs").iterdir()) == []
    assert unfinished.waiting() == [name]
    again, said = cut_short()
    assert again == name
    assert len(said) == 1
    assert said[0].startswith(f"resuming the run {name}, begun 2")
    assert finish()[0] == name
    assert unfinished.waiting() == []
    assert list((home / "unfinished").iterdir()) == []
    assert finish()[0] != name  # a run that finished is over


def test_another_experiment_is_another_run() -> None:
    name, _ = cut_short()
    assert finish(table="another")[0] != name
    assert finish(name="two")[0] != name
    assert finish(split={"seed": 5})[0] != name
    assert finish(compute={"workers": 1})[0] == name  # how many work decides about nothing


def test_the_code_and_the_store_count(monkeypatch: pytest.MonkeyPatch) -> None:
    before = experiment_digest(config(), "table")
    with monkeypatch.context() as patch:
        patch.setattr(unfinished, "code", lambda: "ml of tomorrow")
        assert experiment_digest(config(), "table") != before
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert experiment_digest(config(), "table") != before


def test_fresh_starts_over() -> None:
    name, _ = cut_short()
    fresh, said = cut_short(fresh=True)
    assert fresh != name
    assert said == []
    assert finish()[0] == fresh


def test_a_note_that_cannot_be_read_is_no_run(home: Path) -> None:
    name, _ = cut_short()
    (note,) = (home / "unfinished").glob("*.json")
    for content in ("", "[1]", '{"run": 1}', "{"):
        note.write_text(content, encoding="utf-8")
        assert finish()[0] != name


@pytest.fixture
def holder() -> Iterator["subprocess.Popen[str]"]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.kill()


def started() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HOLD], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.parametrize("killed", [False, True], ids=["the first finishes", "the first is killed"])
def test_a_second_command_waits_and_says_for_whom(holder: "subprocess.Popen[str]", home: Path, killed: bool) -> None:
    name = line(holder).removeprefix("run ")
    work = home / "runs" / name / "scratch"
    assert work.exists()
    with started() as second:
        waits = line(second)
        assert waits.startswith(f"process {holder.pid} has been running this experiment since ")
        assert waits.endswith(f"(run {name}): waiting for it")
        if killed:
            holder.kill()
            assert line(second).startswith(f"resuming the run {name}, ")
            assert line(second) == f"run {name}"
        else:
            holder.communicate("\n", SECONDS)
            assert line(second).removeprefix("run ") not in ("", name)
        second.communicate("\n", SECONDS)
        assert second.returncode == 0
    assert list((home / "unfinished").iterdir()) == []


def test_what_a_killed_run_worked_on_is_removed_by_the_next_of_any_experiment(
    holder: "subprocess.Popen[str]", home: Path
) -> None:
    name = line(holder).removeprefix("run ")
    finish(name="another")
    assert (home / "runs" / name / "scratch").exists()  # it is at work
    holder.kill()
    holder.wait(SECONDS)
    finish(name="another")
    assert not (home / "runs" / name / "scratch").exists()
    assert unfinished.waiting() == [name]
