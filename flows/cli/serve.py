"""``descent serve``."""

from typing import Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Model

EXAMPLES = "Examples:  descent serve .descent/runs/20261124-…   ·   descent serve models:/housing@champion --follow 30"


@reported()
def serve(
    model: Model,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port; default: 8000, or a free one.")] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; 0.0.0.0 accepts other machines.")
    ] = "127.0.0.1",
    follow: Annotated[
        float | None,
        typer.Option("--follow", metavar="SECONDS", help="Seconds between checks for a new version of an alias."),
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Accept other machines without DESCENT_SERVE_PASSWORD.")
    ] = False,
) -> None:
    """Serve predictions over HTTP, as MLflow's scoring server does (POST /invocations)."""
    from descent.flows.machine.environment import quiet

    quiet()
    from descent.flows.errors import UsageError
    from descent.flows.machine.reachable import free_port
    from descent.flows.serving.server import Serving, password_for, serve

    if follow is not None and not (model.startswith("models:/") and "@" in model):
        raise UsageError(f"--follow follows an alias such as models:/housing@champion; {model} never changes")
    password = password_for(host, open_to_all=no_password)
    chosen = free_port(port, host, usual=8000)
    serving = Serving(model, follow)
    print(f"descent: {model} will answer at http://{host}:{chosen}/invocations; Ctrl-C stops it", flush=True)
    serve(serving, host, chosen, password)
