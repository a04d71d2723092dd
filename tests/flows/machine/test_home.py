"""Where descent keeps its things, and the environment that keeps Prefect and MLflow quiet and private."""

import subprocess
import sys
from pathlib import Path

import pytest

from descent.flows.errors import RunError
from descent.flows.machine.home import home, make_home


def test_the_folder_lies_in_the_current_one_unless_told_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DESCENT_HOME", raising=False)
    assert home() == tmp_path / ".descent"
    assert not home().exists()
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "elsewhere"))
    assert home() == tmp_path / "elsewhere"


def test_git_leaves_the_folder_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))
    make_home("runs").joinpath("a").write_text("x", encoding="ascii")
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    status = subprocess.run(["git", "status", "--porcelain"], cwd=tmp_path, check=True, capture_output=True, text=True)
    assert status.stdout == ""


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "file" / "home"))
    with pytest.raises(RunError, match=r"file.*cannot be written.*DESCENT_HOME"):
        make_home("runs")


PROGRAM = """
from descent.flows.machine.home import make_home
from descent.flows.machine.environment import quiet
quiet()
make_home("prefect")  # as `connect` does
import prefect
from prefect.settings import get_current_settings
settings = get_current_settings()
print(settings.api.url, settings.home, settings.profiles_path, settings.server.analytics_enabled,
      settings.server.ephemeral.enabled, settings.api.key is not None, sep="\\n")
"""


def prefect_settings(folder: Path, **variables: str) -> list[str]:
    """What Prefect believes in a fresh process, for a user who has a profile of their own."""
    user = folder / "user"
    (user / ".prefect").mkdir(parents=True, exist_ok=True)
    profile = '[profiles.work]\nPREFECT_API_URL = "http://work.example/api"\nPREFECT_API_KEY = "secret"\n'
    (user / ".prefect" / "profiles.toml").write_text(f'active = "work"\n{profile}', encoding="ascii")
    environment = {"HOME": str(user), "PATH": "/usr/bin:/bin", "DESCENT_HOME": str(folder / "own"), **variables}
    answer = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, cwd=folder, capture_output=True, text=True, check=True
    )
    assert answer.stderr == ""
    assert [path.name for path in (user / ".prefect").iterdir()] == ["profiles.toml"]
    return answer.stdout.splitlines()


def test_prefect_neither_reads_nor_writes_the_users_own_settings(tmp_path: Path) -> None:
    own = tmp_path / "own" / "prefect"
    assert prefect_settings(tmp_path) == ["None", str(own), str(own / "profiles.toml"), "False", "False", "False"]


def test_what_the_user_has_set_stays(tmp_path: Path) -> None:
    found = prefect_settings(
        tmp_path, PREFECT_API_URL="http://team.example/api", PREFECT_SERVER_ANALYTICS_ENABLED="true"
    )
    assert found == [
        "http://team.example/api",
        str(tmp_path / "user" / ".prefect"),
        str(tmp_path / "user" / ".prefect" / "profiles.toml"),
        "True",
        "False",
        "True",
    ]
