"""The folder of a run: whole files, and nothing half-written left."""

import json
import re
from pathlib import Path

import pytest

from descent.flows.errors import RunError
from descent.flows.run import workspace as workspaces
from descent.flows.run.workspace import Workspace


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))
    return tmp_path / ".descent"


def test_a_finished_run_keeps_what_it_wrote_and_drops_its_scratch(home: Path) -> None:
    work = Workspace("Häuser / flats!")
    (work.scratch / "model").mkdir()
    work.keep("model")
    work.write_text("a.json", '{"straße": 1}')
    work.close(finished=True)
    assert sorted(path.name for path in work.folder.iterdir()) == ["a.json", "model"]
    assert work.folder.parent == home / "runs"
    assert re.fullmatch(r"\d{8}-\d{6}-h-user-flats-[0-9a-f]{6}", work.folder.name)
    assert json.loads((work.folder / "a.json").read_text(encoding="utf-8")) == {"straße": 1}


def test_a_run_that_ends_early_leaves_nothing(home: Path) -> None:
    work = Workspace("flats")
    work.write_text("result.json", "{}")
    work.close(finished=False)
    assert list((home / "runs").iterdir()) == []


def test_a_run_that_goes_on_keeps_its_name_and_begins_with_an_empty_folder(home: Path) -> None:
    killed = Workspace("flats")
    (killed.scratch / "half.npy").write_bytes(b"")
    (killed.folder / "model").mkdir()
    again = Workspace("flats", killed.id)
    again.clear()
    assert again.folder == killed.folder
    assert [path.name for path in again.folder.rglob("*")] == ["scratch"]
    assert again.result() is None
    again.write_text("result.json", "{")
    assert again.result() is None


def test_a_write_that_fails_leaves_the_old_file_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Workspace("flats")
    work.write_text("result.json", "old")

    def full_disk(aside: Path, target: Path) -> Path:
        aside.write_text("ne", encoding="utf-8")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr(workspaces.Path, "replace", full_disk)
        work.write_text("result.json", "new and longer")
    assert sorted(path.name for path in work.folder.iterdir()) == ["result.json", "scratch"]
    assert (work.folder / "result.json").read_text(encoding="utf-8") == "old"


def test_runs_of_one_name_in_one_second_have_folders_of_their_own(home: Path) -> None:
    assert len({Workspace("flats").folder for _ in range(20)}) == 20


def test_a_home_that_cannot_be_made_is_an_error_for_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "file"))
    with pytest.raises(RunError, match=r"cannot be written.*DESCENT_HOME"):
        Workspace("flats")
