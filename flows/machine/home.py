"""The folder ``.descent/``: everything descent keeps that is neither code nor data.

It lies in the current folder, or where ``DESCENT_HOME`` says, and can be deleted at any time::

    .descent/
      prefect/     the local Prefect server: its database, record and locks
      mlflow.db    the MLflow store
      artifacts/   what runs leave in MLflow: figures, tables, models
      runs/        one folder per run: configuration, result, model
      openings.jsonl   who has looked at which test rows; deleting it forgets the looks
      outbox/      what MLflow has not got yet, one folder per run
      unfinished/  which runs have not finished, and the locks of those under way
      cache/       what was trained, so that it is not trained again; deleting it costs time alone
      logs/        of what runs in the background, and tracebacks
"""

import os
from pathlib import Path

from descent.flows.errors import RunError


def home() -> Path:
    """The folder, absolute; it need not exist."""
    return Path(os.environ.get("DESCENT_HOME") or ".descent").absolute()


def make_home(*parts: str) -> Path:
    """Create the folder, or one inside it, and tell git to leave all of it alone.

    Raises:
        RunError: the folder cannot be created or written.
    """
    folder = home().joinpath(*parts)
    ignore = home() / ".gitignore"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not ignore.exists():
            ignore.write_text("*\n", encoding="ascii")
    except OSError as error:
        raise RunError(
            f"{error.filename or folder} cannot be written: {error.strerror}. "
            "Run in a folder that you may write, or set DESCENT_HOME to one."
        ) from error
    return folder


def cache() -> Path:
    """The user's cache folder for what every project on this machine shares; it need not exist."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "descent"


def prefect_home() -> Path:
    """Home of the local Prefect server and of Prefect's settings in this project."""
    return home() / "prefect"


def server_log() -> Path:
    """What the local Prefect server has to say."""
    return home() / "logs" / "prefect-server.log"


def mlflow_database() -> Path:
    """The SQLite file of the embedded MLflow store."""
    return home() / "mlflow.db"


def artifacts() -> Path:
    """The artifact folder of the embedded MLflow store."""
    return home() / "artifacts"
