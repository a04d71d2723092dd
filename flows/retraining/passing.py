"""Which failures may pass by themselves, so that the same is worth another attempt."""

from collections.abc import Iterator
from typing import Any
from urllib.error import HTTPError

from sqlalchemy.exc import OperationalError

STAYS = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
ASKED_WRONGLY = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "PERMISSION_DENIED", "UNAUTHENTICATED",
                           "RESOURCE_ALREADY_EXISTS", "BAD_REQUEST"})  # fmt: skip
"""MLflow's words for what another attempt does not change."""


def passes(task: object, run: object, state: Any) -> bool:
    """Whether a failed task (a Prefect state) is worth another attempt."""
    return may_pass(state.data if isinstance(state.data, BaseException) else _exception(state))


def may_pass(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, is a server that is away, a connection cut off, a database locked."""
    return any(_is_passing(one) for one in _chain(error))


def _is_passing(error: BaseException) -> bool:
    if (code := getattr(error, "error_code", None)) is not None:  # MLflow's
        return code not in ASKED_WRONGLY
    if isinstance(error, HTTPError):
        return error.code >= 500 or error.code == 429
    return isinstance(error, OSError | OperationalError) and not isinstance(error, STAYS)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _exception(state: Any) -> BaseException | None:
    found = state.result(raise_on_failure=False)
    return found if isinstance(found, BaseException) else None
