"""Processes of this machine that work for a command and end with it; `flows.workers.pool` gives them work."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# One BLAS thread each: the matrices are small and the processes already fill the cores.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"), "1")

FOR_THE_PARENT = (signal.SIGINT, signal.SIGTERM)


def count_workers(setting: str | int) -> int:
    """Number of training processes: the setting, or for ``"auto"`` the processors this process may use."""
    from joblib.externals.loky import cpu_count

    return int(cpu_count()) if setting == "auto" else int(setting)


def belong_to(parent: int) -> None:
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


def _begin(parent: int) -> None:
    """loky replaces a worker that grew by 300 MB since its first call, taking it for a leak; here it is imports and the
    rows it trains on."""
    from joblib.externals.loky import process_executor

    belong_to(parent)
    process_executor._MAX_MEMORY_LEAK_SIZE = sys.maxsize


def import_ml() -> None:
    """What a training process does first, while others read the table."""
    import descent.ml.chunks
    import descent.ml.fleets.resuming  # noqa: F401 - to have it imported is all that is wanted


def start(count: int, environment: dict[str, str]) -> Any:
    """A loky executor over ``count`` fresh processes with some variables set.

    loky rather than ``multiprocessing``: it does not import the caller's main module again, so a user's script needs
    no ``if __name__ == "__main__"``, and a process killed from outside is an error here and not a hang.
    """
    from joblib.externals.loky import ProcessPoolExecutor

    with _born_deaf():
        executor = ProcessPoolExecutor(
            max_workers=count, initializer=_begin, initargs=(os.getpid(),), env=environment
        )  # fmt: skip
        executor.submit(os.getpid)  # the first call starts them all
    return executor


@contextmanager
def _born_deaf() -> Iterator[None]:
    """Processes started here do not hear the parent's signals until `belong_to` ignores them.

    Ctrl-C during a worker's imports would end it with a traceback; the mask of signals is inherited, a handler is not.
    """
    from joblib.externals.loky.backend import resource_tracker

    resource_tracker.ensure_running()  # it unblocks these signals where it is started
    before = signal.pthread_sigmask(signal.SIG_BLOCK, FOR_THE_PARENT)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
