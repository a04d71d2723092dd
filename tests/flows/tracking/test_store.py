"""The MLflow store: which one, and made quickly."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from descent.flows.tracking import store

ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "a folder" / ".descent"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return tmp_path / "a folder" / ".descent"


def test_the_store_is_the_users_or_a_file_of_ours(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert store.tracking_uri() == f"sqlite:///{folder}/mlflow.db"
    assert store.artifact_root(store.tracking_uri()) == (folder / "artifacts").as_uri()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://team.example:5000")
    assert store.tracking_uri() == "http://team.example:5000"
    assert store.artifact_root(store.tracking_uri()) is None


def test_a_database_once_migrated_is_copied(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    uri = store.embedded_uri()
    migrate = "import sys; from descent.flows.machine.environment import quiet; quiet(); "
    migrate += "from descent.flows.tracking import store; store.prepare(sys.argv[1])"
    subprocess.run([sys.executable, "-c", migrate, uri], check=True, cwd=ROOT)
    tables = _tables(folder / "mlflow.db")
    assert {"experiments", "runs", "metrics"} <= tables
    (folder / "mlflow.db").unlink()
    # MLflow is not imported: the test process would then have it.
    subprocess.run([sys.executable, "-c", f"{migrate}; assert 'mlflow' not in sys.modules", uri], check=True, cwd=ROOT)
    assert _tables(folder / "mlflow.db") == tables
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def _tables(database: Path) -> set[str]:
    with closing(sqlite3.connect(database)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
