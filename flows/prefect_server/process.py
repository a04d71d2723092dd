"""The process of the local Prefect server: Prefect's own application, started fast and ended when nobody needs it.

``python -m descent.flows.prefect_server.process SOCKET LOCK IDLE`` is started by `flows.prefect_server.server` with two
inherited descriptors, a listening socket on which clients may already wait, and the lock that says that it lives; it
ends after IDLE seconds without use. Prefect's own background server (``prefect server start --background``) knows
neither: its command shows no idle end, and a second start is refused instead of finding the first.
"""

import gc
import json
import os
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from descent.flows.machine import databases
from descent.flows.machine.locks import lock
from descent.flows.machine.reachable import ask
from descent.flows.prefect_server.server import RECORD

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

SHUTDOWN_SECONDS = 10.0


def main(listening: int, held: int, idle: float) -> None:
    """Run until stopped or idle."""
    home, listener = Path(os.environ["PREFECT_HOME"]), socket.socket(fileno=listening)
    port = listener.getsockname()[1]
    aside = home / f".{RECORD}"
    aside.write_text(json.dumps({"pid": os.getpid(), "port": port, "prefect": version("prefect")}), encoding="utf-8")
    aside.replace(home / RECORD)
    migrated = _prepare_database(home)
    gc.disable()  # a tenth of the start-up goes into collecting what imports keep anyway
    import uvicorn
    from fastapi.middleware.trustedhost import TrustedHostMiddleware
    from prefect.server.api.server import create_app

    application = create_app(final=True)
    if migrated is not None:
        _call_when_started(application, migrated)
    # No web page reaches the server by a name that resolves to the loopback address.
    guarded = TrustedHostMiddleware(application, ["127.0.0.1", "localhost"])
    gc.freeze()
    gc.enable()
    server = uvicorn.Server(
        uvicorn.Config(guarded, log_level="warning", access_log=False, timeout_graceful_shutdown=3, lifespan="on")
    )
    watch = Watch(home, held, port, idle, server)
    threading.Thread(target=watch.run, name="idle-watch", daemon=True).start()
    server.run(sockets=[listener])


def _call_when_started(application: "FastAPI", function: Callable[[], None]) -> None:
    """Before the first request."""
    whole = application.router.lifespan_context

    @asynccontextmanager
    async def lifespan(app: "FastAPI") -> AsyncIterator[Any]:
        async with whole(app) as state:
            function()
            yield state

    application.router.lifespan_context = lifespan


def _prepare_database(home: Path) -> Callable[[], None] | None:
    """Spare Prefect the migrations that this version has already run; else return what to do once it has run them."""
    database, mark, installed = home / "prefect.db", home / "migrated", version("prefect")
    fresh = not database.exists()
    if databases.restore("prefect", database):
        mark.write_text(installed, encoding="ascii")
    elif fresh:
        mark.unlink(missing_ok=True)
    if mark.exists() and mark.read_text(encoding="ascii") == installed:
        os.environ["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] = "false"
        os.environ["PREFECT_SERVER_REGISTER_BLOCKS_ON_START"] = "false"
        return None

    def migrated() -> None:
        if fresh:
            databases.keep("prefect", database)
        mark.write_text(installed, encoding="ascii")

    return migrated


class Watch:
    """Ends the server when no command uses it and nobody has asked it anything for a while.

    Commands hold ``in-use.lock`` together while they run. Once the watch gets it alone, no command lives, so a flow run
    of theirs that is not in a final state has lost its process and is marked as crashed.
    """

    def __init__(self, home: Path, held: int, port: int, idle: float, server: "uvicorn.Server") -> None:
        self._home = home
        self._held = held
        self._port = port
        self._idle = idle
        self._server = server
        self._used, self._requests = time.monotonic(), 0
        self._swept = False

    def run(self) -> None:
        """Look every few seconds; return when the server has been told to end."""
        pause = min(5.0, self._idle / 4)
        while True:
            time.sleep(pause)
            if self._is_homeless():
                os._exit(0)
            alone = lock(self._home / "in-use.lock", wait=False)
            if alone is None:
                self._used, self._swept = time.monotonic(), False
                continue
            # Held to the end of this look, or of the process: a command that starts now waits and then sees the truth.
            if (requests := self._server.server_state.total_requests) != self._requests:
                # Whoever asked has come and gone since the last look: it may have left a run behind.
                self._used, self._requests, self._swept = time.monotonic(), requests, False
            if not self._swept and self._server.started:
                self._swept = self._sweep()
            if time.monotonic() - self._used >= self._idle:
                self._server.should_exit = True
                time.sleep(SHUTDOWN_SECONDS)
                os._exit(0)
            os.close(alone)

    def _is_homeless(self) -> bool:
        """Whether ``.descent/`` was deleted: then nobody can find this server again."""
        try:
            return not os.path.samestat(os.fstat(self._held), (self._home / "server.lock").stat())
        except FileNotFoundError:
            return True

    def _sweep(self) -> bool:
        try:
            mark_orphans(self._port)
        except (OSError, HTTPException, ValueError) as error:  # refused, cut off, not JSON: the next look tries again
            print(f"orphaned flow runs could not be marked: {error}", file=sys.stderr, flush=True)
            return False
        finally:
            self._requests = self._server.server_state.total_requests  # the watch's own questions are no use
        return True


def mark_orphans(port: int) -> int:
    """Mark the flow runs that commands left unfinished as crashed, and return how many."""
    unfinished = {
        "flow_runs": {
            "deployment_id": {"is_null_": True},  # those of deployments belong to a worker
            "state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING"]}},
        }
    }
    orphans = json.loads(ask(port, "/api/flow_runs/filter", unfinished))
    for orphan in orphans:
        state = {"type": "CRASHED", "name": "Crashed", "message": "The process of this run exited without a result."}
        ask(port, f"/api/flow_runs/{orphan['id']}/set_state", {"state": state, "force": True})
    return len(orphans)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
