"""A disk without room is told before a run begins, and in the middle of one."""

import errno
import re
import shutil
from collections import namedtuple
from pathlib import Path

import pytest
import typer

from descent.flows.cli.exits import reported
from descent.flows.machine.disk import LEAST, refuse_full_disk, told

Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "table", "fits"), [(LEAST, 0, True), (LEAST - 1, 0, False), (LEAST, 1, False)])
def test_room_is_asked_for_before_a_run(
    free: int, table: int, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "not" / "yet"))
    monkeypatch.setattr(shutil, "disk_usage", lambda place: Usage(free, 0, free))
    if fits:
        refuse_full_disk(table)
        return
    with pytest.raises(OSError, match="needs about 67 MB") as caught:
        refuse_full_disk(table)
    assert caught.value.errno == errno.ENOSPC
    assert f"{tmp_path}/not/yet has {free / 1e6:.0f} MB free of" in told(caught.value)
    assert "A run with this table needs about 67 MB." in told(caught.value)


def nested() -> Exception:
    error = RuntimeError("the model could not be logged")
    error.__cause__ = ValueError("(sqlite3.OperationalError) database or disk is full")
    return error


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), OSError(errno.EDQUOT, "x"), nested()]
)
def test_a_full_disk_is_one_message_and_exit_code_2(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as caught, reported():
        raise error
    assert caught.value.exit_code == 2
    said = capsys.readouterr().err
    assert re.match(r"descent: the disk is full: \S+ has [\d.]+ [kMG]?B free of [\d.]+ [kMG]?B, \S+ has", said)
    assert said.count("\n") == 1


def test_a_traceback_that_cannot_be_kept_is_no_second_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "file"))
    with pytest.raises(typer.Exit) as caught, reported():
        raise KeyError("strange")
    assert caught.value.exit_code == 1
    assert capsys.readouterr().err == "descent: the run failed: KeyError: 'strange'\n"
