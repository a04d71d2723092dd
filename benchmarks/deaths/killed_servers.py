"""What the death of a server costs: runs of which one is killed in the middle, and the commands after it.

    .venv/bin/python -m benchmarks.deaths.killed_servers [--only NAME …]

Each of `CASES` starts real servers on the loopback address, runs a sweep, kills servers by SIGKILL when it trains,
and starts them again, at once, or when the run has ended. Then ``descent sync`` must leave nothing waiting, MLflow must
have everything once, with the same numbers as an undisturbed run, and the same command must complete. PostgreSQL is
that of the machine (``initdb`` and ``postgres`` on the PATH or in Debian's place). Prints a table; exit code 1 if
anything is not as it should be.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.request import ProxyHandler, build_opener

import psutil

from benchmarks.deaths.full_disk import DESCENT, ROOT, Ending, found
from descent.flows.tracking.ui import server_command

SWEEP = """
name: {name}
data: {{source: data/samples/diabetes.csv, target: progression, task: regression}}
search:
  epochs: 1500
  early_stopping: null
  models: [{{kind: network, layers: [[32, 16], [16]], lambda: [0, 0.1, 1]}}]
validate: {{folds: 2, finalists: 2}}
compute: {{workers: 2}}
"""
SECONDS = 300


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass
class Server:
    """A server that can die and be started again; ``ready`` is an address that answers when it is up."""

    command: Sequence[str]
    ready: str | Callable[[], bool]
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = subprocess.Popen(
            self.command,
            env=os.environ | self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + SECONDS
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.command[0]} does not start")
            time.sleep(0.1)

    def kill(self) -> None:
        """SIGKILL for all of its processes."""
        if self.process is None:
            return
        for process in [*psutil.Process(self.process.pid).children(recursive=True), self.process]:
            process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def _answers(self) -> bool:
        if callable(self.ready):
            return self.ready()
        try:
            with build_opener(ProxyHandler({})).open(self.ready, timeout=5):
                return True
        except OSError:
            return False


def postgres(folder: Path) -> tuple[Server, int]:
    """PostgreSQL over a new folder, which its own user owns, with the databases mlflow and prefect; and its port."""
    places = os.pathsep.join([os.environ["PATH"], *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
    initdb, program, psql = (shutil.which(name, path=places) for name in ("initdb", "postgres", "psql"))
    assert initdb and program and psql, "PostgreSQL is not installed"
    port, data = free_port(), folder / "postgres"
    data.mkdir()
    folder.chmod(0o755)
    shutil.chown(data, "postgres")
    as_owner = ["runuser", "-u", "postgres", "--"]
    subprocess.run(
        [*as_owner, initdb, "-D", str(data), "-U", "descent", "--auth=trust"],
        check=True,
        cwd="/",
        stdout=subprocess.DEVNULL,
    )
    ask = [psql, "-h", "127.0.0.1", "-p", str(port), "-U", "descent", "-d", "postgres", "-qc"]

    def answers() -> bool:
        return subprocess.run([*ask, "SELECT 1"], capture_output=True, check=False).returncode == 0

    server = Server([*as_owner, program, "-D", str(data), "-p", str(port), "-k", "", "-h", "127.0.0.1"], answers)
    server.start()
    for name in ("mlflow", "prefect"):
        subprocess.run([*ask, f"CREATE DATABASE {name}"], check=True)
    return server, port


def mlflow(folder: Path, store: str) -> tuple[Server, str]:
    """An MLflow server over a store; and its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = server_command(store, port, "--artifacts-destination", str(folder / "artifacts"))
    made = Server(command, f"{url}/health", {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"})
    made.start()
    return made, url


def prefect(folder: Path, store: str) -> tuple[Server, str]:
    """A Prefect server over a database; and the address of its API."""
    port = free_port()
    environment = {
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": store,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    }
    command = [
        str(Path(sys.executable).with_name("prefect")),
        "server",
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    made = Server(command, f"http://127.0.0.1:{port}/api/health", environment)
    made.start()
    return made, f"http://127.0.0.1:{port}/api"


@dataclass(frozen=True)
class Setting:
    """What a case runs with: environment and further words of the commands, and which servers die."""

    environment: dict[str, str]
    victims: Sequence[Server]
    others: Sequence[Server] = ()
    words: tuple[str, ...] = ()
    die: Callable[[int], None] = lambda pid: None
    """Called with the process id of the run."""


def mlflow_server(folder: Path) -> Setting:
    """The MLflow server alone."""
    server, url = mlflow(folder, f"sqlite:///{folder / 'mlflow.db'}")
    return Setting({"MLFLOW_TRACKING_URI": url}, [server])


def prefect_server(folder: Path) -> Setting:
    """The Prefect server that PREFECT_API_URL names."""
    server, url = prefect(folder, f"sqlite+aiosqlite:///{folder / 'prefect.db'}")
    return Setting({"PREFECT_API_URL": url}, [server])


def database(folder: Path) -> Setting:
    """PostgreSQL under an MLflow server and a Prefect server, which live on."""
    base, port = postgres(folder)
    tracking, tracking_url = mlflow(folder, f"postgresql://descent@127.0.0.1:{port}/mlflow")
    api, api_url = prefect(folder, f"postgresql+asyncpg://descent@127.0.0.1:{port}/prefect")
    return Setting({"MLFLOW_TRACKING_URI": tracking_url, "PREFECT_API_URL": api_url}, [base], [tracking, api])


def dask(folder: Path) -> Setting:
    """A worker of the run's own Dask cluster."""

    def die(pid: int) -> None:
        below = psutil.Process(pid).children(recursive=True)
        workers = [one for one in below if "spawn_main" in " ".join(one.cmdline()) and not one.children()]
        assert len(workers) == 2, [one.cmdline() for one in below]
        workers[0].send_signal(signal.SIGKILL)

    return Setting({}, [], words=("--set", "compute.engine=dask"), die=die)


CASES: dict[str, tuple[Callable[[Path], Setting], float | None]] = {
    "MLflow server, back after the run": (mlflow_server, None),
    "Prefect server, back at once": (prefect_server, 0.0),
    "Prefect server, back after the run": (prefect_server, None),
    "PostgreSQL under both, back after 10 s": (database, 10.0),
    "PostgreSQL under both, back after the run": (database, None),
    "one of two Dask workers": (dask, None),
}
"""Which servers, and how many seconds after their death they are started again; None: after the run."""


class Home:
    """A folder for runs, and the commands in it."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        foreign = ("PREFECT_", "MLFLOW_", "DESCENT_", "COV_")
        mine = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self.folder = folder
        self._environment = (
            mine
            | environment
            | {
                "DESCENT_HOME": str(folder / ".descent"),
                "PYTHONPATH": str(ROOT),
                "COLUMNS": "200",
                "NO_PROXY": "127.0.0.1",
            }
        )

    def descent(self, *words: str, training: Callable[[int], None] | None = None) -> Ending:
        """Run a command; call ``training`` once as soon as it trains."""
        out, err = self.folder / "out", self.folder / "err"
        with out.open("wb") as output, err.open("wb") as said:
            process = subprocess.Popen(
                [*DESCENT, *words],
                cwd=ROOT,
                env=self._environment,
                stdout=output,
                stderr=said,
                stdin=subprocess.DEVNULL,
            )
            while process.poll() is None:
                if training is not None and "variants in" in err.read_text("utf-8"):
                    training(process.pid)
                    training = None
                time.sleep(0.05)
        return Ending(process.returncode, out.read_text("utf-8"), err.read_text("utf-8"), training is None)


def recorded(uri: str, experiment: str) -> list[tuple[Any, ...]]:
    """What MLflow has of an experiment: run by run, parameters and metrics, but for ids and times."""
    from mlflow import MlflowClient

    client = MlflowClient(uri)
    made = client.get_experiment_by_name(experiment)
    assert made is not None
    runs = []
    for run in client.search_runs([made.experiment_id], max_results=1000):
        name = run.info.run_name if run.data.tags["stage"] == "variant" else "parent"
        metrics = {key: value for key, value in run.data.metrics.items() if not key.startswith(("system/", "seconds"))}
        runs.append((name, run.info.status, sorted(run.data.params.items()), sorted(metrics.items())))
    return sorted(runs)


def case(prepare: Callable[[Path], Setting], back: float | None) -> tuple[Ending, list[str]]:
    """A run whose servers die, and what was wrong with it or with the commands after it."""
    with TemporaryDirectory() as place, ExitStack() as stack:
        folder = Path(place)
        setting = prepare(folder)
        for server in (*setting.victims, *setting.others):
            stack.callback(server.kill)
        home = Home(folder, setting.environment)
        stack.callback(home.descent, "down")
        for name in ("undisturbed", "disturbed"):
            (folder / f"{name}.yaml").write_text(SWEEP.format(name=name), encoding="utf-8")
        alone = home.descent("run", str(folder / "undisturbed.yaml"), "--json", *setting.words)
        assert alone.code == 0, alone.said

        def die(pid: int) -> None:
            setting.die(pid)
            for server in setting.victims:
                server.kill()
            if back is not None:
                time.sleep(back)
                revive()

        def revive() -> None:
            for server in setting.victims:
                if server.process is None:
                    server.start()

        words = ("run", str(folder / "disturbed.yaml"), "--json", *setting.words)
        ending = home.descent(*words, "--fresh", training=die)
        revive()
        wrong = []
        if ending.code not in (0, 1) or not ending.filled:
            wrong.append(f"exit code {ending.code}")
        if "Traceback" in ending.said or (ending.code == 1 and not ending.message):
            wrong.append("no plain message")
        synced, again = home.descent("sync"), None
        if synced.code != 0:
            wrong.append(f"descent sync: {synced.output}{synced.message}")
        if ending.code != 0:
            again = home.descent(*words)
        last = again or ending
        if last.code != 0:
            wrong.append(f"the next command: {last.message}")
        elif found(json.loads(last.output)) != found(json.loads(alone.output)):
            wrong.append("another result")
        uri = setting.environment.get("MLFLOW_TRACKING_URI") or f"sqlite:///{folder / '.descent' / 'mlflow.db'}"
        there = recorded(uri, "disturbed")
        if again is not None:  # besides the run that failed
            there = [run for run in there if run[1] == "FINISHED"]
        if there != recorded(uri, "undisturbed"):
            wrong.append(f"MLflow has something else: {len(there)} runs")
        return ending, wrong


def main() -> None:
    """Measure and print."""
    from benchmarks.speed.machine import describe_machine

    parser = argparse.ArgumentParser()
    parser.add_argument("--only", nargs="*", default=list(CASES), help="names of cases")
    failures = 0
    os.environ |= {"NO_PROXY": "127.0.0.1", "MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "1"}
    print("| killed in mid-run | exit code | it said | afterwards |\n|---|---|---|---|", flush=True)
    for name in parser.parse_args().only:
        ending, wrong = case(*CASES[name])
        failures += bool(wrong)
        said = ending.message or next((line for line in ending.said.splitlines() if "server" in line), "nothing of it")
        outcome = "; ".join(wrong) or "MLflow has everything once; the same result"
        print(f"| {name} | {ending.code} | {said} | {outcome} |", flush=True)
    print("\nMachine:", "; ".join(f"{name}: {value}" for name, value in describe_machine().items()))
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
