"""Draining an outbox into MLflow, beside the training or after it, as often as it takes."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from descent.flows.errors import RunError, first_line
from descent.flows.machine.reachable import is_there
from descent.flows.tracking import runs
from descent.flows.tracking.outbox import Outbox
from descent.flows.tracking.records import KILLED, Ending
from descent.flows.tracking.runs import Known
from descent.flows.tracking.store import Handle

LAST_ATTEMPTS = (0.0, 1.0, 2.0, 4.0)
"""Pauses before the further attempts at the end of a run."""

PATIENCE = 30.0
"""Seconds after which the end of a run makes no further attempt; one of them lasts as long as a request may."""


@dataclass(frozen=True)
class Delivery:
    """How far an outbox was drained. ``reason`` says why not all of it; None when MLflow has everything."""

    handle: Handle | None
    model_uri: str | None = None
    reason: str | None = None


class Sender:
    """Sends one outbox. After a failure it begins anew: MLflow is asked what it has, so nothing is made twice."""

    def __init__(self, outbox: Outbox) -> None:
        self.outbox = outbox
        self.handle: Handle | None = None
        self._sent = 0
        self._there: Known | None = None

    def begin(self) -> Handle:
        """Begin the parent run; gives a handle without ids where the server cannot answer now: `drain` begins it then.

        That is one that has just gone away, or one whose database has: it answers 503, or 500.

        Raises:
            RunError: MLflow refuses it, or cannot be used.
        """
        try:
            return self._begin()
        except RunError:
            raise
        except Exception as error:  # each kind of store has its driver, and each driver its errors
            uri = self.outbox.beginning().tracking_uri
            if uri.startswith(("http://", "https://")) and (_has_failed(error) or not is_there(uri)):
                return Handle(uri, "", "")
            raise RunError(f"MLflow at {uri} cannot be used: {first_line(error)}") from error

    def drain(self) -> Delivery:
        """Send what is there and not sent; at once again where that fails, as a connection that idled may be closed."""
        return self._attempt((0.0,))

    def finish(self) -> Delivery:
        """Send everything; with pauses and further attempts where that fails."""
        return self._attempt(LAST_ATTEMPTS)

    def abandon(self) -> Delivery:
        """Send what a command has left; a run that it left without a word is marked as killed."""
        delivery = self.finish()
        if delivery.reason is None and self.outbox.folder.exists():
            self.outbox.end(Ending(KILLED, "the command was killed"))
            delivery = self.finish()
        return delivery

    def _attempt(self, pauses: Sequence[float]) -> Delivery:
        """Send until it succeeds, with these pauses between attempts."""
        began, last, reason = time.monotonic(), self.handle, ""
        for pause in (*pauses, PATIENCE):
            try:
                uri = self._drain()
                return Delivery(self.handle, uri)
            except Exception as error:  # noqa: BLE001 - whatever it is, the records are kept and the reason is said
                reason, last = first_line(error), self.handle or last
                self.handle, self._sent, self._there = None, 0, None
            if time.monotonic() - began + pause >= PATIENCE:
                break
            time.sleep(pause)
        return Delivery(last, reason=reason)

    def _begin(self) -> Handle:
        self.handle = runs.begin(self.outbox.beginning())
        return self.handle

    def _drain(self) -> str | None:
        """Send; returns the model's URI if this was the end."""
        handle = self.handle or self._begin()
        ending = self.outbox.ending()
        if ending is not None and ending.status == KILLED:  # what has not been sent goes with it
            self._end(handle, ending)
            return None
        if self._there is None:
            self._there = runs.known(handle, self.outbox.key)
        beginning = self.outbox.beginning()
        for number, variants in self.outbox.batches(self._sent):
            runs.log_variants(handle, beginning, variants, self._there)
            self._sent = number
        if ending is not None:  # the run failed: what was tried is an outcome
            self._end(handle, ending)
            return None
        outcome = self.outbox.outcome()
        if outcome is None:
            return None
        uri = runs.finish(handle, outcome, self.outbox.artifacts, self.outbox.model, self.outbox.observed())
        self.outbox.remove()
        return uri

    def _end(self, handle: Handle, ending: Ending) -> None:
        runs.end(handle, ending)
        self.outbox.remove()


def _has_failed(error: Exception) -> bool:
    """Whether an error of MLflow's says that its server could not do what it was asked, rather than would not."""
    status = getattr(error, "get_http_status_code", None)
    return status is not None and status() >= 500
