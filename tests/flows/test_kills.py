"""`descent run` killed at random moments: the next command finishes, and nothing is lost, twice or different."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .embedded import ROOT, Embedded

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs fork and process groups"),
]


def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    """The script of docs/reliability.md, with fewer kills."""
    environment = Embedded.at(tmp_path).environment
    command = [sys.executable, "-m", "benchmarks.kills", "--kills", "6", "--each", "6", "--epochs", "60"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    found = json.loads(done.stdout)
    assert (found["kills"], found["failures"], found["duplicate runs in MLflow"]) == (6, [], 0)
    assert found["identical"] == found["completed on the command that was left alone"] == found["experiments"]
