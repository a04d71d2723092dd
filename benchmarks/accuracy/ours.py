"""descent as a user types it: ``descent run FILE --target T``, in a folder of its own."""

import json
import os
import resource
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .kept import Measured
from .scores import METRIC
from .tables import Question, settings

EFFORTS = ("quick", "standard", "thorough")


def commands(said: list[str]) -> dict[str, list[str]]:
    """Command lines by the names that results are kept under: those of ``NAME=COMMAND``, else this checkout's.

    A command is what starts descent and options of ``descent run``, as in ``before=/elsewhere/bin/descent``.
    """
    if said:
        return {name: shlex.split(command) for name, _, command in (one.partition("=") for one in said)}
    descent = str(Path(sys.executable).with_name("descent"))
    words = subprocess.run([descent, "run", "--help"], capture_output=True, text=True, check=True).stdout
    if "--effort" not in words:
        return {"descent": [descent]}
    return {f"descent, {effort}": [descent, "--effort", effort] for effort in EFFORTS}


def measured(name: str, command: list[str], question: Question, seed: int) -> Measured:
    """One run on one table and split, with the seconds of the command and of the processes that it waits for."""
    start, *options = command
    arguments = [f"--set={key}={json.dumps(value)}" for key, value in settings(question, seed).items()]
    before = _children()
    with tempfile.TemporaryDirectory() as folder:
        where: dict[str, Any] = {
            "cwd": folder,
            "env": os.environ | {"DESCENT_HOME": f"{folder}/.descent"},
            "capture_output": True,
            "text": True,
            "check": False,
        }
        source = str(question.path.resolve())
        done = subprocess.run(
            [start, "run", source, "--target", question.target, "--json", *arguments, *options], **where
        )
        seconds = _children() - before
        subprocess.run([start, "down"], **where)
    if done.returncode:
        message = f"exit {done.returncode}: {done.stderr[-500:]}"
        return Measured(question.name, seed, name, None, None, seconds, error=message)
    result = json.loads(done.stdout)
    metrics, metric = result["test"]["metrics"], METRIC[result["task"]]
    dummy = result["test"]["baseline"].get(metric)
    return Measured(question.name, seed, name, metrics[metric], metrics.get("roc_auc"), seconds, dummy)


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
