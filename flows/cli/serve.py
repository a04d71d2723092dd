"""``descent serve``."""

from descent.flows.cli.exits import reported


def serve(model: str, host: str, port: int | None, follow: float | None, *, open_to_all: bool) -> None:
    """Answer requests for predictions until Ctrl-C."""
    with reported():
        from descent.flows.machine.environment import quiet

        quiet()
        from descent.flows.errors import UsageError
        from descent.flows.serving.server import Serving, password_for
        from descent.flows.serving.server import serve as answer
        from descent.flows.tracking.store import free_port

        if follow is not None and not (model.startswith("models:/") and "@" in model):
            raise UsageError(f"--follow follows an alias such as models:/housing@champion; {model} never changes")
        password = password_for(host, open_to_all=open_to_all)
        chosen = free_port(port, host, usual=8000)
        serving = Serving(model, follow)
        print(f"descent: {model} will answer at http://{host}:{chosen}/invocations; Ctrl-C ends it", flush=True)
        answer(serving, host, chosen, password)
