"""Commands as processes of their own, forked from one that has imported everything: the imports take longest.

Such a process has its own number, environment, folder, output and exit code. What only a Python that starts from
nothing shows (which imports a command needs, and from where they come) is asked of `Embedded.cold`.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SECONDS = 900
"""A process that takes longer hangs; nothing is measured with this."""


@dataclass
class Warm:
    """A process that forks for each command, begun with the first; ``folder`` is for what is said and written."""

    folder: Path

    @cached_property
    def process(self) -> "subprocess.Popen[str]":
        """It, started."""
        own = {"PREFECT_HOME": str(self.folder / "prefect"), "MLFLOW_DISABLE_TELEMETRY": "true", "COLUMNS": "200"}
        return subprocess.Popen(
            [sys.executable, "-m", "tests.flows.forking"],
            cwd=ROOT,
            env=os.environ | own,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def run(
        self, words: list[str], folder: Path, environment: Mapping[str, str], first: str = ""
    ) -> tuple[int, str, str]:
        """Exit code, standard output and standard error of ``descent`` with these words.

        The process runs the Python of ``first`` before the command.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        out, err = self.folder / "out", self.folder / "err"
        for path in (out, err):
            path.write_bytes(b"")
        order = {
            "words": words,
            "folder": str(folder),
            "environment": dict(environment),
            "seconds": SECONDS,
            "out": str(out),
            "err": str(err),
            "first": first,
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        code = self.process.stdout.readline()
        assert code, "the process that forks has died"
        return int(code), out.read_text(encoding="utf-8"), err.read_text(encoding="utf-8")

    def end(self) -> None:
        """End it, if it was started."""
        if "process" in self.__dict__:
            self.process.communicate()
