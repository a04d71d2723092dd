"""Sending what waits in this folder's outboxes: ``descent sync``."""

import os
from collections.abc import Callable

from descent.flows.machine.locks import locked
from descent.flows.machine.reachable import is_there
from descent.flows.tracking import process
from descent.flows.tracking.outbox import Outbox, waiting
from descent.flows.tracking.sender import Sender


def unsent() -> list[Outbox]:
    """Outboxes that no command is filling or sending."""
    found = []
    for outbox in waiting():
        if outbox.hold():
            outbox.release()
            found.append(outbox)
    return found


def sync(say: Callable[[str], None]) -> bool:
    """Send every outbox whose command has ended, oldest first; returns whether MLflow has everything now."""
    os.environ |= process.ENVIRONMENT
    boxes = waiting()
    if not boxes:
        say("nothing to send: MLflow has every run of this folder")
    silent: set[str] = set()
    complete = True
    for outbox in boxes:
        if not outbox.hold():
            say(f"{outbox.key}: still running; its own command sends it")
            continue
        try:
            reason = _send(outbox, silent)
        finally:
            outbox.release()
        complete &= reason is None
        say(f"{outbox.key}: {'sent' if reason is None else f'not sent: {reason}'}")
    return complete


def _send(outbox: Outbox, silent: set[str]) -> str | None:
    """Send one outbox; the reason if that failed. ``silent``: stores that did not answer, which are not asked again."""
    uri = outbox.beginning().tracking_uri
    if uri in silent or not is_there(uri):
        silent.add(uri)
        return f"nothing answers at {uri}"
    with locked(outbox.folder / "sending"):
        return Sender(outbox).abandon().reason
