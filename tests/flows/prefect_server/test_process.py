"""The process of the local Prefect server, without Prefect: its database, and when it ends."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from descent.flows.machine.locks import lock
from descent.flows.prefect_server import process

MIGRATE = "PREFECT_SERVER_DATABASE_MIGRATE_ON_START"


def database(folder: Path) -> Path:
    folder.mkdir()
    return folder / "prefect.db"


def test_the_first_server_migrates_its_database_and_all_others_copy_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    first, second = database(tmp_path / "first"), database(tmp_path / "second")
    migrated = process._prepare_database(first.parent)
    assert migrated is not None
    assert MIGRATE not in os.environ
    with closing(sqlite3.connect(first)) as connection:  # what Prefect does as it starts
        connection.execute("create table flow (id)")
    migrated()
    assert [path.suffix for path in (tmp_path / "cache" / "descent").iterdir()] == [".db"]
    for home in (second.parent, first.parent):
        assert process._prepare_database(home) is None
        assert os.environ.pop(MIGRATE) == "false"
    with closing(sqlite3.connect(second)) as connection:
        assert connection.execute("select name from sqlite_master").fetchall() == [("flow",)]


def test_a_database_of_another_version_is_migrated_and_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "environ", {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})
    old = database(tmp_path / "old")
    old.write_bytes(b"of a version before")
    (old.parent / "migrated").write_text("3.0.0", encoding="ascii")
    migrated = process._prepare_database(old.parent)
    assert migrated is not None
    migrated()
    assert process._prepare_database(old.parent) is None
    assert not (tmp_path / "cache").exists()  # it is not empty: its runs are nobody else's


class EndedError(Exception):
    """In place of the end of the process."""


def test_a_server_whose_folder_was_deleted_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home = tmp_path / ".descent"
    folder = home / "prefect"
    folder.mkdir(parents=True)
    held = lock(folder / "server.lock")
    assert held is not None
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            home.rename(tmp_path / "gone")

    def end(code: int) -> None:
        raise EndedError(code)

    monkeypatch.setattr(process.time, "sleep", sleep)
    monkeypatch.setattr(process.os, "_exit", end)
    monkeypatch.setattr(process, "mark_orphans", lambda port: 0)
    serving = SimpleNamespace(started=True, server_state=SimpleNamespace(total_requests=0), should_exit=False)
    with pytest.raises(EndedError, match="0"):
        process.Watch(folder, held, 9, 3600.0, cast(Any, serving)).run()
    os.close(held)
    assert (len(slept), serving.should_exit) == (3, False)
