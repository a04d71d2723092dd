"""``descent sync``."""

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Verbose

EXAMPLES = "Example:  descent sync"


@reported()
def sync(verbose: Verbose = False) -> None:
    """Send to MLflow what could not be sent while the tracking server was down."""
    from descent.flows.errors import RunError
    from descent.flows.machine.environment import quiet
    from descent.flows.tracking.sync import sync

    quiet(verbose)
    if not sync(say=lambda line: print(line, flush=True)):
        raise RunError("not everything could be sent; it is kept. When MLflow is back, run descent sync again")
