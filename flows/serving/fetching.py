"""Files of models that MLflow keeps."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from descent.flows.serving.manifest import ModelError
from descent.flows.tracking.store import registry_uri


def fetch(address: str, tracking_uri: str) -> Path:
    """A local folder with the files of ``runs:/…`` or ``models:/…``: the files themselves where they are local.

    Raises:
        ModelError: MLflow does not know the address.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        with _as_default(tracking_uri):
            return Path(download_artifacts(artifact_uri=address, tracking_uri=tracking_uri))
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            said = str(error.message).splitlines()[0]
            raise ModelError(f"{address}: MLflow at {tracking_uri} knows no such model: {said}") from error
        raise


@contextmanager
def _as_default(tracking_uri: str) -> Iterator[None]:
    """MLflow resolves an alias in its default store, whatever store it is told; the default is put back afterwards."""
    import mlflow

    before = os.environ.get("MLFLOW_TRACKING_URI"), mlflow.get_tracking_uri() if mlflow.is_tracking_uri_set() else None
    mlflow.set_tracking_uri(tracking_uri)
    try:
        yield
    finally:
        mlflow.set_tracking_uri(before[1])
        os.environ.pop("MLFLOW_TRACKING_URI", None)
        if before[0] is not None:
            os.environ["MLFLOW_TRACKING_URI"] = before[0]


def version_of(address: str, tracking_uri: str) -> str | None:
    """The version that an alias means now: ``models:/<name>@<alias>``; None if there is no such model or alias."""
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    name, _, alias = address.removeprefix("models:/").partition("@")
    try:
        return str(
            MlflowClient(tracking_uri, registry_uri(tracking_uri)).get_model_version_by_alias(name, alias).version
        )
    except MlflowException as error:
        if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
            return None
        raise
