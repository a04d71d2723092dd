"""Work that gives way: with the lowest priority until somebody waits, then with everybody's; each item once."""

import os
import sys
import threading
from threading import Event

import pytest

from descent.flows.tracking.giving_way import for_each

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has priorities of threads")


def priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@linux
def test_what_is_left_when_somebody_waits_has_the_priority_of_the_caller() -> None:
    third, before = Event(), priority()
    done: list[tuple[int, int]] = []

    def work(item: int) -> None:
        done.append((item, priority()))
        if item == 2:
            third.set()

    for_each(work, range(6), 1, third.is_set)
    assert done == [*((item, 19) for item in range(3)), *((item, before) for item in range(3, 6))]
    assert priority() == before


@pytest.mark.parametrize("waited_for", [True, False])
@pytest.mark.parametrize("threads", [1, 4])
def test_every_item_is_done_once_and_an_error_is_raised_after_the_last(waited_for: bool, threads: int) -> None:
    done: list[int] = []

    def work(item: int) -> None:
        if item == 3:
            raise ConnectionError("gone")
        done.append(item)

    with pytest.raises(ConnectionError, match="gone"):
        for_each(work, range(50), threads, lambda: waited_for)
    assert sorted(done) == [item for item in range(50) if item != 3]
