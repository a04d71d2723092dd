"""Processes that die: their work is done by others, and nothing else is touched."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from descent import ml
from descent.flows.errors import RunError
from descent.flows.workers.pool import ATTEMPTS, Processes
from descent.ml.chunks import Chunk, Sources


@pytest.fixture(scope="module")
def pool() -> Iterator[Processes]:
    with Processes(2, {}, os.getpid) as made:
        yield made


@pytest.fixture
def told(pool: Processes, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(pool, "say", lines.append)
    return lines


def dies(folder: Path, times: int) -> tuple[int, list[str]]:
    """Die so many times; then give the process id, and the names of what else is at work."""
    for number in range(times):
        if not (folder / f"death-{number}").exists():
            (folder / f"death-{number}").touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid(), [path.name for path in folder.glob("at-work-*")]


def works(folder: Path, number: int) -> int:
    mine = folder / f"at-work-{number}"
    mine.touch(exist_ok=False)
    time.sleep(0.02)
    mine.unlink()
    return os.getpid()


def waits(folder: Path) -> int:
    (folder / "waiting").touch(exist_ok=False)  # raises if it is called a second time
    while not (folder / "enough").exists():
        time.sleep(0.01)
    return os.getpid()


def test_the_work_of_a_dead_process_is_done_by_a_new_one_and_its_neighbour_is_not_disturbed(
    pool: Processes, told: list[str], tmp_path: Path
) -> None:
    neighbour = pool.submit(waits, tmp_path)
    survivor, _ = pool.submit(dies, tmp_path, 1).result(60)
    (tmp_path / "enough").touch()
    assert neighbour.result(60) != survivor
    assert told == ["the process for dies was killed from outside (SIGKILL); it restarts in a new one"]


def test_the_last_attempt_is_alone(pool: Processes, told: list[str], tmp_path: Path) -> None:
    dying = [pool.submit(dies, tmp_path, ATTEMPTS - 1), *(pool.submit(works, tmp_path, n) for n in range(40))]
    (_, beside), *_ = [future.result(60) for future in dying]
    assert beside == []
    assert [line.endswith("in a new one, alone") for line in told] == [False] * (ATTEMPTS - 2) + [True]


def test_work_that_every_process_dies_of_is_an_error_that_names_it_and_others_go_on(
    pool: Processes, told: list[str], tmp_path: Path
) -> None:
    rows = Sources(*(tmp_path / name for name in ("x.npy", "y.npy")))
    chunk = Chunk(ml.Model(6, (16,)), "adam", (ml.Settings(), ml.Settings(lam=1.0)), rows)
    with pytest.raises(RunError, match=r"2 variants of 6-16-1 · adam was killed .* 3 times \(SIGKILL\).*memory"):
        pool.submit(_killed, chunk).result(60)
    assert len(told) == ATTEMPTS - 1
    assert len({future.result(60) for future in [pool.submit(works, tmp_path, n) for n in range(6)]}) <= 2


def _killed(chunk: Chunk) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_dies_while_it_has_nothing_to_do_is_replaced(pool: Processes, told: list[str]) -> None:
    for pid in {future.result(60) for future in [pool.submit(os.getpid) for _ in range(8)]}:
        os.kill(pid, signal.SIGKILL)
    assert pool.submit(int, "7").result(60) == 7
    assert pool.submit(int, "8").result(60) == 8


def test_an_exception_comes_back_and_what_cannot_be_pickled_costs_itself_alone(
    pool: Processes, told: list[str]
) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        pool.submit(int, "seven").result(60)
    with pytest.raises(Exception, match=r"(?i)pickle"):
        pool.submit(_gives_a_lock).result(60)
    assert [future.result(60) for future in [pool.submit(int, str(n)) for n in range(4)]] == [0, 1, 2, 3]
    assert told == []


def _gives_a_lock() -> Any:
    import threading

    return threading.Lock()


def test_nothing_begins_again_once_the_processes_are_told_to_end(tmp_path: Path) -> None:
    own = Processes(1, {}, os.getpid)
    lost = own.submit(waits, tmp_path)
    later = own.submit(works, tmp_path, 1)
    while not (tmp_path / "waiting").exists():
        time.sleep(0.01)
    own.shutdown(kill_workers=True)
    assert lost.exception(60) is not None
    assert later.cancelled()
