"""``descent deploy``, ``descent schedules``, ``descent worker`` and ``descent retrain``."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from descent.flows.cli.config import config_of
from descent.flows.cli.exits import reported

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

    from descent.flows.prefect_server.server import Server
    from descent.flows.schedules.deploy import Deployment
    from descent.flows.schedules.listing import Row


def retrain(source: str, target: str | None, overrides: Sequence[str], *, json: bool, verbose: bool) -> None:
    """Train anew here and now; the better model is the champion afterwards."""
    with reported(trains=True):
        from rich.console import Console

        from descent.flows.launch import retrain as run
        from descent.flows.report.terminal import print_report
        from descent.flows.run.progress import Terminal, shown_on
        from descent.schemas import conceal

        config = config_of(source, target, overrides)
        console = Console(stderr=json)
        terminal = Terminal(console)
        with shown_on(terminal), terminal.waiting(f"reading {conceal(config.data.source)} …"):
            news = run(config, verbose=verbose)
        if json:
            from json import dumps

            told = {"experiment": news.experiment, "outcome": news.outcome, "reason": news.reason,
                    "champion": news.serving, "challenger": news.challenger}  # fmt: skip
            print(dumps(told, ensure_ascii=False))
            return
        if news.result is not None:
            print_report(news.result, console)
        console.print(news.notice().text, highlight=False, markup=False, soft_wrap=True)


def deploy(
    source: str, target: str | None, overrides: Sequence[str], *, cron: str | None, timezone: str | None,
    pool: str | None, name: str | None, folder: str | None, notify: str | None,
) -> None:  # fmt: skip
    """Deploy the retraining of an experiment on a Prefect server, with a schedule."""
    with reported():
        from descent.flows.machine.environment import quiet
        from descent.flows.machine.home import make_home

        quiet()
        make_home("prefect")  # Prefect, which reads cron lines, looks for its home when it is imported
        from descent.flows.schedules.clock import Clock
        from descent.flows.schedules.pools import POOL
        from descent.schemas import ConfigError

        if timezone is not None and cron is None:
            raise ConfigError("--timezone is that of --cron: give both")
        webhook = notify if notify is not None and "://" in notify else None
        told = [] if notify is None or webhook is not None else [f"retrain.notify={notify}"]
        config = config_of(source, target, [*overrides, *told])
        clock = None if cron is None else Clock.of(cron, timezone)
        from descent.flows.schedules.deploy import Deployment, deployable, named
        from descent.flows.schedules.deploy import deploy as create

        where = folder or str(Path.cwd())
        config = deployable(config, where)
        made = Deployment(named(name, config), config, clock, pool or POOL, where, webhook)
        with _connected() as (client, server):
            if folder is None:  # a worker on this machine reads what is here
                _see_table(made)
            made = create(client, made, create_pool=pool is None and server.is_local)
            _say_deployed(client, server, made)


def schedules(*, remove: str | None, pause: str | None, resume: str | None, json: bool) -> None:
    """List what is deployed, or change one of it."""
    with reported():
        from descent.flows.machine.environment import quiet

        quiet()
        from descent.flows.schedules import listing

        with _connected() as (client, server):
            if remove is not None:
                listing.remove(client, remove)
                print(f"{remove}: the deployment and its schedule are removed; its champion stays")
            for name, paused in ((pause, True), (resume, False)):
                if name is not None:
                    listing.pause(client, name, paused=paused)
                    print(f"{name}: {'rests until --resume' if paused else 'goes on'}")
            if (remove, pause, resume) == (None, None, None):
                rows = listing.rows(client)
                if json:
                    from json import dumps

                    print(dumps([row.as_dict() for row in rows], ensure_ascii=False))
                else:
                    _show(rows, server)


def worker(pool: str | None) -> None:
    """Run what is due until Ctrl-C."""
    with reported():
        import os

        from descent.flows.machine.environment import quiet
        from descent.flows.machine.home import home
        from descent.flows.schedules.pools import POOL, ensure_pool
        from descent.flows.schedules.worker import only_one, settle, work

        quiet(verbose=True)
        os.environ["DESCENT_HOME"] = str(home())  # a run works in the folder of its deployment, but keeps things here
        with _connected() as (client, server):
            only_one()
            chosen = pool or POOL
            ensure_pool(client, chosen, create=pool is None and server.is_local)
            settle(client, chosen, lambda line: print(line, flush=True))
            print(f"descent: runs of the work pool {chosen!r} start here; see them at {server.url}", flush=True)
            print("Ctrl-C ends it; without it, schedules wait", flush=True)
            try:
                work(client, chosen)
            except KeyboardInterrupt:
                print("descent: the worker has ended", flush=True)


@contextmanager
def _connected() -> "Iterator[tuple[SyncPrefectClient, Server]]":
    """A client of the Prefect server: the local one, or the one that ``PREFECT_API_URL`` names."""
    from descent.flows.machine.environment import quiet
    from descent.flows.prefect_server.connection import connect, session, wait_connected
    from descent.flows.schedules.pools import client

    quiet()
    server = connect()
    wait_connected(server)
    with session(server, lambda line: print(line, file=sys.stderr, flush=True)), client() as made:
        yield made, server


def _see_table(made: "Deployment") -> None:
    """Read the table and pose the question: a mistake is said now, not at night."""
    from descent.flows.table.question import ask

    ask(made.config)


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
        print(f"  told      {config.retrain.notify}")
    if not has_worker(client, made.pool):
        start = "descent worker" if server.is_local else f"prefect worker start --pool {made.pool}"
        print(f"No worker of the pool {made.pool!r} is running: start one, or nothing will run: {start}")


def _show(rows: "Sequence[Row]", server: "Server") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not rows:
        console.print('nothing is deployed: descent deploy FILE --cron "0 3 * * *"', highlight=False, markup=False)
        return
    table = Table(box=None, pad_edge=False)
    for title in ("name", "schedule", "next run", "last run", "worker"):
        table.add_column(title)
    for row in rows:
        schedule = "none" if row.cron is None else f"{row.cron} {row.timezone or 'UTC'}"
        next_run = "paused" if row.paused else _when(row.next_run)
        last = "–" if row.last_state is None else f"{row.last_state} {_when(row.last_run)}"
        table.add_row(row.name, schedule, next_run, last, f"{row.pool}: {'running' if row.worker else 'NOT RUNNING'}")
    console.print(table, highlight=False, markup=False)
    for row in rows:
        if row.last_state in ("Failed", "Crashed") and row.last_message:
            console.print(f"{row.name}: {row.last_message}", highlight=False, markup=False, soft_wrap=True)
    if server.is_local and not all(row.worker for row in rows):
        console.print("without a worker nothing runs: descent worker", highlight=False)


def _when(moment: str | None) -> str:
    return "–" if moment is None else f"{datetime.fromisoformat(moment):%a %Y-%m-%d %H:%M}"
