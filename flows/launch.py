"""Running an experiment from a terminal or from Python: the server, the environment, the first look at the table."""

import gc
import logging
from typing import TYPE_CHECKING

from schemas import ExperimentConfig, ExperimentResult

from . import recording, store
from .connection import connect, session, wait_connected
from .progress import Logged, display
from .quiet import quiet
from .space import refuse_full_disk

if TYPE_CHECKING:
    import pandas as pd


def run_experiment(
    config: ExperimentConfig, *, table: "pd.DataFrame | None" = None, fresh: bool = False, verbose: bool = False
) -> ExperimentResult:
    """Run an experiment, with a local Prefect server unless ``PREFECT_API_URL`` names another.

    The table is read and checked while the server starts, so a mistake is told at once; the flow finds it read.
    A DataFrame given as ``table`` is used in place of ``data.source``, which is then no more than its name. What a run
    of the same before has trained is not trained again unless it is to be ``fresh``.

    Raises:
        ConfigError, DataError: the configuration or the table is at fault.
        RunError: the run failed.
    """
    quiet(verbose)
    server = connect()
    gc.disable()  # a tenth of the time of the imports below would go into collecting what they keep anyway
    # MLflow's import takes as long as pandas', scikit-learn's and Prefect's here, and there is a processor to spare.
    recording.prestart()
    try:
        from . import inputs

        with inputs.given_table(inputs.table_of(table, config)):
            read = inputs.load(config)
            inputs.pose(config, read)
            refuse_full_disk(int(read.frame.memory_usage().sum()))
            store.reach_server()
            wait_connected(server)
            say = display(otherwise=Logged(logging.getLogger(__name__).warning)).stage
            with session(server, say):
                from .experiment import run_experiment as flow

                gc.enable()
                return flow(config, fresh=fresh)
    finally:
        gc.enable()
        recording.discard()
