"""Errors of a run, and what it can do without.

RunError        a failure in the run that has a plain explanation (exit code 1)
UsageError      an option or a variable of the environment that cannot be meant (exit code 2)
attempt         a picture, the report: where one fails the answer stands, and the failure is said
"""

import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import TypeVar

T = TypeVar("T")


class RunError(RuntimeError):
    """A run could not be finished; the message is for the user and complete."""


class UsageError(ValueError):
    """What a command was told cannot be meant; the message is for the user and complete."""


def attempt(what: str, make: Callable[[], T], failures: list[str]) -> T | None:
    """What ``make`` gives; None if it fails, with a sentence about it in ``failures``: ``what`` could not be made.

    An interruption (`KeyboardInterrupt`, `SystemExit`) is none of its business and goes on.
    """
    try:
        return make()
    except Exception as error:  # noqa: BLE001 - whatever it is, the numbers and the model are worth more
        failures.append(f"{what} could not be made: {type(error).__name__}{_said(error)}{_where(error)}")
        return None


def first_line(error: BaseException) -> str:
    """The first line of an error, or its kind where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def _said(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f": {lines[0]}" if lines else ""


def _where(error: Exception) -> str:
    """The innermost line of code, for whoever mends it; of the other process if the error comes from one."""
    remote = [line.strip() for line in str(error.__cause__ or "").splitlines() if line.strip().startswith("File ")]
    if remote:
        file, _, line = remote[-1].removeprefix("File ").partition(", line ")
        return f" ({PurePath(file.strip(chr(34))).name}, line {line.partition(',')[0]})"
    frames = traceback.extract_tb(error.__traceback__)
    return f" ({PurePath(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
