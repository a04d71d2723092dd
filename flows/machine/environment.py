"""The environment of Prefect and MLflow: silent, private, nobody else's settings. A variable that the user has set
stays."""

import gc
import logging
import os
import sys
from typing import NoReturn

from descent.flows.machine.home import home, make_home, prefect_home

# Neither library reports home, asks for news or advertises.
PRIVATE = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_DISABLE_AGENT_HINT": "true",
    "MLFLOW_MODEL_CATALOG_URI": "",  # a list of language models, else fetched from GitHub
    "MLFLOW_RECORD_ENV_VARS_IN_MODEL_LOGGING": "false",
    "MLFLOW_UV_AUTO_DETECT": "false",  # else the user's own project becomes the model's requirements
}

# Logs go to Prefect's UI, not to the terminal.
SILENT = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_HANDLERS_DEBUG_LEVEL": "CRITICAL",
    "PREFECT_CLI_PROMPT": "false",
    "MLFLOW_LOGGING_LEVEL": "CRITICAL",  # what a store refuses is said by whoever asked it, without a traceback
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_PRINT_MODEL_URLS_ON_CREATION": "false",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "GIT_PYTHON_REFRESH": "quiet",  # MLflow looks for git and warns where there is none
}

# A server that does not answer is an error within seconds, not minutes.
PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",  # never a throw-away server in its place: it loses task runs
}


def quiet(verbose: bool = False) -> None:
    """Prepare the environment of this process and its children, best before prefect or mlflow is imported.

    Both read it at their import. What was imported before, as a notebook does, is made to read it again.

    Without a ``PREFECT_API_URL`` from the user, Prefect lives inside ``.descent/``: ``~/.prefect`` with its profiles is
    neither read nor written. ``verbose`` leaves the logs of both on the terminal. Calls after the first do nothing: a
    second experiment of one program finds both imported and the environment prepared.
    """
    if _prepared:
        return
    settings = PRIVATE | PATIENCE | ({} if verbose else SILENT)
    if "PREFECT_API_URL" not in os.environ:
        settings |= {
            "PREFECT_HOME": str(prefect_home()),
            "PREFECT_PROFILES_PATH": str(prefect_home() / "profiles.toml"),
            "PREFECT_LOCAL_STORAGE_PATH": str(home() / "results"),
        }
    if not verbose:
        logging.raiseExceptions = False  # a log line that Prefect's server did not take is no news for the terminal
    for name, value in settings.items():
        os.environ.setdefault(name, value)
    _prepared.append(True)
    if "prefect" in sys.modules:
        _read_again()
    if "mlflow" in sys.modules:
        sys.modules["mlflow"].telemetry.set_telemetry_client()  # none, from now on
        if not verbose:
            logging.getLogger("mlflow").setLevel(os.environ["MLFLOW_LOGGING_LEVEL"])


def _read_again() -> None:
    """Let Prefect read its environment again."""
    from prefect.context import refresh_global_settings_context
    from prefect.logging.configuration import setup_logging

    if "PREFECT_API_URL" not in os.environ:
        make_home("prefect")  # Prefect makes no parents of its home, and warns
    refresh_global_settings_context()
    setup_logging()


_prepared: list[bool] = []
_hopeless: list[bool] = []


def give_up() -> None:
    """Prefect's server has gone: let this command end without Prefect's threads, which try for minutes to reach it."""
    _hopeless.append(True)


def end(ending: SystemExit) -> NoReturn:
    """End the command: as Python does, or at once after `give_up`."""
    if not _hopeless:
        gc.freeze()  # or the end of Python would search all that was imported for what is garbage, for a second
        raise ending
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(ending.code if isinstance(ending.code, int) else ending.code is not None)
