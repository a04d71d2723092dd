"""Whole processes against one embedded home: the command as a user runs it, and what it leaves behind."""

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from .warm import ROOT, SECONDS, Warm

DESCENT = (sys.executable, "-c", "from descent.flows.cli.app import main; main()")


@dataclass(frozen=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    stdout: str
    stderr: str

    @cached_property
    def json(self) -> Any:
        """Standard output as one JSON value; anything else on it is an error."""
        return json.loads(self.stdout)


@dataclass(frozen=True)
class Embedded:
    """A home folder with the commands that run in it."""

    home: Path
    warm: Warm
    environment: dict[str, str] = field(repr=False)

    @classmethod
    def at(cls, home: Path, warm: Warm) -> "Embedded":
        """A home that no variable of the outside reaches into."""
        return cls(home, warm, environment_of(home))

    def descent(self, *arguments: object, cwd: Path = ROOT, first: str = "", **environment: str) -> Answer:
        """Run the command ``descent`` to its end, after the Python of ``first``."""
        return Answer(*self.warm.run([*map(str, arguments)], cwd, self.environment | environment, first))

    def cold(self, *arguments: object, cwd: Path = ROOT, **environment: str) -> Answer:
        """Run it in a Python that has imported nothing."""
        return self.python(*DESCENT[1:], *arguments, cwd=cwd, **environment)

    def python(self, *arguments: object, cwd: Path = ROOT, stdin: str = "", **environment: str) -> Answer:
        """Run Python to its end."""
        done = subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            input=stdin,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: object, cwd: Path = ROOT) -> "subprocess.Popen[str]":
        """Start the command ``descent`` in a process group of its own, as a terminal would."""
        return subprocess.Popen(
            [*DESCENT, *map(str, arguments)],
            cwd=cwd,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )

    @property
    def port(self) -> int:
        """Of the local Prefect server, which must have been started."""
        return int(json.loads((self.home / "prefect" / "server.json").read_text(encoding="utf-8"))["port"])

    def api(self, path: str, body: object = None) -> Any:
        """Ask the local Prefect server itself, or tell it something; again while its database is busy, as Prefect's
        own client does."""
        deadline = time.monotonic() + SECONDS
        while True:
            connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
            try:
                connection.request(
                    "GET" if body is None else "POST",
                    f"/api{path}",
                    body and json.dumps(body),
                    {"content-type": "application/json"},
                )
                answer = connection.getresponse()
                text = answer.read()
            finally:
                connection.close()
            if answer.status != 503 or time.monotonic() > deadline:
                assert answer.status in (200, 201), text
                return json.loads(text)
            time.sleep(0.5)

    def prefect(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database of the local Prefect server."""
        return _ask(self.home / "prefect" / "prefect.db", query, values)

    def mlflow(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the database of the embedded MLflow store."""
        return _ask(self.home / "mlflow.db", query, values)

    def runs(self, experiment: str) -> dict[str, str]:
        """Status of every run of an MLflow experiment, by run id; none if it was never begun."""
        if not (self.home / "mlflow.db").exists():
            return {}
        return dict(
            self.mlflow(
                "select run_uuid, status from runs join experiments using (experiment_id) where experiments.name = ?",
                experiment,
            )
        )

    def flow_runs(self, name: str) -> list[str]:
        """States of the Prefect flow runs of that name, in the order of their creation."""
        return [
            state for (state,) in self.prefect("select state_name from flow_run where name = ? order by created", name)
        ]

    def folders(self, experiment: str) -> list[Path]:
        """Folders that runs of an experiment have left."""
        return sorted((self.home / "runs").glob(f"*-{experiment}-*"))


def _ask(database: Path, query: str, values: tuple[object, ...]) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        return connection.execute(query, values).fetchall()


def environment_of(home: Path) -> dict[str, str]:
    """The variables of a process that works in a home, and none of the outside that would reach into it."""
    foreign = ("PREFECT_", "MLFLOW_", "DESCENT_", "COV_")
    mine = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    return mine | {"DESCENT_HOME": str(home), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def embedded(home: Path, warm: Warm) -> Iterator[Embedded]:
    """A home; what it has started is ended in the end."""
    made = Embedded.at(home, warm)
    yield made
    ended = made.descent("down")
    assert ended.code == 0, ended.stderr
