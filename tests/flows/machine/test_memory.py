import ctypes

import numpy as np
import psutil
import pytest

from descent.flows.machine import memory


@pytest.mark.parametrize(
    ("setting", "expected"), [("2GB", 2 * 10**9), ("500 MB", 5 * 10**8), ("1.5kB", 1500), ("1TB", 10**12)]
)
def test_a_size_is_so_many_bytes(setting: str, expected: int) -> None:
    assert memory.budget(setting) == expected


def test_auto_is_half_of_the_machine_or_of_a_smaller_container(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(memory, "CGROUP", (tmp_path / "memory.max",))
    assert memory.budget("auto") == psutil.virtual_memory().total // 2
    for text, expected in (("max", psutil.virtual_memory().total), ("1000000", 10**6)):
        (tmp_path / "memory.max").write_text(text + "\n")
        assert memory.budget("auto") == expected // 2


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="only glibc's malloc keeps what was freed")
def test_what_was_freed_is_given_back_although_something_newer_is_kept() -> None:
    arrays = [np.ones(8000) for _ in range(2000)]  # each too small to be mapped by itself
    kept = arrays.pop()
    arrays.clear()
    before = psutil.Process().memory_info().rss
    memory.release()
    assert psutil.Process().memory_info().rss < before - 50e6
    assert kept.sum() == 8000
