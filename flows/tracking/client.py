"""MLflow's client of a store, and where a run is in it."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from descent.flows.tracking import store

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Handle:
    """A parent run in MLflow."""

    tracking_uri: str
    experiment_id: str
    run_id: str


def import_mlflow() -> None:
    """Import all of MLflow that will be needed: seconds, which pass while others work."""
    import mlflow.pyfunc  # noqa: F401


@cache
def client_of(tracking_uri: str) -> "MlflowClient":
    """The client of a store."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri, store.registry_uri(tracking_uri))
