"""Processes of this machine that call functions for a command, and end with it; `flows.workers.pool` gives them work.

Each is ``python -m descent.flows.workers.processes CONNECTION PARENT``. Not ``multiprocessing``, whose processes import
the caller's main module again, so that a user's script would need ``if __name__ == "__main__"``.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from traceback import format_exc
from typing import Any

# One BLAS thread each: the matrices are small and the processes already fill the cores.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")
FOR_THE_PARENT = (signal.SIGINT, signal.SIGTERM)


def count_workers(setting: str | int) -> int:
    """Number of training processes: the setting, or for ``"auto"`` the processors this process may use."""
    from joblib import cpu_count

    return int(cpu_count()) if setting == "auto" else int(setting)


def import_ml() -> None:
    """What a training process does first, while others read the table."""
    import descent.ml.chunks
    import descent.ml.fleets.resuming  # noqa: F401 - to have it imported is all that is wanted


class DiedError(Exception):
    """A process has ended; the message says of what, such as ``SIGKILL``."""


class Process:
    """A process with some environment variables set, which calls ``first`` and then what it is told, one by one."""

    def __init__(self, environment: Mapping[str, str], first: Callable[[], object]) -> None:
        self._connection, theirs = Pipe()
        arguments = ["descent.flows.workers.processes", str(theirs.fileno()), str(os.getpid())]
        with theirs, _born_deaf():
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", *arguments],
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                env=os.environ | environment,
            )
        self._connection.send(sys.path)
        self._connection.send(first)

    def call(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """What the function gives or raises there; `DiedError` if the process has ended."""
        try:
            self._connection.send((function, args, kwargs))
            succeeded, answer = self._connection.recv()
        except (EOFError, OSError):
            code = self._process.wait()
            raise DiedError(signal.Signals(-code).name if code < 0 else f"exit code {code}") from None
        if succeeded:
            return answer
        error, traceback = answer
        raise error from RuntimeError(traceback)

    def end(self, *, kill: bool = False) -> None:
        """End it, which must be idle unless ``kill``; return when it has ended."""
        if kill:
            self._process.kill()
        else:
            self._connection.close()
        self._process.wait()


@contextmanager
def _born_deaf() -> Iterator[None]:
    """Processes started here do not hear the parent's signals until they ignore them.

    Ctrl-C during a worker's imports would end it with a traceback; the mask of signals is inherited, a handler is not.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_PARENT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _belong_to(parent: int) -> None:
    """Ctrl-C, and SIGTERM from a Prefect worker, reach the whole process group; the parent decides what they mean.

    A parent that was killed decides nothing any more: then the worker ends, in the middle of whatever it trains.
    """
    for number in FOR_THE_PARENT:
        signal.signal(number, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, name="parent watch", daemon=True).start()


def _answer(work: bytes) -> bytes:
    try:
        function, args, kwargs = pickle.loads(work)
        return pickle.dumps((True, function(*args, **kwargs)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:  # noqa: BLE001 - the parent raises it
        text = format_exc()
        with suppress(Exception):
            return pickle.dumps((False, (error, text)))
        return pickle.dumps((False, (RuntimeError(f"{type(error).__name__}: {error}"), text)))  # it cannot be pickled


def _main(connection: Connection, parent: int) -> None:
    """Answer until the parent closes the connection."""
    _belong_to(parent)
    with suppress(EOFError, OSError):
        sys.path[:] = connection.recv()
        first = connection.recv()
        with suppress(Exception):  # whatever it is will be met again, by whoever needs it
            first()
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))


if __name__ == "__main__":
    _main(Connection(int(sys.argv[1])), int(sys.argv[2]))
