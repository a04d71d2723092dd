"""The recording process: started early, it imports MLflow while others read the table.

This module is what that process imports first, so it must stay light: neither pandas nor Prefect.
"""

from typing import Any

from . import tracking
from .workers import start

_started: list[Any] = []


def prestart() -> Any:
    """Start the recording process and let it import MLflow; gives its executor, the same until it is taken."""
    if not _started:
        # Warnings of MLflow's are for whoever calls it, and that is this package.
        _started.append(start(1, {"PYTHONWARNINGS": "ignore"}))
        _started[0].submit(tracking.warm_up)
    return _started[0]


def take() -> Any:
    """The executor, started if need be; the next `prestart` starts another."""
    executor = prestart()
    _started.clear()
    return executor


def discard() -> None:
    """End a recording process that nobody has taken: a mistake in the table need not wait for an import."""
    while _started:
        _started.pop().shutdown(wait=True, kill_workers=True)


# What follows runs in the recording process, which knows its parent run: so nobody has to wait for it to begin.
_begun: list[tracking.Handle] = []


def begin(*args: Any, **kwargs: Any) -> tracking.Handle:
    """Begin the parent run; see `tracking.start_experiment`."""
    _begun.append(tracking.start_experiment(*args, **kwargs))
    return _begun[-1]


def add(records: list[tracking.VariantRecord]) -> None:
    """Record variants as runs nested in the parent that was begun."""
    if _begun:  # else the beginning failed, which whoever began it is told
        tracking.log_variants(_begun[-1], records)
