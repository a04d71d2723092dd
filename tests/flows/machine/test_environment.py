"""The environment of Prefect and MLflow is ours even where somebody has imported them before."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]

NOTEBOOK = """
import json, logging
import mlflow, prefect
from mlflow.telemetry import get_telemetry_client
from prefect.settings import get_current_settings
from descent.flows.machine.environment import quiet

quiet()
settings = get_current_settings()
consoles = [one for name in ("", "prefect") for one in logging.getLogger(name).handlers if "Console" in str(type(one))]
print(json.dumps([
    str(settings.home), str(settings.profiles_path), settings.server.ephemeral.enabled,
    *{one.level for one in consoles},
    logging.getLogger("mlflow").level, get_telemetry_client() is None,
]))
"""


def test_what_was_imported_before_reads_the_environment_again(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "DESCENT_HOME": str(tmp_path / "new" / ".descent"), "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-c", NOTEBOOK], capture_output=True, text=True, check=True, cwd=tmp_path, env=environment
    )
    ours = tmp_path / "new" / ".descent" / "prefect"
    assert answer.stderr == ""
    assert json.loads(answer.stdout) == [str(ours), str(ours / "profiles.toml"), False, 50, 50, True]
