"""Running a flow from a terminal or from Python: the server, the environment, the first look at the table."""

import gc
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any

from descent.flows.errors import RunError
from descent.flows.machine.disk import refuse_full_disk
from descent.flows.machine.environment import give_up, quiet
from descent.flows.machine.home import server_log
from descent.flows.machine.reachable import is_there
from descent.flows.prefect_server.connection import connected, session, wait_connected
from descent.flows.prefect_server.server import Server
from descent.flows.run.progress import Logged, display
from descent.flows.tracking import process, store
from descent.schemas import ExperimentConfig, ExperimentResult

if TYPE_CHECKING:
    import pandas as pd
    from prefect import Flow

    from descent.flows.retraining.outcome import Retrained


def run_experiment(
    config: ExperimentConfig, *, table: "pd.DataFrame | None" = None, fresh: bool = False, verbose: bool = False
) -> ExperimentResult:
    """Run an experiment, with a local Prefect server unless ``PREFECT_API_URL`` names another.

    The table is read and checked while the server starts, so a mistake is told at once; the flow is given it.
    A DataFrame given as ``table`` is used in place of ``data.source``, which is then no more than its name. What a run
    of the same before has trained is not trained again unless it is to be ``fresh``.

    Raises:
        ConfigError, DataError: the configuration or the table is at fault.
        RunError: the run failed.
    """
    quiet(verbose)
    with connected() as server, process.ready(), _uncollected():
        from descent.flows.table.question import ask

        posed = ask(config, table)
        refuse_full_disk(posed.bytes)
        store.reach_server()
        if not server.is_local:
            wait_connected(server)  # one that is not there is said at once
        # Half of the start-up is this import of Prefect and scikit-learn, and a new local server takes as long.
        from descent.flows.experiment import flow_over

        gc.enable()
        wait_connected(server)
        say = display(otherwise=Logged(logging.getLogger(__name__).warning)).stage
        with session(server, say):
            return _run(flow_over(posed), server, say, config, fresh)


@contextmanager
def _uncollected() -> Iterator[None]:
    """A tenth of the time of imports would go into collecting what they keep anyway."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def retrain(config: ExperimentConfig, *, verbose: bool = False) -> "Retrained":
    """Run the flow `retrain` here and now, as a worker would: what goes wrong is a failed flow run, and is notified.

    Raises:
        ConfigError, DataError: the configuration or the fresh data are at fault.
        RunError: the run failed.
    """
    quiet(verbose)
    with connected() as server, process.ready():
        store.reach_server()
        wait_connected(server)
        say = display(otherwise=Logged(logging.getLogger(__name__).warning)).stage
        with session(server, say):
            from descent.flows.retrain import retrain as flow

            return flow(config)


def _run(
    flow: "Flow[..., ExperimentResult]",
    server: Server,
    say: Callable[[str], None],
    config: ExperimentConfig,
    fresh: bool,
) -> ExperimentResult:
    """Run the flow, which is ours alone. Whether Prefect's server hears of how it ended changes nothing about that."""
    import httpx

    made: list[ExperimentResult] = []
    failed: list[BaseException] = []
    own = flow.fn

    @wraps(own)
    def kept(config: ExperimentConfig, fresh: bool) -> Any:
        try:
            made.append(own(config, fresh))
        except BaseException as error:
            failed.append(error)
            raise
        return None  # Prefect would look for futures in every field of the result

    flow.fn = kept
    try:
        flow(config, fresh)
        return made[0]
    except httpx.HTTPError as error:
        if not is_there(server.url):
            give_up()
        if failed and failed[0] is not error:
            raise failed[0] from None
        reason = f"the Prefect server at {server.url} can no longer be used: {str(error).splitlines()[0]}"
        if not made:
            if server.is_local:
                refuse_full_disk(0)  # its database is there as well
            remedy = f"Its log: {server_log()}" if server.is_local else "Unset PREFECT_API_URL to use a local one"
            raise RunError(f"{reason}. Run again when it is available. {remedy}") from error
        say(f"{reason}. The run is complete; only its page there does not show it")
        return made[0]
