"""``descent worker``: runs what is due on this machine, each run in a process of its own."""

import os
import socket
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import psutil

from descent.flows.errors import RunError
from descent.flows.machine.home import prefect_home
from descent.flows.machine.locks import lock
from descent.flows.schedules.pools import forget_worker

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

LAST_SECONDS = 30.0
"""Patience with runs that are told to end."""


def only_one() -> int:
    """Be the only worker of this folder until this process ends.

    Raises:
        RunError: another one runs.
    """
    held = lock(prefect_home() / "worker.lock", wait=False)
    if held is None:
        raise RunError("a worker of this folder is running already")
    return held


def settle(client: "SyncPrefectClient", pool: str, say: Callable[[str], None]) -> None:
    """Tidy up what a worker that was killed left unfinished, and what was due while none ran.

    Of the runs of a deployment that were missed the last one is enough: it sees the same data as all of them would.
    """
    for run in _runs(client, pool, ["PENDING", "RUNNING", "CANCELLING"]):
        if not _lives(run):
            _set(client, run, "CRASHED", "The worker of this run exited without a result.")
            say(f"{run['name']}: its worker was killed: marked as crashed")
    missed = defaultdict(list)
    for run in _runs(client, pool, ["SCHEDULED"]):
        if datetime.fromisoformat(run["expected_start_time"]) < datetime.now(UTC):
            missed[run["deployment_id"]].append(run)
    for runs in missed.values():
        for run in sorted(runs, key=lambda one: str(one["expected_start_time"]))[:-1]:
            _set(client, run, "CANCELLED", "Missed while no worker was running; a later run replaces it.")
        if len(runs) > 1:
            say(f"{len(runs)} runs of one schedule were missed: only the latest is run")


def work(client: "SyncPrefectClient", pool: str) -> None:
    """Run what is due until interrupted; then end the runs under way, and take leave of the server."""
    import asyncio

    from prefect.workers.process import ProcessWorker

    worker = ProcessWorker(work_pool_name=pool, name=f"descent on {socket.gethostname()}, process {os.getpid()}")
    try:
        asyncio.run(worker.start(printer=lambda *_: None))
    finally:
        end_runs()
        forget_worker(client, pool, worker.name)


def end_runs() -> None:
    """Tell the processes of flow runs to end, and wait: each marks its run as killed in MLflow first."""
    runs = psutil.Process().children(recursive=True)
    for run in (one for one in runs if _is_run(one)):
        run.terminate()
    _, left = psutil.wait_procs(runs, timeout=LAST_SECONDS)
    for process in left:
        process.kill()


def _is_run(process: psutil.Process) -> bool:
    try:
        return "prefect.engine" in process.cmdline() or "prefect.flow_engine" in process.cmdline()
    except psutil.Error:
        return False


def _runs(client: "SyncPrefectClient", pool: str, states: list[str]) -> list[dict[str, Any]]:
    query = {
        "work_pools": {"name": {"any_": [pool]}},
        "flow_runs": {"state": {"type": {"any_": states}}, "deployment_id": {"is_null_": False}},
    }
    found: list[dict[str, Any]] = client.request("POST", "/flow_runs/filter", json=query).json()
    return found


def _lives(run: dict[str, Any]) -> bool:
    """Whether the process of a run may be alive: only this machine's can be looked at."""
    host, _, pid = (run["infrastructure_pid"] or "").rpartition(":")
    if host and host != socket.gethostname():
        return True
    return pid.isdigit() and psutil.pid_exists(int(pid)) and int(pid) != os.getpid()


def _set(client: "SyncPrefectClient", run: dict[str, Any], kind: str, message: str) -> None:
    state = {"type": kind, "name": kind.capitalize(), "message": message}
    client.request(
        "POST", "/flow_runs/{id}/set_state", path_params={"id": run["id"]}, json={"state": state, "force": True}
    )
