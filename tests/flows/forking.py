"""The process that `warm` talks to: it has imported everything, and forks for each command that it is told.

``python -m tests.flows.forking``, with orders as lines of JSON on standard input and exit codes on standard output.
"""

import atexit
import gc
import json
import os
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, NoReturn

from descent.flows.cli.app import main
from descent.flows.machine import environment
from descent.flows.tracking import process as recording
from descent.flows.workers import pool, processes
from descent.ml.machine import source

IMPORTED = (
    "alembic.command",
    "descent.flows.experiment",
    "descent.flows.launch",
    "descent.flows.report.page",
    "descent.flows.retrain",
    "git",
    "graphviz",
    "mlflow.pyfunc",
    "mlflow.store.model_registry.sqlalchemy_store",
    "mlflow.store.tracking.sqlalchemy_store",
    "mlflow.tracing.provider",
    "prefect.flow_engine",
    "prefect.task_engine",
    "pyarrow.dataset",
    "ruamel.yaml",
)
"""What commands import as they go, and those that they start."""


@dataclass
class Fork:
    """What a `processes.Process` asks of its ``Popen``."""

    pid: int
    code: int | None = None

    def kill(self) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        if self.code is None:
            self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.code


class Process(processes.Process):
    """The recording process of a command is a fork as well; it need not import MLflow once more."""

    def __init__(self, environment: Mapping[str, str], first: Callable[[], object]) -> None:
        if environment is not recording.ENVIRONMENT or threading.active_count() > 1:
            super().__init__(environment, first)
            return
        self._connection, theirs = Pipe()
        command = os.getpid()
        if not (pid := os.fork()):
            try:
                self._connection.close()
                os.environ.update(environment)
                warnings.simplefilter("ignore")
                processes._main(theirs, command)
            finally:
                os._exit(0)
        theirs.close()
        self._process = Fork(pid)  # type: ignore[assignment]
        self._connection.send(sys.path)
        self._connection.send(first)


class Prepared:
    """What `environment.quiet` has done here already for the forks of one environment: Prefect reads its settings for
    half a second."""

    def __init__(self) -> None:
        self._read: dict[str, str] | None = None
        self.added: dict[str, str] = {}

    def prepare(self, order: Mapping[str, Any]) -> None:
        """Be prepared for this order; not where that would make the home, or the order wants the logs."""
        wanted = {
            name: value
            for name, value in order["environment"].items()
            if name.startswith(("PREFECT_", "MLFLOW_", "DESCENT_"))
        }
        able = not {"--verbose", "-v"} & {*order["words"]} and Path(wanted.get("DESCENT_HOME", "/"), "prefect").exists()
        if able and wanted == self._read:
            return
        environment._prepared.clear()
        self._read, self.added = None, {}
        if able:
            os.environ.clear()
            os.environ.update(order["environment"])
            environment.quiet()
            self._read = wanted
            self.added = {name: value for name, value in os.environ.items() if name not in order["environment"]}


def become(order: Mapping[str, Any], added: Mapping[str, str]) -> None:
    """Make this fork the process that was ordered."""
    signal.alarm(order["seconds"])
    sys.stdin = Path(os.devnull).open(encoding="utf-8")  # noqa: SIM115 - as long as the process lives
    for number, path in enumerate((os.devnull, order["out"], order["err"])):
        os.dup2(os.open(path, os.O_RDWR), number)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"] | added)
    sys.argv[1:] = order["words"]
    pool.Process = Process  # type: ignore[misc]
    exec(order["first"], {})


def run() -> NoReturn:
    """The command and the end of it, but for the taking down of all modules."""
    try:
        main()
    except SystemExit as ending:
        threading._shutdown()  # type: ignore[attr-defined]
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(ending.code if isinstance(ending.code, int) else 0)
    except BaseException:  # noqa: BLE001 - it ends the process, as it would end Python
        traceback.print_exc()
    os._exit(1)


if __name__ == "__main__":
    for name in IMPORTED:
        import_module(name)
    source.code()
    gc.freeze()  # no fork looks for garbage in it
    prepared = Prepared()
    for line in sys.stdin:
        order = json.loads(line)
        prepared.prepare(order)
        child = os.fork()
        if not child:
            become(order, prepared.added)
            run()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
