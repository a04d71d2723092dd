"""``descent sync``."""

from .exits import reported


def sync(*, verbose: bool) -> None:
    """Send to MLflow what waits in this folder; a failure if something still does."""
    with reported():
        from ..errors import RunError
        from ..quiet import quiet
        from ..tracking.sync import sync

        quiet(verbose)
        if not sync(say=lambda line: print(line, flush=True)):
            raise RunError("not everything could be sent; it is kept. When MLflow is back, run descent sync again")
