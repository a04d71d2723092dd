import psutil
import pytest

from flows import memory


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
