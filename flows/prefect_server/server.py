"""The local Prefect server: one per folder, in the background, found again and reused by every run.

Three locks in ``.descent/prefect/`` say what is true, whatever was killed or rebooted in between:

============== ============================================ =====================================================
start.lock     while a command looks, starts or stops       two commands at once never start two servers
server.lock    by the server, as long as it lives           its `RECORD` (pid, port, version) is right while held
in-use.lock    shared by commands, as long as they run      the server ends itself only while it gets it alone
============== ============================================ =====================================================
"""

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPException
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

from descent.flows.errors import RunError, UsageError
from descent.flows.machine.environment import PRIVATE
from descent.flows.machine.home import make_home, prefect_home, server_log
from descent.flows.machine.locks import is_free, lock, locked
from descent.flows.machine.reachable import ask, is_there

RECORD = "server.json"
IDLE_MINUTES = 30.0
START_SECONDS = 120.0
STOP_SECONDS = 10.0

_in_use: dict[Path, int] = {}  # locks that this process keeps until it ends, by file


@dataclass(frozen=True)
class Server:
    """A Prefect server: the address of its API, and its process if it is the local one."""

    api_url: str
    pid: int | None = None
    started: bool = False  # by this very call
    prefect: str = ""  # version
    since: float = 0.0  # seconds since the epoch

    @property
    def url(self) -> str:
        """Its pages."""
        return self.api_url.removesuffix("/api")

    @property
    def is_local(self) -> bool:
        """Whether descent started it for this folder."""
        return self.pid is not None


def start_server() -> Server:
    """Find the local server or start it; do not wait for it. It will not end before this process or `release`.

    Its socket already listens when this returns, so a client may connect and wait.
    """
    folder = make_home("prefect")
    make_home("logs")
    _use(folder)
    with locked(folder / "start.lock"):
        held = lock(folder / "server.lock", wait=False)
        if held is None:
            server = _recorded(folder)
            if server is not None:
                if is_there(server.url) and (server.prefect == version("prefect") or _used_by_others(folder)):
                    return server
                _end(folder, server)  # of an older version, or in its last moments
            held = lock(folder / "server.lock")
            assert held is not None
        try:
            return _spawn(folder, held)
        finally:
            os.close(held)


def wait_ready(server: Server) -> None:
    """Return when the server answers.

    Raises:
        RunError: it ended or did not answer in time, with its log's path and last lines.
    """
    deadline = time.monotonic() + START_SECONDS
    while (left := deadline - time.monotonic()) > 0:
        try:
            ask(urlsplit(server.url).port or 0, "/api/health", timeout=left)
            return
        except TimeoutError:
            break
        except (OSError, HTTPException):
            pass  # refused or cut off: it has ended, or is ending
        if running_server() is None:
            raise RunError(f"the local Prefect server exited while starting.{_last_words()}")
        time.sleep(0.05)
    raise RunError(f"the local Prefect server did not answer within {START_SECONDS:.0f} seconds.{_last_words()}")


def stop_server() -> bool:
    """End the local server and wait until it has ended; False if there was none.

    Raises:
        RunError: another command is using it.
    """
    folder = prefect_home()
    if not folder.exists():
        return False
    with locked(folder / "start.lock"):
        server = _recorded(folder)
        if server is None:
            return False
        if _used_by_others(folder):
            raise RunError("the local Prefect server is in use by another descent command; stop that first")
        _end(folder, server)
    return True


def running_server() -> Server | None:
    """The local server, if one lives; none is started, and the life of one is not prolonged."""
    folder = prefect_home()
    if not folder.exists():
        return None
    with locked(folder / "start.lock"):
        return _recorded(folder)


def _spawn(folder: Path, held: int) -> Server:
    idle = 60 * idle_minutes()
    with _listen(_previous_port(folder)) as listener, server_log().open("wb") as log:
        (folder / RECORD).unlink(missing_ok=True)
        api_url = f"http://127.0.0.1:{listener.getsockname()[1]}/api"
        inherited = listener.fileno(), held
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "descent.flows.prefect_server.process", *map(str, (*inherited, idle))],
            env=_environment(folder, api_url),
            cwd=folder,  # where no .env, prefect.toml or pyproject.toml of the user lies
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=inherited,
            start_new_session=True,  # Ctrl-C in the terminal is not meant for it
        )
    process.returncode = 0  # it outlives this process on purpose; without this, Popen warns at its deletion
    return Server(api_url, process.pid, True, version("prefect"), time.time())


def _environment(folder: Path, api_url: str) -> dict[str, str]:
    url = api_url.removesuffix("/api")
    mine = {name: value for name, value in os.environ.items() if name not in ("PREFECT_API_URL", "PREFECT_PROFILE")}
    return (
        PRIVATE
        | mine
        | {
            "PREFECT_HOME": str(folder),
            "PREFECT_PROFILES_PATH": str(folder / "profiles.toml"),
            "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
            "PREFECT_SERVER_UI_API_URL": api_url,
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": f"{url},{url.replace('127.0.0.1', 'localhost')}",
            # The console handler is silenced for commands; here it is the log file.
            "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "WARNING",
        }
    )


def idle_minutes() -> float:
    """Minutes without use after which the local server ends: ``DESCENT_SERVER_IDLE_MINUTES``, else 30."""
    text = os.environ.get("DESCENT_SERVER_IDLE_MINUTES", "")
    try:
        minutes = float(text) if text else IDLE_MINUTES
    except ValueError:
        minutes = 0.0
    if not minutes > 0:
        raise UsageError(f"DESCENT_SERVER_IDLE_MINUTES is {text!r}: must be a number of minutes above 0")
    return minutes


def _listen(port: int) -> socket.socket:
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError as error:
        if port == 0 or error.errno != errno.EADDRINUSE:
            raise
        return socket.create_server(("127.0.0.1", 0))


def _previous_port(folder: Path) -> int:
    """The port of the server before, so that bookmarks stay true; 0, any free one, if there was none."""
    try:
        return int(json.loads((folder / RECORD).read_text(encoding="utf-8"))["port"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _recorded(folder: Path) -> Server | None:
    """The living server, as it says itself in its first moments; None if none lives. Under ``start.lock``."""
    while not is_free(folder / "server.lock"):
        with suppress(FileNotFoundError):
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            since = (folder / RECORD).stat().st_mtime
            return Server(f"http://127.0.0.1:{record['port']}/api", record["pid"], False, record["prefect"], since)
        time.sleep(0.01)
    return None


def _use(folder: Path) -> None:
    if folder not in _in_use:
        descriptor = lock(folder / "in-use.lock", shared=True)
        assert descriptor is not None
        _in_use[folder] = descriptor


def release() -> None:
    """Let local servers end, as the end of this process would."""
    while _in_use:
        os.close(_in_use.popitem()[1])


def _used_by_others(folder: Path) -> bool:
    """Whether another process holds ``in-use.lock``; this one's own share is given back for the look."""
    mine = _in_use.pop(folder, None)
    if mine is not None:
        os.close(mine)
    used = not is_free(folder / "in-use.lock")
    if mine is not None:
        _use(folder)
    return used


def _end(folder: Path, server: Server) -> None:
    assert server.pid is not None
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.kill(server.pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if is_free(folder / "server.lock"):
                return
            time.sleep(0.02)
    raise RunError(f"the local Prefect server (process {server.pid}) does not stop")


def _last_words() -> str:
    try:
        words = server_log().read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
    except OSError:
        words = []
    return "\n".join([f" Its log: {server_log()}", *(f"  {line}" for line in words)])
