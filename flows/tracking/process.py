"""The recording process: started early, it imports MLflow while others read the table.

This module is what that process imports first, so it must stay light: neither pandas nor Prefect.
"""

import threading
import time
from pathlib import Path

from descent.flows.machine.locks import lock
from descent.flows.tracking import client, store
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.sender import Delivery, Sender
from descent.flows.tracking.system import Watch
from descent.flows.workers.pool import Processes

_started: list[Processes] = []

ONCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}
"""The environment of whoever runs a `Sender`."""


def prestart() -> Processes:
    """Start the recording process and let it import MLflow; gives its executor, the same until it is taken."""
    if not _started:
        # Warnings of MLflow's are for whoever calls it, and that is this package. So are retries: a request that MLflow
        # sends again by itself, because the answer was lost, makes a second run.
        _started.append(Processes(1, {"PYTHONWARNINGS": "ignore", **ONCE}, warm_up))
    return _started[0]


def take() -> Processes:
    """The executor, started if need be; the next `prestart` starts another."""
    executor = prestart()
    _started.clear()
    return executor


def discard() -> None:
    """End a recording process that nobody has taken: a mistake in the table need not wait for an import.

    loky's thread may still be counting the process that is killed, and would print a KeyError about it.
    """
    hook = threading.excepthook
    threading.excepthook = _unless_of_loky
    try:
        while _started:
            _started.pop().shutdown(wait=True, kill_workers=True)
    finally:
        threading.excepthook = hook


def _unless_of_loky(failure: threading.ExceptHookArgs) -> None:
    if failure.thread is None or failure.thread.name != "ExecutorManagerThread":
        threading.__excepthook__(failure)


# What follows runs in the recording process. It keeps nothing that is not in the outbox: one that takes the place of a
# process that died goes on from there. Nobody has to wait for a run to begin.
_senders: dict[Path, Sender | None] = {}
"""By outbox; None where the beginning failed, which whoever began it is told."""
_alone: dict[Path, int | None] = {}
_watch: list[Watch] = []


def warm_up() -> None:
    """Import what will be needed and open the store, while others work."""
    import gc

    gc.disable()  # a tenth of the time goes into collecting what imports keep anyway
    import matplotlib.figure  # noqa: F401 - drawing happens in this process as well

    client.import_mlflow()
    gc.freeze()
    gc.enable()
    uri = store.tracking_uri()
    if not uri.startswith("http"):  # a server may be slow, and is asked when the run begins
        store.prepare(uri)
        client.client_of(uri)


def begin(folder: Path, watch: bool) -> client.Handle:
    """Begin the parent run of an outbox, which `drain` then sends; ``watch`` the machine until `finish`."""
    if watch:
        _watch.append(Watch())
    _senders[folder] = None
    sender = _open(folder)
    handle = sender.begin()
    _senders[folder] = sender
    return handle


def drain(folder: Path) -> None:
    """Send what is in the outbox, as far as MLflow takes it now."""
    if (sender := _sender(folder)) is not None:
        sender.drain()


def finish(folder: Path) -> tuple[Delivery, float]:
    """Send all of it; also gives the processor time of this process in seconds."""
    sender = _sender(folder) if folder.exists() else None
    if sender is None:  # a process sent it all, and died before it could say so
        return Delivery(None), time.process_time()
    if _watch:
        sender.outbox.observe(_watch.pop().stop())
    delivery = sender.finish()
    del _senders[folder]
    return delivery, time.process_time()


def end(folder: Path) -> None:
    """Tell MLflow that the run ended early."""
    drain(folder)
    del _senders[folder]


def _sender(folder: Path) -> Sender | None:
    if folder not in _senders:
        _senders[folder] = _open(folder)
    return _senders[folder]


def _open(folder: Path) -> Sender:
    """The sender of an outbox, alone: the recording process of a command that was killed lives a moment longer, in
    which it could make runs that this one would not see and make again."""
    if folder not in _alone:
        _alone[folder] = lock(folder / "sending")
    return Sender(Outbox(folder), gives_way=True)
