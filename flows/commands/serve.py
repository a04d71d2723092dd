"""``descent serve``."""

from .exits import reported


def serve(model: str, host: str, port: int | None, follow: float | None, *, open_to_all: bool) -> None:
    """Answer requests for predictions until Ctrl-C."""
    with reported():
        from ..quiet import quiet

        quiet()
        from ..errors import UsageError
        from ..model_server import Serving, password_for
        from ..model_server import serve as answer
        from ..store import free_port

        if follow is not None and not (model.startswith("models:/") and "@" in model):
            raise UsageError(f"--follow follows an alias such as models:/housing@champion; {model} never changes")
        password = password_for(host, open_to_all=open_to_all)
        chosen = free_port(port, host, usual=8000)
        serving = Serving(model, follow)
        print(f"descent: {model} will answer at http://{host}:{chosen}/invocations; Ctrl-C ends it", flush=True)
        answer(serving, host, chosen, password)
