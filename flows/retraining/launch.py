"""Running a retraining from a terminal or from Python."""

import logging
from typing import TYPE_CHECKING

from schemas import ExperimentConfig

from .. import recording, store
from ..connection import connect, session, wait_connected
from ..progress import Logged, display
from ..quiet import quiet

if TYPE_CHECKING:
    from .outcome import Retrained


def retrain(config: ExperimentConfig, *, verbose: bool = False) -> "Retrained":
    """Run the flow `retrain` here and now, as a worker would: what goes wrong is a failed flow run, and is notified.

    Raises:
        ConfigError, DataError: the configuration or the fresh data are at fault.
        RunError: the run failed.
    """
    quiet(verbose)
    server = connect()
    recording.prestart()
    try:
        store.reach_server()
        wait_connected(server)
        say = display(otherwise=Logged(logging.getLogger(__name__).warning)).stage
        with session(server, say):
            from ..retrain import retrain as flow

            return flow(config)
    finally:
        recording.discard()
