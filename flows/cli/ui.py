"""``descent ui``."""

import os
from typing import Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Verbose

EXAMPLES = "Example:  descent ui --port 5000"


@reported()
def ui(
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Port of the MLflow UI; default: a free one.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Open the MLflow UI on this folder's runs, and print the address of the Prefect UI."""
    from descent.flows.machine.environment import quiet
    from descent.flows.prefect_server.server import running_server
    from descent.flows.tracking.ui import open_ui

    quiet(verbose)
    server = running_server()
    where = os.environ.get("PREFECT_API_URL", "").removesuffix("/api") or (server and server.url)
    print(f"Prefect: {where}" if where else "Prefect: not running; descent run starts it")
    open_ui(port, say=lambda line: print(line, flush=True))
