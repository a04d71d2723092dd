"""``descent status``, and ``descent down`` which ends what it shows."""

import os
from datetime import datetime

from descent.flows.cli.exits import reported

EXAMPLES = "Example:  descent status"
DOWN_EXAMPLES = "Example:  descent down"


@reported()
def status() -> None:
    """Show what runs in the background for this folder."""
    from descent.flows.cache.shelf import cache_size
    from descent.flows.machine.home import home
    from descent.flows.prefect_server.server import running_server
    from descent.flows.run import claim
    from descent.flows.tracking.store import tracking_uri
    from descent.flows.tracking.sync import unsent

    server = running_server()
    print(f"folder   {home()}{'' if home().exists() else '   (nothing has run here yet)'}")
    if os.environ.get("PREFECT_API_URL"):
        print(f"prefect  {os.environ['PREFECT_API_URL']} (PREFECT_API_URL)")
    if server is None:
        print("prefect  no local server is running")
    else:
        since = f"{datetime.fromtimestamp(server.since):%Y-%m-%d %H:%M}"
        print(f"prefect  {server.url}   process {server.pid}, since {since}")
    print(f"mlflow   {tracking_uri()}   (to view it: descent ui)")
    if waiting := unsent():
        print(f"outbox   {len(waiting)} run{'s' * (len(waiting) > 1)} not in MLflow yet; to send: descent sync")
    for run in claim.waiting():
        print(f"run      {run} has not finished; the same command resumes it")
    if size := cache_size():
        print(f"cache    {size / 1e6:.1f} MB of trained variants, in {home() / 'cache'} (safe to delete)")


@reported()
def down() -> None:
    """Stop what runs in the background for this folder."""
    from descent.flows.prefect_server.server import stop_server

    print("the local Prefect server has stopped" if stop_server() else "nothing was running")
