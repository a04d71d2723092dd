"""Exit codes and the last line a user sees: 0 done, 1 a failure in the run, 2 bad input, 130 interrupted."""

import signal
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType

import typer

from descent.data.errors import DataError
from descent.flows.errors import RunError, UsageError
from descent.flows.machine.disk import is_full_disk, told
from descent.flows.machine.home import home
from descent.flows.serving.manifest import ModelError
from descent.schemas.problems.errors import ConfigError
from descent.schemas.problems.secrets import conceal

FAILED, BAD_INPUT, INTERRUPTED = 1, 2, 130


@contextmanager
def reported(*, trains: bool = False) -> Iterator[None]:
    """Turn whatever ends a command into one message on stderr and the exit code; a traceback goes to a file.

    Decorates every command. One that ``trains`` leaves a run, of which an interruption says what becomes.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        yield
    except (ConfigError, DataError, ModelError, UsageError) as error:
        _say(str(error))
        raise typer.Exit(BAD_INPUT) from None
    except KeyboardInterrupt:
        run = ", and the run is marked as killed. The same command resumes it" if trains else ""
        _say(f"interrupted: no partial files were kept{run}")
        raise typer.Exit(INTERRUPTED) from None
    except RunError as error:
        full = is_full_disk(error)  # MLflow's database may be what meets it
        _say(told(error) if full else str(error))
        raise typer.Exit(BAD_INPUT if full else FAILED) from None
    except BrokenPipeError:
        raise typer.Exit(FAILED) from None
    except Exception as error:  # noqa: BLE001 - the one place where an unexpected error becomes an exit code
        if is_full_disk(error):
            _say(told(error))
            raise typer.Exit(BAD_INPUT) from None
        _say(f"the run failed: {type(error).__name__}: {error}{_keep_traceback()}")
        raise typer.Exit(FAILED) from None


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _keep_traceback() -> str:
    """Where the traceback was written, as a line for the message; nothing where it cannot be written."""
    folder = home() / "logs"
    file = folder / f"error-{datetime.now():%Y%m%d-%H%M%S}.log"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(conceal(traceback.format_exc()), encoding="utf-8")
    except OSError:
        return ""
    return f"\nThe traceback is in {file}"


def _say(message: str) -> None:
    print(f"descent: {conceal(message)}", file=sys.stderr)
