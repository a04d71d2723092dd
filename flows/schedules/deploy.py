"""``descent deploy``: a Prefect deployment of the flow `retrain` whose parameter is a validated configuration."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from descent.data.reading.sources import is_url
from descent.flows.retraining import notices
from descent.flows.retraining.fresh import with_name
from descent.flows.schedules.clock import Clock
from descent.flows.schedules.pools import ensure_pool
from descent.schemas import ConfigError, ExperimentConfig, conceal, config_from

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

ENTRYPOINT = "descent.flows.retrain.retrain"
"""A module, not a file: the training processes must be able to import what the flow sends them."""
TAG = "descent"


@dataclass(frozen=True)
class Deployment:
    """What is deployed: under which name, when it runs, where, in which folder of the worker."""

    name: str
    config: ExperimentConfig
    clock: Clock | None
    pool: str
    folder: str
    webhook: str | None = None
    """A URL that takes messages: it becomes a Prefect block, which is encrypted."""


def named(name: str | None, config: ExperimentConfig) -> str:
    """A deployment's name: as given, else the experiment's in letters that a URL can hold.

    Raises:
        ConfigError: the name given has other letters.
    """
    if name is None:
        return re.sub(r"[^\w.-]+", "-", config.title).strip("-") or "experiment"
    if not re.fullmatch(r"[\w.-]+", name):
        raise ConfigError(f"--name {name!r}: letters, digits, ., - and _ only")
    return name


def deployable(config: ExperimentConfig, folder: str) -> ExperimentConfig:
    """The configuration as a worker can run it: registered, without secrets, the table's path absolute.

    Raises:
        ConfigError: it holds a password, which everybody who sees the deployment would see.
    """
    source = config.data.source
    if conceal(source) != source:
        raise ConfigError(
            f"{conceal(source)}: a deployment is visible to everyone who can see the Prefect server, and this "
            "source holds a password: write ${NAME} instead, and set that environment variable where the worker runs"
        )
    if not is_url(source):
        source = str(Path(folder) / Path(source).expanduser())
    plain = plain_of(with_name(config))
    return config_from(plain | {"data": plain["data"] | {"source": source}})


def plain_of(config: ExperimentConfig) -> dict[str, Any]:
    """What is written in a configuration, as JSON; what it leaves out stays out, as defaults depend on it."""
    return config.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _with_webhook(made: Deployment) -> Deployment:
    """The deployment whose configuration names the block in which its URL is kept."""
    from prefect.blocks.webhook import Webhook

    assert made.webhook is not None
    block = f"descent-{re.sub(r'[^a-z0-9]+', '-', made.name.lower()).strip('-') or 'experiment'}"
    Webhook.model_validate({"method": "POST", "url": made.webhook}).save(block, overwrite=True)
    plain = plain_of(made.config)
    told = {"retrain": plain.get("retrain", {}) | {"notify": f"webhook/{block}"}}
    return replace(made, config=config_from(plain | told), webhook=None)


def deploy(client: "SyncPrefectClient", made: Deployment, *, create_pool: bool) -> Deployment:
    """Create the deployment, or change the one of that name; gives it as it is.

    One run of it at a time: a run that is due while another goes on waits for it.

    Raises:
        ConfigError: there is no such work pool, or nobody can be told.
    """
    from prefect.client.schemas.actions import DeploymentScheduleCreate
    from prefect.client.schemas.objects import ConcurrencyLimitStrategy, ConcurrencyOptions
    from prefect.client.schemas.schedules import CronSchedule
    from prefect.utilities.callables import parameter_schema

    from descent.flows.retrain import retrain

    ensure_pool(client, made.pool, create=create_pool)
    if made.webhook is not None:
        made = _with_webhook(made)
    elif made.config.retrain.notify is not None and not made.config.retrain.notify.startswith("$"):
        notices.check(made.config.retrain.notify)
    schedules = []
    if made.clock is not None:
        schedule = CronSchedule(cron=made.clock.cron, timezone=made.clock.timezone)
        schedules = [DeploymentScheduleCreate(schedule=schedule, active=True)]
    client.create_deployment(
        client.create_flow(retrain),
        made.name,
        entrypoint=ENTRYPOINT,
        description=f"Train {made.config.title} again on fresh data; the better model becomes the champion.",
        work_pool_name=made.pool,
        parameters={"config": plain_of(made.config)},
        parameter_openapi_schema=parameter_schema(retrain).model_dump_for_openapi(),
        enforce_parameter_schema=True,
        pull_steps=[{"prefect.deployments.steps.set_working_directory": {"directory": made.folder}}],
        schedules=schedules,
        concurrency_limit=1,
        concurrency_options=ConcurrencyOptions(collision_strategy=ConcurrencyLimitStrategy.ENQUEUE),
        tags=[TAG],
        paused=False,
    )
    return made
