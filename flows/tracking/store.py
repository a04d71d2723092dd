"""Where MLflow keeps the runs, and its client: what ``MLFLOW_TRACKING_URI`` names, else a file in ``.descent/``."""

import os
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from descent.flows.machine import databases
from descent.flows.machine.home import artifacts, home, make_home, mlflow_database
from descent.flows.machine.locks import locked
from descent.flows.machine.reachable import reach

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Handle:
    """A parent run in MLflow."""

    tracking_uri: str
    experiment_id: str
    run_id: str


def tracking_uri() -> str:
    """The MLflow store of this process."""
    return os.environ.get("MLFLOW_TRACKING_URI") or embedded_uri()


def registry_uri(uri: str) -> str:
    """The model registry of a store: the store itself, unless ``MLFLOW_REGISTRY_URI`` names another."""
    return os.environ.get("MLFLOW_REGISTRY_URI") or uri


def embedded_uri() -> str:
    """The SQLite store in ``.descent/``; its folder need not exist."""
    return f"sqlite:///{mlflow_database()}"


@cache
def client_of(uri: str) -> "MlflowClient":
    """MLflow's client of a store."""
    from mlflow import MlflowClient

    return MlflowClient(uri, registry_uri(uri))


def artifact_root(uri: str) -> str | None:
    """Where new experiments of a store put their artifacts; None leaves it to the store's server."""
    return artifacts().as_uri() if uri == embedded_uri() else None


def prepare(uri: str) -> None:
    """Make the embedded store's database if it does not exist; other stores are their owners' to make.

    Migrating an empty database takes seconds, copying a migrated one milliseconds. Imports MLflow only for the former.
    """
    if uri != embedded_uri():
        return
    make_home("artifacts")
    with locked(home() / "mlflow.lock"):  # two commands at once would migrate the same file
        database = mlflow_database()
        if database.exists():
            return
        if not databases.restore("mlflow", database):
            from mlflow import MlflowClient

            MlflowClient(tracking_uri=uri).search_experiments(max_results=1)
            databases.keep("mlflow", database)
        # A commit then waits for the disk once instead of several times, and the UI can read while a run writes.
        with closing(sqlite3.connect(database)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")


def reach_server() -> None:
    """See that a server is there, if the store is one: a wrong address is said before anything is trained.

    Raises:
        RunError: it cannot be reached.
    """
    uri = tracking_uri()
    if uri.startswith(("http://", "https://")):
        reach(uri, "MLFLOW_TRACKING_URI", "Start that server, or unset the variable to use a local store.")
