"""``descent schedules``."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import AsJson

if TYPE_CHECKING:
    from descent.flows.prefect_server.server import Server
    from descent.flows.schedules.listing import Row

EXAMPLES = "Examples:  descent schedules   ·   descent schedules --pause penguins"


@reported()
def schedules(
    remove: Annotated[str | None, typer.Option("--remove", metavar="NAME", help="Remove a deployment.")] = None,
    pause: Annotated[str | None, typer.Option("--pause", metavar="NAME", help="Pause its schedule.")] = None,
    resume: Annotated[str | None, typer.Option("--resume", metavar="NAME", help="Resume its schedule.")] = None,
    json: AsJson = False,
) -> None:
    """List the deployments: next run, and the outcome of the last."""
    from descent.flows.cli.connected import connected
    from descent.flows.schedules import listing

    with connected() as (client, server):
        if remove is not None:
            listing.remove(client, remove)
            print(f"{remove}: the deployment and its schedule are removed; its champion stays")
        for name, paused in ((pause, True), (resume, False)):
            if name is not None:
                listing.pause(client, name, paused=paused)
                print(f"{name}: {'paused; --resume starts it again' if paused else 'resumed'}")
        if (remove, pause, resume) == (None, None, None):
            rows = listing.rows(client)
            if json:
                from json import dumps

                print(dumps([asdict(row) for row in rows], ensure_ascii=False))
            else:
                _show(rows, server)


def _show(rows: "Sequence[Row]", server: "Server") -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not rows:
        console.print('there are no deployments: descent deploy FILE --cron "0 3 * * *"', highlight=False, markup=False)
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
        console.print("no run starts without a worker: descent worker", highlight=False)


def _when(moment: str | None) -> str:
    return "–" if moment is None else f"{datetime.fromisoformat(moment):%a %Y-%m-%d %H:%M}"
