"""Which Prefect API a command talks to: the user's, where ``PREFECT_API_URL`` names one, else this folder's own."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Lock, Thread

from descent.flows.errors import RunError
from descent.flows.machine.reachable import reach
from descent.flows.prefect_server.server import Server, release, running_server, start_server, wait_ready

LOOK_SECONDS = 1.0
"""How often a command sees whether its local server still lives."""
LIVES = 3
"""How many further local servers a run starts in place of those that die."""
_lock, _runs = Lock(), 0  # of this process, in several threads perhaps


def connect() -> Server:
    """Choose the server of this process, start it if it must be, and return at once; `wait_connected` waits for it.

    ``PREFECT_API_URL`` is honoured; without it the variable is set for this process and its children. To be called
    before prefect is imported; `session` also works after.
    """
    external = os.environ.get("PREFECT_API_URL")
    if external and external != os.environ.get("DESCENT_PREFECT_API_URL"):
        return Server(external)
    server = start_server()
    os.environ["PREFECT_API_URL"] = os.environ["DESCENT_PREFECT_API_URL"] = server.api_url
    _bypass_proxies()
    return server


@contextmanager
def connected() -> Iterator[Server]:
    """`connect` for one run. A notebook that stays open does not hold the server, nor hide from it that others died."""
    global _runs
    with _lock:
        _runs += 1
    try:
        yield connect()
    finally:
        with _lock:
            _runs -= 1
            if not _runs:
                release()


def wait_connected(server: Server) -> None:
    """Return when the server answers; from then on a flow can start.

    Raises:
        RunError: the local server did not start, or the server that ``PREFECT_API_URL`` names cannot be reached.
    """
    if server.is_local:
        wait_ready(server)
    else:
        reach(server.api_url, "PREFECT_API_URL", "Start that server, or unset the variable to use a local one.")


@contextmanager
def session(server: Server, say: Callable[[str], None]) -> Iterator[None]:
    """Settings for a flow of this process, whether prefect was imported before or after `connect`.

    On the local server the flow sends no heartbeats: they cost a second at its end, and need an automation to mean
    anything. Instead the server itself marks flow runs whose command has gone as crashed. A local server that dies is
    started again, which ``say`` is told; Prefect's clients wait for it.
    """
    if not server.is_local:
        yield
        return
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    settings = {PREFECT_API_URL: server.api_url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}
    with temporary_settings(settings), _kept_alive(say):
        yield


@contextmanager
def _kept_alive(say: Callable[[str], None]) -> Iterator[None]:
    done = Event()

    def keep() -> None:
        left = LIVES
        while left and not done.wait(LOOK_SECONDS):
            try:
                if running_server() is not None:
                    continue
                left -= 1
                if start_server().started:  # else another command was quicker
                    say("the local Prefect server died; another has been started, and the run continues")
            except (RunError, OSError) as error:
                say(f"the local Prefect server died, and no other can be started: {error}")
                return

    keeper = Thread(target=keep, name="server keeper", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()


def _bypass_proxies() -> None:
    """Prefect's client would ask a configured proxy for the loopback address."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host for host in os.environ.get(name, "").split(",") if host.strip()]
        if "127.0.0.1" not in hosts:
            os.environ[name] = ",".join([*hosts, "127.0.0.1"])
