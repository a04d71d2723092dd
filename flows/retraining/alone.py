"""One retraining of a registered model at a time, on whatever machine and by whatever deployment; and not for ever."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.utilities.timeout import timeout

from descent.flows.errors import RunError


def limit_name(name: str) -> str:
    """The Prefect concurrency limit of a registered model."""
    return f"descent-retrain-{re.sub(r'[^A-Za-z0-9_.-]+', '-', name)}"


@contextmanager
def alone(name: str, say: Callable[[str], None]) -> Iterator[None]:
    """Wait until no other retraining of the registered model runs, and keep others waiting.

    The Prefect server holds the place for a few minutes at a time and gives it to the next if this process is gone.
    """
    limit = limit_name(name)
    with get_client(sync_client=True) as client:
        client.upsert_global_concurrency_limit_by_name(limit, 1)
    say(f"one retraining of {name} at a time ({limit})")
    with concurrency(limit, occupy=1, strict=True, lease_duration=120):
        yield


@contextmanager
def deadline(minutes: float) -> Iterator[None]:
    """End what runs inside after so many minutes.

    Raises:
        RunError: it took longer.
    """
    try:
        with timeout(60 * minutes, timeout_exc_type=_TooLongError):
            yield
    except _TooLongError:
        raise RunError(f"not done after {minutes:g} minutes (retrain.minutes): the retraining was stopped") from None


class _TooLongError(TimeoutError):
    pass
