"""Work pools: from where workers take the runs of deployments."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from descent.flows.errors import RunError
from descent.schemas import ConfigError
from descent.schemas.problems.suggestions import did_you_mean

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

POOL = "descent"
"""The work pool of ``descent worker``, and of the worker in docker-compose.yml."""


@contextmanager
def client() -> Iterator["SyncPrefectClient"]:
    """A client of the Prefect server that is connected to.

    Raises:
        RunError: it does not answer, or refuses.
    """
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.exceptions import PrefectHTTPStatusError

    try:
        with get_client(sync_client=True) as made:
            yield made
    except PrefectHTTPStatusError as error:
        status = error.response.status_code
        if status == 401:
            raise RunError("the Prefect server requires a login: set PREFECT_API_AUTH_STRING") from error
        raise RunError(f"the Prefect server refused: {status} {error.response.text[:300]}") from error
    except httpx.HTTPError as error:
        raise RunError(f"the Prefect server does not answer: {type(error).__name__}: {error}") from error


def ensure_pool(made: "SyncPrefectClient", name: str, *, create: bool) -> str:
    """The type of a work pool; with ``create`` it is made, for processes, if it is not there.

    Raises:
        ConfigError: there is none of that name.
    """
    found = {pool["name"]: str(pool["type"]) for pool in made.request("POST", "/work_pools/filter", json={}).json()}
    if name in found:
        return found[name]
    if not create:
        there = (did_you_mean(name, list(found)) or ";") + f" there are: {', '.join(sorted(found))}" if found else ""
        raise ConfigError(
            f"there is no work pool {name!r} on the Prefect server{there or '; there is none at all'}. To make one: "
            f"prefect work-pool create {name} --type process"
        )
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    made.request("POST", "/work_pools/", json={"name": name, "type": "process", "base_job_template": template})
    return "process"


def has_worker(made: "SyncPrefectClient", pool: str) -> bool:
    """Whether a worker has lately asked the pool for work."""
    found = made.request(
        "POST", "/work_pools/{work_pool_name}/workers/filter", path_params={"work_pool_name": pool}, json={}
    ).json()
    return any(worker["status"] == "ONLINE" for worker in found)


def forget_worker(made: "SyncPrefectClient", pool: str, worker: str) -> None:
    """Tell the server that a worker has gone; else it takes it for there for a while."""
    import httpx

    known = {"work_pool_name": pool, "name": worker}
    with suppress(httpx.HTTPError):  # a server that has gone as well has nothing to forget
        made.request("DELETE", "/work_pools/{work_pool_name}/workers/{name}", path_params=known)
