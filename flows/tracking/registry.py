"""MLflow's model registry: versions of a registered model, and the aliases ``challenger`` and ``champion``."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from descent.flows.errors import RunError, first_line
from descent.flows.tracking.store import client_of

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHALLENGER, CHAMPION = "challenger", "champion"
RUN = "descent.run"


@dataclass(frozen=True)
class Version:
    """A version of a registered model."""

    name: str
    number: str
    run_id: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """What it is called in MLflow."""
        return f"models:/{self.name}/{self.number}"


def register(client: "MlflowClient", name: str, model_uri: str, run_id: str) -> str:
    """Make a run's model a version with the alias ``challenger``, once; returns its number."""
    if not _there(client, name):
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(name, description="Registered by descent.")
        except MlflowException:
            if not _there(client, name):  # else another command made it meanwhile
                raise
    found = [one for one in client.search_model_versions(f"name = '{name}'") if one.run_id == run_id]
    # A server takes the source for what it says only with the logged model's id beside it.
    own = model_uri.removeprefix("models:/")
    version = (
        found[0] if found else client.create_model_version(name, model_uri, run_id, await_creation_for=0, model_id=own)
    )
    _link(client, own, name, str(version.version))
    client.set_registered_model_alias(name, CHALLENGER, version.version)
    return str(version.version)


def _link(client: "MlflowClient", model_id: str, name: str, version: str) -> None:
    """Say on the logged model which version it is, as MLflow's server does: without it, its page says "not registered"
    where the store is a file."""
    from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

    there = json.loads(client.get_logged_model(model_id).tags.get(MLFLOW_MODEL_VERSIONS, "[]"))
    if not any(one["name"] == name and str(one["version"]) == version for one in there):
        there.append({"name": name, "version": version})
        client.set_logged_model_tags(model_id, {MLFLOW_MODEL_VERSIONS: json.dumps(there)})


class Registry:
    """The versions of one registered model in a store.

    Every method raises `RunError` where MLflow cannot be asked, refuses, or does not know the model.
    """

    def __init__(self, tracking_uri: str, name: str) -> None:
        self.uri, self.name = tracking_uri, name

    def exists(self) -> bool:
        """Whether the registered model is there."""
        with _told(self.uri, f"the model {self.name!r}"):
            return _there(client_of(self.uri), self.name)

    def version(self, alias: str) -> Version | None:
        """The version with an alias; None if there is none."""
        with _told(self.uri, f"the model {self.name!r}"):
            model = client_of(self.uri).get_registered_model(self.name)
            number = dict(model.aliases).get(alias)
            if number is None:
                return None
            found = client_of(self.uri).get_model_version(self.name, str(number))
            return Version(self.name, str(found.version), found.run_id, dict(found.tags))

    def metrics(self, version: Version) -> dict[str, float]:
        """Metrics of the run that a version is from."""
        with _told(self.uri, version.address):
            return dict(client_of(self.uri).get_run(version.run_id).data.metrics)

    def files(self, version: Version, path: str) -> Path:
        """A local folder with what the version's run has under ``path``."""
        with _told(self.uri, f"{version.address}: the folder {path!r} of its run"):
            return Path(client_of(self.uri).download_artifacts(version.run_id, path))

    def point(self, alias: str, version: Version) -> None:
        """Give the alias to a version, and see that it has it."""
        with _told(self.uri, version.address):
            client_of(self.uri).set_registered_model_alias(self.name, alias, version.number)
        if (now := self.version(alias)) is None or now.number != version.number:
            raise RunError(f"{version.address} was made the {alias}, but it was changed elsewhere at the same time")

    def note(self, version: Version, tags: Mapping[str, str], description: str | None = None) -> None:
        """Write on a version what was decided about it."""
        with _told(self.uri, version.address):
            client = client_of(self.uri)
            for key, value in tags.items():
                client.set_model_version_tag(self.name, version.number, key, value)
            if description is not None:
                client.update_model_version(self.name, version.number, description)


@contextmanager
def _told(uri: str, what: str) -> Iterator[None]:
    """Turn what MLflow raises into one sentence."""
    try:
        yield
    except RunError:
        raise
    except Exception as error:
        raise RunError(f"{what}: MLflow at {uri} refused: {first_line(error)}") from error


def _there(client: "MlflowClient", name: str) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise
    return True
