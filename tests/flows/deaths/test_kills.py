"""`descent run` killed at random moments, or started twice: nothing is lost, twice or different.

`test_deaths` kills each process once, at a moment of its choice.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..embedded import ROOT, environment_of

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="needs fork and process groups"),
]


def figures(folder: Path, *words: str) -> Any:
    """What a script of docs/reliability.md prints."""
    command = [sys.executable, "-m", *words, "--no-curves", "--epochs", "60"]
    done = subprocess.run(command, cwd=ROOT, env=environment_of(folder), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:] + done.stdout[-3000:]
    return json.loads(done.stdout)


@pytest.mark.long
def test_a_run_that_is_killed_again_and_again_ends_as_if_nothing_had_happened(tmp_path: Path) -> None:
    found = figures(tmp_path, "benchmarks.deaths.kills", "--kills", "20", "--each", "20")
    assert (found["kills"], found["failures"], found["duplicate runs in MLflow"]) == (20, [], 0)
    assert found["identical"] == found["completed on the command that was left alone"] == found["experiments"]


@pytest.mark.long
def test_of_two_at_once_one_waits_and_both_have_the_result_of_one_alone(tmp_path: Path) -> None:
    found = figures(tmp_path, "benchmarks.deaths.at_once", "--pairs", "1")
    assert (found["pairs"], found["failures"], found["duplicate runs in MLflow"]) == (1, [], 0)
    assert found["identical"] == found["commands that finished"] == 2
