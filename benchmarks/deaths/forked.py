"""`descent run` on a sweep of 64 variants, as forks of a process that has imported what the command imports.

So what is done to the commands hits their work and not their imports. Checkpoints of half-trained chunks are written
every 0.2 seconds instead of 5.
"""

import argparse
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

NAME = "sixty-four"
VARIANTS = 64
CHECKPOINTS = 0.2
PATIENCE = 600.0
"""Seconds after which a command that was left alone counts as hanging."""
CONFIG = """
name: {name}
data: {{source: {source}, target: y}}
search:
  epochs: {epochs}
  early_stopping: null
  models:
    - kind: network
      layers: [[16], [16, 8]]
      lambda: [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
      optimizer: {{kind: adam, learning_rate: [0.001, 0.003, 0.01, 0.03]}}
validate: {{folds: 3, finalists: 2}}
diagnose: {{curves: {curves}}}
compute: {{workers: 2}}
track: {{system_metrics: false}}
"""


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal; what it printed; how long it took."""

    code: int
    said: str
    result: dict[str, Any] | None
    seconds: float


@dataclass(frozen=True)
class Started:
    """A command under way, in a process group of its own."""

    pid: int
    began: float
    out: Path
    err: Path

    def end(self, killed_after: float | None = None, *, group: bool = False) -> Ended:
        """Wait for its end; kill it (or all of its group) so many seconds after its begin, if at all."""
        status = _wait(self.pid, self.began + (PATIENCE if killed_after is None else killed_after))
        if status is None:
            (os.killpg if group else os.kill)(self.pid, signal.SIGKILL)
            status = os.waitpid(self.pid, 0)[1]
        code, seconds = os.waitstatus_to_exitcode(status), time.monotonic() - self.began
        if killed_after is None:
            _wait_for_group(self.pid)
        result = json.loads(self.out.read_text(encoding="utf-8")) if code == 0 else None
        return Ended(code, self.err.read_text(encoding="utf-8"), result, seconds)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What every script that does something to such commands can be told."""
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--no-curves", dest="curves", action="store_false", help="a diagnosis that trains nothing")


def start(config: Path, folder: Path, name: str = "command") -> Started:
    """``descent run CONFIG --json``; what it prints goes to ``name``.out and .err in the folder."""
    out, err = folder / f"{name}.out", folder / f"{name}.err"
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _be_the_command(config, out, err)
    with suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)
    return Started(pid, began, out, err)


def _wait(pid: int, until: float) -> int | None:
    """The status of a process when it ends; None if it has not by then."""
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.005)
    return None


def _wait_for_group(number: int) -> None:
    """Until no process of a group lives."""
    for _ in range(600):
        try:
            os.killpg(number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def _be_the_command(config: Path, out: Path, err: Path) -> None:
    """What the fork does."""
    code = 70
    try:
        os.setpgid(0, 0)
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        from descent.flows.cli.app import app

        code = int(app(["run", str(config), "--json"], standalone_mode=False) or 0)
    except BaseException as error:  # noqa: BLE001 - of a fork nothing may come back
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def import_all() -> None:
    """What a command imports, short of starting anything."""
    from descent.flows.machine.environment import quiet

    quiet()
    import descent.flows.cli.run
    import descent.flows.experiment
    import descent.flows.launch
    import descent.flows.report.terminal  # noqa: F401
    from descent.flows.cache import executor

    executor.SECONDS = CHECKPOINTS


def experiment(folder: Path, epochs: int, *, curves: bool) -> Path:
    """A table of 900 rows and the configuration of the sweep."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 6))
    y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + x[:, 3] + 0.3 * rng.normal(size=900)
    head = ",".join([*(f"x{number}" for number in range(6)), "y"])
    np.savetxt(folder / "table.csv", np.column_stack([x, y]), fmt="%.6f", delimiter=",", header=head, comments="")
    path = folder / f"{NAME}.yaml"
    text = CONFIG.format(name=NAME, source=folder / "table.csv", epochs=epochs, curves=str(curves).lower())
    path.write_text(text, encoding="utf-8")
    return path


@contextmanager
def own_home(folder: Path) -> Iterator[Path]:
    """A home of its own, whose Prefect server ends with this."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "PREFECT_"))]:
        del os.environ[name]
    os.environ["DESCENT_HOME"] = str(folder / ".descent")
    (folder / ".descent" / "prefect").mkdir(parents=True)
    try:
        yield folder / ".descent"
    finally:
        from descent.flows.prefect_server.server import stop_server

        stop_server()


def clear(home: Path) -> None:
    """As if nothing had ever run here, but for the Prefect server."""
    for path in home.iterdir():
        if path.name not in ("prefect", "logs", ".gitignore"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
