"""The whole container stack, brought up by the script that needs no image registry.

`make stack` runs these tests; they need root, some minutes and the script `containers/ctr.sh` beside the repository
(or where ``DESCENT_CONTAINERS`` says), which builds the unmodified Dockerfile on stand-ins for the official images.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from .readme import commands, docker

ROOT = Path(__file__).parents[2]
SCRIPT = Path(os.environ.get("DESCENT_CONTAINERS", ROOT.parent / "shared" / "containers" / "ctr.sh"))
MINUTE = 60.0
ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
Done = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Stack:
    """A running stack and its settings."""

    project: Path
    environment: dict[str, str]

    @cached_property
    def settings(self) -> dict[str, str]:
        """What is in its .env."""
        lines = (self.project / ".env").read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))

    def script(
        self, *words: str, seconds: float = 5 * MINUTE, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        """Run a step of the script."""
        done = subprocess.run(
            ["bash", str(SCRIPT), *words],
            env=self.environment,
            cwd=self.project,
            text=True,
            capture_output=True,
            timeout=seconds,
            check=False,
        )
        assert not check or done.returncode == 0, f"{words}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done

    def compose(self, *words: str, seconds: float = 5 * MINUTE, check: bool = True) -> str:
        """Run docker compose; what it printed."""
        return self.script("compose", *words, seconds=seconds, check=check).stdout

    def within(self, service: str, *command: str, seconds: float = 5 * MINUTE, check: bool = True) -> str:
        """Run a command in a service's container."""
        return self.compose("exec", "-T", service, *command, seconds=seconds, check=check)

    def typed(self, line: str) -> str:
        """Run a line that README tells to type, as it stands there; what it printed."""
        done = subprocess.run(
            ["bash", "-ec", line],
            env=self.environment | docker(self.project.parent / "bin", SCRIPT.resolve()),
            cwd=self.project,
            stdin=subprocess.DEVNULL,
            text=True,
            capture_output=True,
            timeout=15 * MINUTE,
            check=False,
        )
        assert done.returncode == 0, f"{line}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def background(self, *words: str) -> "subprocess.Popen[str]":
        """Start docker compose and go on."""
        return subprocess.Popen(
            ["bash", str(SCRIPT), "compose", *words],
            env=self.environment,
            cwd=self.project,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    def ask(
        self, url: str, login: tuple[str, str] | None = None, *, body: Any = None, method: str | None = None
    ) -> tuple[int, str]:
        """Status and text of an HTTP request made from outside the containers."""
        request = json.dumps({"url": url, "login": login, "body": body, "method": method})
        here = Path(__file__).parent / "ask.py"
        answer = json.loads(self.script("exec", sys.executable, str(here), request).stdout)
        return int(answer["status"]), str(answer["text"])

    def image(self) -> tuple[int, str]:
        """Bytes of the image, the base image included, and the user that it runs as."""
        done = subprocess.run(
            ["docker", "image", "inspect", "-f", "{{.Size}} {{.Config.User}}", self.environment["CTR_IMAGE"]],
            env=self.environment | {"DOCKER_HOST": f"unix://{self.environment['CTR_STATE']}/docker.sock"},
            capture_output=True,
            text=True,
            check=True,
        )
        size, _, user = done.stdout.strip().partition(" ")
        return int(size), user

    @property
    def script_path(self) -> Path:
        """The script that brought the stack up."""
        return SCRIPT.resolve()

    @property
    def mlflow_login(self) -> tuple[str, str]:
        """Account of the MLflow server."""
        return "admin", self.settings["MLFLOW_PASSWORD"]

    @property
    def prefect_login(self) -> tuple[str, str]:
        """Account of the Prefect server."""
        return "admin", self.settings["PREFECT_PASSWORD"]

    @property
    def model_login(self) -> tuple[str, str]:
        """Account of the model server."""
        return "admin", self.settings["MODEL_PASSWORD"]

    def mlflow(self, path: str, body: Any = None) -> Any:
        """Ask MLflow's API."""
        status, text = self.ask(f"http://localhost:5000/api/2.0/mlflow/{path}", self.mlflow_login, body=body)
        assert status == 200, text
        return json.loads(text)

    def prefect(self, path: str, body: Any = None) -> Any:
        """Ask Prefect's API."""
        status, text = self.ask(f"http://localhost:4200/api/{path}", self.prefect_login, body=body)
        assert status in (200, 201), text
        return json.loads(text)

    def prefect_states(self, flow_run: str) -> list[str]:
        """States of the flow runs of that name."""
        found = self.prefect("flow_runs/filter", {"flow_runs": {"name": {"any_": [flow_run]}}})
        return [run["state_type"] for run in found]

    def due_now(self, deployment: str) -> str:
        """Let the next run that the schedule has made begin now, as the page of the run can; its id."""
        query = {"deployments": {"name": {"any_": [deployment]}}, "sort": "EXPECTED_START_TIME_ASC"}
        deadline = time.monotonic() + 3 * MINUTE
        while not (found := self.prefect("flow_runs/filter", query)):
            assert time.monotonic() < deadline, f"the schedule of {deployment} makes no run"
            time.sleep(1)
        run = str(found[0]["id"])
        state = {"type": "SCHEDULED", "state_details": {"scheduled_time": datetime.now(UTC).isoformat()}}
        self.prefect(f"flow_runs/{run}/set_state", {"state": state, "force": True})
        return run

    def ended(self, run: str) -> dict[str, Any]:
        """The flow run of that id, when it has ended."""
        deadline = time.monotonic() + 5 * MINUTE
        while (found := self.prefect(f"flow_runs/{run}"))["state_type"] not in ENDED:
            assert time.monotonic() < deadline, (found["state"], self.compose("logs", "--tail", "100", "worker"))
            time.sleep(1)
        return dict(found)

    def runs(self, experiment: str) -> list[dict[str, Any]]:
        """Parent runs of an experiment in MLflow, with all they hold in an order of its own: a database has none."""
        found = self.mlflow(f"experiments/get-by-name?experiment_name={experiment}")["experiment"]
        query = {"experiment_ids": [found["experiment_id"]], "filter": "tags.stage = 'experiment'"}
        runs: list[dict[str, Any]] = self.mlflow("runs/search", query).get("runs", [])
        for run in runs:
            for values in [*run["data"].values(), *run.get("inputs", {}).values(), *run.get("outputs", {}).values()]:
                values.sort(key=lambda one: json.dumps(one, sort_keys=True))
        return sorted(runs, key=lambda run: str(run["info"]["run_id"]))


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """The stack of this working tree, in a copy of its own, brought up by the first of README's lines for a team."""
    if not SCRIPT.exists():
        pytest.skip(f"no {SCRIPT.name} beside the repository (DESCENT_CONTAINERS names another place)")
    if os.geteuid() != 0:
        pytest.skip("a container engine of one's own needs root")
    folder = Path(tempfile.mkdtemp(prefix="descent-stack-"))
    project = folder / "project"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, tracked.split("\0")):
        if (ROOT / name).is_file():
            (project / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project / name)
    state = os.environ.get("CTR_STATE", str(folder / "engine"))
    made = Stack(project, os.environ | {"CTR_STATE": state, "CTR_IMAGE": "descent:local", "CTR_PROJECT": str(project)})
    try:
        for step in ("install", "start", "base"):
            made.script(step, seconds=15 * MINUTE)
        made.typed(commands()[0])
        yield made
    finally:
        for step in ("down", "stop"):
            made.script(step, check=False)
        shutil.rmtree(folder, ignore_errors=True)
