"""``descent schedules``: what is deployed, when it runs next, how it went last."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from descent.flows.schedules.deploy import TAG
from descent.flows.schedules.pools import has_worker
from descent.schemas import ConfigError
from descent.schemas.problems.suggestions import did_you_mean

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient


@dataclass(frozen=True)
class Row:
    """One deployment."""

    name: str
    experiment: str
    cron: str | None
    timezone: str | None
    paused: bool
    next_run: str | None
    """ISO 8601, in the schedule's time zone."""
    last_state: str | None
    last_run: str | None
    last_message: str | None
    pool: str | None
    worker: bool
    """Whether a worker is there to run it."""


def rows(client: "SyncPrefectClient") -> list[Row]:
    """Every deployment that ``descent deploy`` made, by name."""
    deployed = _deployments(client)
    pools = {one["work_pool_name"] for one in deployed if one["work_pool_name"]}
    alive = {pool: has_worker(client, pool) for pool in pools}
    return [_row(client, one, alive) for one in deployed]


def find(client: "SyncPrefectClient", name: str) -> dict[str, Any]:
    """The deployment of a name.

    Raises:
        ConfigError: there is none.
    """
    found = {one["name"]: one for one in _deployments(client)}
    if name not in found:
        hint = did_you_mean(name, found) or ";"
        there = f" there are: {', '.join(found)}" if found else " there is none: descent deploy makes one"
        raise ConfigError(f"no deployment is named {name!r}{hint}{there}")
    return dict(found[name])


def remove(client: "SyncPrefectClient", name: str) -> None:
    """Delete a deployment with its schedule and the runs that it has not begun."""
    client.request("DELETE", "/deployments/{id}", path_params={"id": find(client, name)["id"]})


def pause(client: "SyncPrefectClient", name: str, *, paused: bool) -> None:
    """Let a deployment's schedule rest, or go on."""
    client.request("PATCH", "/deployments/{id}", path_params={"id": find(client, name)["id"]}, json={"paused": paused})


def _deployments(client: "SyncPrefectClient") -> list[dict[str, Any]]:
    query = {"deployments": {"tags": {"all_": [TAG]}}, "sort": "NAME_ASC"}
    found: list[dict[str, Any]] = client.request("POST", "/deployments/filter", json=query).json()
    return found


def _row(client: "SyncPrefectClient", one: dict[str, Any], alive: dict[str, bool]) -> Row:
    active = [each["schedule"] for each in one["schedules"] if each["active"]]
    schedule = active[0] if active else {}
    zone = schedule.get("timezone") or "UTC"
    coming = _run(client, one["id"], {"type": {"any_": ["SCHEDULED"]}}, "EXPECTED_START_TIME_ASC")
    last = _run(client, one["id"], {"type": {"not_any_": ["SCHEDULED"]}}, "START_TIME_DESC")
    config = one["parameters"].get("config") or {}
    pool = one["work_pool_name"]
    return Row(
        name=one["name"],
        experiment=config.get("name") or (config.get("data") or {}).get("source", ""),
        cron=schedule.get("cron"),
        timezone=schedule.get("timezone"),
        paused=bool(one["paused"]),
        next_run=_local(coming["expected_start_time"], zone) if coming else None,
        last_state=last["state_name"] if last else None,
        last_run=_local(last["start_time"] or last["expected_start_time"], zone) if last else None,
        last_message=(last["state"] or {}).get("message") if last else None,
        pool=pool,
        worker=alive.get(pool, False),
    )


def _run(client: "SyncPrefectClient", deployment: str, state: dict[str, Any], sort: str) -> dict[str, Any] | None:
    query = {"flow_runs": {"deployment_id": {"any_": [deployment]}, "state": state}, "sort": sort, "limit": 1}
    found = client.request("POST", "/flow_runs/filter", json=query).json()
    return dict(found[0]) if found else None


def _local(moment: str, zone: str) -> str:
    return datetime.fromisoformat(moment).astimezone(ZoneInfo(zone)).isoformat(timespec="minutes")
