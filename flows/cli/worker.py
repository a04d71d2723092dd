"""``descent worker``."""

import os

from descent.flows.cli.exits import reported
from descent.flows.cli.options import WorkPool

EXAMPLES = "Example:  descent worker"


@reported()
def worker(work_pool: WorkPool = None) -> None:
    """Run scheduled retrainings on this machine, until Ctrl-C."""
    from descent.flows.cli.connected import connected
    from descent.flows.machine.environment import quiet
    from descent.flows.machine.home import home
    from descent.flows.schedules.pools import POOL, ensure_pool
    from descent.flows.schedules.worker import only_one, settle, work

    quiet(verbose=True)
    os.environ["DESCENT_HOME"] = str(home())  # a run works in the folder of its deployment, but keeps things here
    with connected() as (client, server):
        only_one()
        chosen = work_pool or POOL
        ensure_pool(client, chosen, create=work_pool is None and server.is_local)
        settle(client, chosen, lambda line: print(line, flush=True))
        print(f"descent: runs of the work pool {chosen!r} start here; see them at {server.url}", flush=True)
        print("Ctrl-C stops it; without a worker, scheduled runs wait", flush=True)
        try:
            work(client, chosen)
        except KeyboardInterrupt:
            print("descent: the worker has stopped", flush=True)
