"""The process of the local Prefect server: Prefect's own application, started fast and ended when nobody needs it.

It is started by `flows.prefect_server.server` as ``python -m flows.prefect_server.process`` with three inherited
descriptors: a listening socket, on which clients may already wait, the lock that says that it lives, and a pipe that
says go once its record is written. Where the pipe ends without a word, its starter was killed, nobody would find it,
and it ends.
"""

import argparse
import gc
import json
import os
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path
from typing import Any

from descent.flows.machine import databases
from descent.flows.machine.locks import lock

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

SHUTDOWN_SECONDS = 10.0


class Guard:
    """Prefect's application, seen through a door that notes the time and knows its visitors.

    Requests whose ``Host`` is not this machine are refused, so that no web page reaches the server by a name that
    resolves to the loopback address. The health answer names this process, which tells it from any other server that
    may one day sit on the same port.
    """

    def __init__(self, application: Application, ready: Callable[[], None]) -> None:
        self._application = application
        self._ready = ready
        self.used = time.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection, or the life of the application."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, self._noticing(send))
            return
        health = scope["path"] == "/api/health"
        if not health:
            self.used = time.monotonic()
        host = next((value for name, value in scope["headers"] if name == b"host"), b"").rsplit(b":", 1)[0]
        if host not in (b"127.0.0.1", b"localhost"):
            await self._refuse(scope, receive, send)
            return
        await self._application(scope, receive, self._named(send) if health else send)

    def _noticing(self, send: Send) -> Send:
        async def notice(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._ready()
            await send(message)

        return notice

    def _named(self, send: Send) -> Send:
        async def name(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], (b"x-descent-server", str(os.getpid()).encode())]
            await send(message)

        return name

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await send({"type": "http.response.start", "status": 400, "headers": [(b"content-type", b"text/plain")]})
        await send({"type": "http.response.body", "body": b"This server answers to 127.0.0.1 and localhost only.\n"})


def main() -> None:
    """Run until stopped or idle."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True, help="Prefect's home folder")
    parser.add_argument("--socket", type=int, required=True, help="descriptor of the listening socket")
    parser.add_argument("--lock", type=int, required=True, help="descriptor of server.lock, held")
    parser.add_argument("--go", type=int, required=True, help="descriptor of a pipe that says when to begin")
    parser.add_argument("--idle", type=float, required=True, help="seconds without use after which the server ends")
    arguments = parser.parse_args()
    home: Path = arguments.home
    if not os.read(arguments.go, 1):
        return
    os.close(arguments.go)

    migrated = _prepare_database(home)
    gc.disable()  # a tenth of the start-up goes into collecting what imports keep anyway
    import uvicorn
    from prefect.server.api.server import create_app

    def ready() -> None:
        if migrated is not None:
            migrated()

    guard = Guard(create_app(final=True), ready)
    gc.freeze()
    gc.enable()
    server = uvicorn.Server(
        uvicorn.Config(guard, log_level="warning", access_log=False, timeout_graceful_shutdown=3, lifespan="on")
    )
    listener = socket.socket(fileno=arguments.socket)
    watch = Watch(home, arguments.lock, listener.getsockname()[1], guard, arguments.idle, server)
    threading.Thread(target=watch.run, name="idle-watch", daemon=True).start()
    server.run(sockets=[listener])


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

    def __init__(self, home: Path, held: int, port: int, guard: Guard, idle: float, server: Any) -> None:
        self._home = home
        self._held = held
        self._port = port
        self._guard = guard
        self._idle = idle
        self._server = server
        self._used = time.monotonic()
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
            if not self._swept and self._server.started:
                self._swept = self._sweep()
            if time.monotonic() - max(self._used, self._guard.used) >= self._idle:
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
        used = self._guard.used
        try:
            mark_orphans(self._port)
        except OSError as error:
            print(f"orphaned flow runs could not be marked: {error}", file=sys.stderr, flush=True)
            return False
        finally:
            self._guard.used = used  # the watch's own questions are no use
        return True


def mark_orphans(port: int) -> int:
    """Mark the flow runs that commands left unfinished as crashed, and return how many."""
    unfinished = {
        "flow_runs": {
            "deployment_id": {"is_null_": True},  # those of deployments belong to a worker
            "state": {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING", "CANCELLING"]}},
        }
    }
    orphans = _post(port, "/api/flow_runs/filter", unfinished)
    for orphan in orphans:
        state = {"type": "CRASHED", "name": "Crashed", "message": "The process of this run ended without a word."}
        _post(port, f"/api/flow_runs/{orphan['id']}/set_state", {"state": state, "force": True})
    return len(orphans)


def _post(port: int, path: str, body: object) -> Any:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise OSError(f"{path} answered {answer.status}: {content[:200]!r}")
        return json.loads(content)
    finally:
        connection.close()


if __name__ == "__main__":
    main()
