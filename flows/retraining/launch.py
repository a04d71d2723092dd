"""Running a retraining from a terminal or from Python."""

import logging
from typing import TYPE_CHECKING

from descent.flows.machine.environment import quiet
from descent.flows.prefect_server.connection import connect, session, wait_connected
from descent.flows.run.progress import Logged, display
from descent.flows.tracking import process, store
from descent.schemas import ExperimentConfig

if TYPE_CHECKING:
    from descent.flows.retraining.outcome import Retrained


def retrain(config: ExperimentConfig, *, verbose: bool = False) -> "Retrained":
    """Run the flow `retrain` here and now, as a worker would: what goes wrong is a failed flow run, and is notified.

    Raises:
        ConfigError, DataError: the configuration or the fresh data are at fault.
        RunError: the run failed.
    """
    quiet(verbose)
    server = connect()
    process.prestart()
    try:
        store.reach_server()
        wait_connected(server)
        say = display(otherwise=Logged(logging.getLogger(__name__).warning)).stage
        with session(server, say):
            from descent.flows.retrain import retrain as flow

            return flow(config)
    finally:
        process.discard()
