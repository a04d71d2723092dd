"""``descent sync``."""

from descent.flows.cli.exits import reported


def sync(*, verbose: bool) -> None:
    """Send to MLflow what waits in this folder; a failure if something still does."""
    with reported():
        from descent.flows.errors import RunError
        from descent.flows.machine.environment import quiet
        from descent.flows.tracking.sync import sync

        quiet(verbose)
        if not sync(say=lambda line: print(line, flush=True)):
            raise RunError("not everything could be sent; it is kept. When MLflow is back, run descent sync again")
