"""The recording process: it drains an outbox into MLflow, and draws, one thing after another.

Started early, it imports MLflow while others read the table. It keeps nothing that is not in the outbox, so that one
that takes the place of another that died goes on from there. It imports this module first, which must therefore stay
light: neither pandas nor Prefect.
"""

import gc
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from descent.flows.machine.locks import lock
from descent.flows.tracking import store
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.sender import Delivery, Sender
from descent.flows.tracking.system import Sampler
from descent.flows.workers.pool import Processes

# Warnings of MLflow's are for whoever calls it, and that is this package. So are retries: a request that MLflow sends
# again by itself, because the answer was lost, makes a second run.
ENVIRONMENT = {"PYTHONWARNINGS": "ignore", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}

NICE = 5
"""How far recording gives way: a worker that trains on the same processor gets three quarters of it."""

_ready: ContextVar[Processes | None] = ContextVar("ready", default=None)


@contextmanager
def ready() -> Iterator[None]:
    """Start a recording process for the `Recorder` inside: a mistake in the table need not wait for MLflow's import."""
    process = started()
    token = _ready.set(process)
    try:
        yield
    finally:
        _ready.reset(token)
        process.shutdown(kill_workers=True)


def started() -> Processes:
    """The recording process that is ready, or a new one; whoever takes it ends it."""
    return _ready.get() or Processes(1, ENVIRONMENT, warm_up)


# What follows runs in the recording process.


def warm_up() -> None:
    """Import what will be needed and open the store, while others work."""
    os.nice(NICE)
    gc.disable()  # a tenth of the time goes into collecting what imports keep anyway
    import mlflow.pyfunc  # noqa: F401 - all of MLflow that will be needed

    gc.freeze()
    gc.enable()
    uri = store.tracking_uri()
    if not uri.startswith("http"):  # a server may be slow, and is asked when the run begins
        store.prepare(uri)
        store.client_of(uri)


def begin(folder: Path, watch: bool) -> store.Handle:
    """Begin the parent run of an outbox; ``watch`` the machine until `finish`."""
    if watch:
        _watch()
    return _sender(folder).begin()


def drain(folder: Path) -> None:
    """Send what is there, as far as MLflow takes it now."""
    if folder.exists():
        _sender(folder).drain()


def finish(folder: Path, watch: bool) -> tuple[Delivery, float]:
    """Send all of it; also gives the processor time of this process in seconds."""
    if not folder.exists():  # a process sent it all, and died before it could say so
        return Delivery(None), time.process_time()
    sender = _sender(folder)
    if watch:
        sender.outbox.observe(_watch().stop())
    return sender.finish(), time.process_time()


_watch = cache(Sampler)


@cache
def _sender(folder: Path) -> Sender:
    """The sender of an outbox, alone until this process ends: that of a command that was killed lives a moment longer,
    in which it could make runs that this one would not see and make again."""
    lock(folder / "sending")
    return Sender(Outbox(folder))
