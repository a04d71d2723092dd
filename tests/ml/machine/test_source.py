"""What a training's bits depend on: the code that trains, and no other."""

import shutil
from pathlib import Path

import pytest

from descent.ml.machine import source


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package that may be changed."""
    shutil.copytree(source.FOLDER, tmp_path / "ml", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(source, "FOLDER", tmp_path / "ml")
    return tmp_path / "ml"


def code(*modules: str) -> str:
    source.code.cache_clear()
    found = source.code(*modules)
    source.code.cache_clear()
    return found


def test_the_code_is_known_by_what_trains_wherever_it_lies(copy: Path) -> None:
    before = code()
    assert "NumPy" in before
    for name in ("diagnosis/verdict.py", "diagnosis/advice.py", "statistics/bootstrap.py", "__init__.py"):
        (copy / name).write_text((copy / name).read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    assert code() == before
    seen = {before}
    by_lazy_imports = ("solvers/lbfgs.py", "statistics/metrics.py", "fleets/resuming.py")
    for name in ("chunks.py", "network/passes.py", *by_lazy_imports):
        (copy / name).write_text((copy / name).read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
        seen.add(code())
    assert len(seen) == 6


def test_other_modules_may_be_asked_about(copy: Path) -> None:
    before, training = code("chunks", "probing"), code()
    (copy / "probing.py").write_text("# changed\n", encoding="utf-8")
    assert code("chunks", "probing") != before
    assert code() == training
