"""``descent deploy``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Overrides, Source, Target, WorkPool

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from descent.flows.prefect_server.server import Server
    from descent.flows.schedules.deploy import Deployment

EXAMPLES = (
    'Examples:  descent deploy experiments/penguins.yaml --cron "0 3 * * *"'
    '   ·   descent deploy prices.csv --target price --cron "30 6 * * 1" --timezone Europe/Berlin'
)


@reported()
def deploy(
    source: Source,
    target: Target = None,
    cron: Annotated[
        str | None, typer.Option("--cron", metavar="LINE", help='Schedule: minute hour day month weekday, "0 3 * * *".')
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Time zone of --cron; default: this machine's.")
    ] = None,
    work_pool: WorkPool = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Name of the deployment; default: the experiment's.")
    ] = None,
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="DIR", help="Folder the worker runs in; default: this one.")
    ] = None,
    notify: Annotated[
        str | None,
        typer.Option("--notify", metavar="WHERE", help="A Prefect block (TYPE/NAME), ${VARIABLE}, or a webhook's URL."),
    ] = None,
    set_: Overrides = None,
) -> None:
    """Schedule the retraining of an experiment."""
    from descent.flows.machine.environment import quiet
    from descent.flows.machine.home import make_home

    quiet()
    make_home("prefect")  # Prefect, which reads cron lines, looks for its home when it is imported
    from descent.flows.cli.config import config_of
    from descent.flows.cli.connected import connected
    from descent.flows.schedules.clock import Clock
    from descent.flows.schedules.pools import POOL
    from descent.schemas import ConfigError

    if timezone is not None and cron is None:
        raise ConfigError("--timezone belongs to --cron: give both")
    webhook = notify if notify is not None and "://" in notify else None
    told = [] if notify is None or webhook is not None else [f"retrain.notify={notify}"]
    config = config_of(source, target, [*(set_ or []), *told])
    clock = None if cron is None else Clock.of(cron, timezone)
    from descent.flows.schedules.deploy import Deployment, deployable, named
    from descent.flows.schedules.deploy import deploy as create

    where = folder or str(Path.cwd())
    config = deployable(config, where)
    made = Deployment(named(name, config), config, clock, work_pool or POOL, where, webhook)
    with connected() as (client, server):
        if folder is None:  # a worker on this machine reads what is here: a mistake is said now, not at night
            from descent.flows.table.question import ask

            ask(config)
        made = create(client, made, create_pool=work_pool is None and server.is_local)
        _say_deployed(client, server, made)


def _say_deployed(client: "SyncPrefectClient", server: "Server", made: "Deployment") -> None:
    from descent.flows.schedules.pools import has_worker

    config = made.config
    print(f"{made.name}: deployed to {server.url}")
    print(f"  model     {config.registration.name}: the better of champion and challenger serves")
    print(f"  table     {config.data.source}" + (f", read in {made.folder}" if "://" in config.data.source else ""))
    if made.clock is None:
        print("  schedule  none: start a run in the Prefect UI, or deploy again with --cron")
    else:
        print(f"  schedule  {made.clock.cron} ({made.clock.timezone}); next: {made.clock.next():%a %Y-%m-%d %H:%M}")
    if config.retrain.notify is not None:
        print(f"  notify    {config.retrain.notify}")
    if not has_worker(client, made.pool):
        start = "descent worker" if server.is_local else f"prefect worker start --pool {made.pool}"
        print(f"No worker of the pool {made.pool!r} is running: start one, or nothing will run: {start}")
