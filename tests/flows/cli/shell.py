"""Commands one after another in one process, each with its folder and home: the imports take longest."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..embedded import ROOT, Answer, Embedded

PROGRAM = """
import contextlib, io, json, os, sys
from descent.flows.cli.app import app

for line in sys.stdin:
    words, folder, home = json.loads(line)
    os.chdir(folder)
    os.environ["DESCENT_HOME"] = home
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app(words)
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]), flush=True)
"""


@dataclass(frozen=True)
class Shell:
    """A process that runs commands as they come."""

    process: "subprocess.Popen[str]" = field(repr=False)

    def run(self, home: Path, *arguments: object, cwd: Path = ROOT) -> Answer:
        """What the command says; a process of its own would say the same."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(json.dumps([[*map(str, arguments)], str(cwd), str(home)]) + "\n")
        self.process.stdin.flush()
        return Answer(*json.loads(self.process.stdout.readline()))


@dataclass(frozen=True)
class Place:
    """A home in which nothing has run, to see what a command leaves in it."""

    home: Path
    shell: Shell

    def descent(self, *arguments: object, cwd: Path = ROOT) -> Answer:
        """Run a command there."""
        return self.shell.run(self.home, *arguments, cwd=cwd)


def shell(home: Embedded) -> Iterator[Shell]:
    """Such a process, ended in the end."""
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        cwd=ROOT,
        env=home.environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield Shell(process)
