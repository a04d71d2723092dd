"""The recording process: it drains an outbox (`flows.tracking.drain`) and draws, one thing after another.

Started early, it imports MLflow while others read the table. It keeps nothing that is not in the outbox, so that one
that takes the place of another that died goes on from there.
"""

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from multiprocessing import Pipe
from typing import Any

from descent.flows.errors import RunError

ATTEMPTS = 3
"""How many processes may die of the same request."""
# Warnings of MLflow's are for whoever calls it, and that is this package. So are retries: a request that MLflow sends
# again by itself, because the answer was lost, makes a second run.
ENVIRONMENT = {"PYTHONWARNINGS": "ignore", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


class Process:
    """The recording process, seen from the command; ``say`` gets a line for every death."""

    def __init__(self) -> None:
        self.say: Callable[[str], None] = logging.getLogger(__name__).warning
        self._closed = False
        self._start()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recording")

    def ask(self, what: str | Callable[..., Any], *args: Any) -> "Future[Any]":
        """Call a method of `drain.Drain` or any function there, after what was asked before.

        What three processes have died of raises `RunError`.
        """
        return self._thread.submit(self._ask, what, args)

    def close(self, *, kill: bool = False) -> None:
        """End it after what was asked; with ``kill`` at once."""
        self._closed = kill
        if kill:
            self._process.kill()
        self._thread.shutdown(wait=True, cancel_futures=kill)
        self._connection.close()  # which tells it to end
        self._process.wait()

    def _start(self) -> None:
        self._connection, theirs = Pipe()
        command = [sys.executable, "-P", "-m", "descent.flows.tracking.drain", str(theirs.fileno()), str(os.getpid())]
        with theirs:
            # In a group of its own, which neither Ctrl-C nor the SIGTERM of a Prefect worker reaches. Not in a session:
            # Linux shares processors out between sessions first, and it would not give way to those that train.
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()], env=os.environ | ENVIRONMENT,
                process_group=0,
            )  # fmt: skip

    def _ask(self, what: str | Callable[..., Any], args: tuple[Any, ...]) -> Any:
        name = (what if isinstance(what, str) else what.__name__).replace("_", " ")
        for attempt in range(1, ATTEMPTS + 1):
            try:
                self._connection.send((what, args))
                answer = self._connection.recv()
            except (EOFError, ConnectionError):
                code = self._process.wait()
                if self._closed:
                    raise
                cause = signal.Signals(-code).name if code < 0 else f"exit code {code}"
                again = "; it begins again in a new one" if attempt < ATTEMPTS else f", for the {ATTEMPTS}rd time"
                self.say(f"the process for {name} was ended from outside ({cause}){again}")
                self._connection.close()
                self._start()
                continue
            if isinstance(answer, BaseException):
                raise answer
            return answer
        raise RunError(f"the process for {name} was ended from outside {ATTEMPTS} times ({cause}). Is there memory?")


_ready: ContextVar[list[Process] | None] = ContextVar("ready", default=None)


@contextmanager
def ready() -> Iterator[None]:
    """Start a recording process for the `Recorder` inside; one that nobody took ends with the context.

    At once: a mistake in the table need not wait for an import of MLflow.
    """
    waiting = [Process()]
    token = _ready.set(waiting)
    try:
        yield
    finally:
        _ready.reset(token)
        for process in waiting:
            process.close(kill=True)


def take() -> Process:
    """The recording process that is ready, or a new one; whoever takes it closes it."""
    waiting = _ready.get()
    return waiting.pop() if waiting else Process()
