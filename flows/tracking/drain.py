"""What the recording process does: ``python -m descent.flows.tracking.drain CONNECTION PARENT``.

It imports this module first, which must therefore stay light: neither pandas nor Prefect.
"""

import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

from descent.flows.errors import RunError
from descent.flows.machine.locks import lock
from descent.flows.tracking import client, store
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.sender import Delivery, Sender, first_line
from descent.flows.tracking.system import Sampler
from descent.flows.workers.processes import belong_to


class Drain:
    """Drains one outbox. It need not have begun what it finishes: another process may have, and died."""

    def __init__(self) -> None:
        self._sender: Sender | None = None
        self._watch: Sampler | None = None

    def begin(self, folder: Path, watch: bool) -> client.Handle:
        """Begin the parent run of an outbox; ``watch`` the machine until `finish`."""
        self._watch = Sampler() if watch else None
        return self._sending(folder).begin()

    def drain(self, folder: Path) -> None:
        """Send what is there, as far as MLflow takes it now."""
        if folder.exists():
            self._sending(folder).drain()

    def finish(self, folder: Path) -> tuple[Delivery, float]:
        """Send all of it; also gives the processor time of this process in seconds."""
        if not folder.exists():  # a process sent it all, and died before it could say so
            return Delivery(None), time.process_time()
        sender = self._sending(folder)
        if self._watch is not None:
            sender.outbox.observe(self._watch.stop())
        return sender.finish(), time.process_time()

    def _sending(self, folder: Path) -> Sender:
        """The sender of the outbox, alone until this process ends: that of a command that was killed lives a moment
        longer, in which it could make runs that this one would not see and make again."""
        if self._sender is None:
            lock(folder / "sending")
            self._sender = Sender(Outbox(folder), gives_way=True)
        return self._sender


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


def main(connection: Connection, parent: int) -> None:
    """Answer the parent until it closes the connection, or is gone."""
    belong_to(parent)
    warm_up()
    drain = Drain()
    while True:
        try:
            what, args = connection.recv()
        except (EOFError, ConnectionError):
            return
        try:
            answer = (getattr(drain, what) if isinstance(what, str) else what)(*args)
        except Exception as error:  # noqa: BLE001 - the parent raises it
            answer = error
        try:
            connection.send(answer)
        except (TypeError, AttributeError, ValueError):  # an error that cannot be pickled
            connection.send(RunError(first_line(answer)))


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])), int(sys.argv[2]))
