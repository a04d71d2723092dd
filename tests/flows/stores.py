"""Empty MLflow stores: migrated once on a machine, copied ever after."""

from pathlib import Path

from descent.flows.machine import databases


def new_store(folder: Path) -> str:
    """The address of a store in a folder, empty unless it was there."""
    database = folder / "mlflow.db"
    uri = f"sqlite:///{database}"
    if not database.exists() and not databases.restore("mlflow", database):
        from mlflow import MlflowClient

        MlflowClient(tracking_uri=uri).search_experiments(max_results=1)
        databases.keep("mlflow", database)
    return uri
