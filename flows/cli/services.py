"""``descent ui``, ``descent status`` and ``descent down``: what runs in the background."""

import os
from datetime import datetime

from descent.flows.cli.exits import reported


def ui(port: int | None, *, verbose: bool) -> None:
    """Serve the MLflow UI until Ctrl-C; say where the Prefect UI is."""
    with reported():
        from descent.flows.machine.environment import quiet
        from descent.flows.prefect_server.server import server_status
        from descent.flows.tracking.store import open_ui

        quiet(verbose)
        state = server_status()
        where = os.environ.get("PREFECT_API_URL", "").removesuffix("/api") or (state.server and state.server.url)
        print(f"Prefect: {where}" if where else "Prefect: not running; descent run starts it")
        open_ui(port, say=lambda line: print(line, flush=True))


def status() -> None:
    """Say what runs in the background for this folder, and where things are."""
    with reported():
        from descent.flows.cache.shelf import cache_size
        from descent.flows.machine.home import home
        from descent.flows.prefect_server.server import server_status
        from descent.flows.run import claim
        from descent.flows.tracking.store import tracking_uri
        from descent.flows.tracking.sync import unsent

        state = server_status()
        print(f"folder   {home()}{'' if home().exists() else '   (nothing has run here yet)'}")
        if os.environ.get("PREFECT_API_URL"):
            print(f"prefect  {os.environ['PREFECT_API_URL']} (PREFECT_API_URL)")
        if state.server is None:
            print("prefect  no local server is running")
        else:
            since = f"{datetime.fromtimestamp(state.since):%Y-%m-%d %H:%M}"
            print(f"prefect  {state.server.url}   process {state.server.pid}, since {since}")
        print(f"mlflow   {tracking_uri()}   (to look at it: descent ui)")
        if waiting := unsent():
            print(f"outbox   {len(waiting)} run{'s' * (len(waiting) > 1)} not in MLflow yet; to send: descent sync")
        for run in claim.waiting():
            print(f"run      {run} has not finished; the same command goes on with it")
        if size := cache_size():
            print(f"cache    {size / 1e6:.1f} MB of what was trained, in {home() / 'cache'} (may be deleted)")


def down() -> None:
    """End the local Prefect server of this folder."""
    with reported():
        from descent.flows.prefect_server.server import stop_server

        print("the local Prefect server has ended" if stop_server() else "nothing was running")
