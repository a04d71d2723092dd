"""The tasks of a retraining. Those that read or record are tried again, later and later; none that trains is."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError

from prefect import Task, get_run_logger
from prefect.cache_policies import NO_CACHE
from prefect.tasks import exponential_backoff
from sqlalchemy.exc import OperationalError

from descent import data
from descent.flows.errors import RunError
from descent.flows.promotion.promote import Promotion, TooFewRowsError
from descent.flows.promotion.promote import promote as compare
from descent.flows.retraining import fresh, notices
from descent.flows.table.question import Posed, ask
from descent.flows.tracking.registry import CHALLENGER
from descent.flows.tracking.sync import sync
from descent.schemas import ExperimentConfig, ExperimentResult

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ParamSpec, TypeVar

    P = ParamSpec("P")
    R = TypeVar("R")

RETRIES = 4
FIRST_PAUSE = 5.0
"""Seconds before the second attempt; twice as many before each further one, and a little more by chance."""
STAYS = (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError, FileExistsError)
ASKED_WRONGLY = frozenset(
    {
        "RESOURCE_DOES_NOT_EXIST",
        "INVALID_PARAMETER_VALUE",
        "PERMISSION_DENIED",
        "UNAUTHENTICATED",
        "RESOURCE_ALREADY_EXISTS",
        "BAD_REQUEST",
    }
)
"""MLflow's words for what another attempt does not change."""


def passes(task: object, run: object, state: Any) -> bool:
    """Whether a failed task (a Prefect state) is worth another attempt."""
    found = state.data if isinstance(state.data, BaseException) else state.result(raise_on_failure=False)
    return may_pass(found if isinstance(found, BaseException) else None)


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


def task(name: str, *, retried: bool = True) -> "Callable[[Callable[P, R]], Task[P, R]]":
    """A task that is tried again after what may pass: a server that is away, say, but not a wrong column."""

    def decorate(function: "Callable[P, R]") -> "Task[P, R]":
        return Task(
            function,
            name=name,
            cache_policy=NO_CACHE,
            persist_result=False,
            retries=RETRIES if retried else 0,
            retry_delay_seconds=exponential_backoff(FIRST_PAUSE) if retried else None,
            retry_jitter_factor=0.5 if retried else None,
            retry_condition_fn=passes if retried else None,
        )

    return decorate


@task("check notification")
def check_notification(config: ExperimentConfig) -> None:
    """See that people can be told."""
    if config.retrain.notify is not None:
        notices.check(config.retrain.notify)


@task("find champion")
def find_champion(config: ExperimentConfig) -> fresh.Champion | None:
    """The champion, with its model and some of the rows that it learned from."""
    return fresh.champion_of(config)


@task("load fresh data")
def load_fresh(config: ExperimentConfig) -> Posed:
    """Read the table and pose the question."""
    return ask(config)


@task("check fresh data", retried=False)
def check_fresh(posed: Posed, champion: fresh.Champion | None) -> tuple[data.Finding, ...]:
    """Refuse bad data; say what has changed since the champion learned."""
    found = fresh.examine(posed, champion)
    log = get_run_logger()
    for one in found:
        log.log({"error": 40, "warning": 30}.get(one.severity, 20), f"{one.name}: {one}")
    return found


@task("register challenger")
def registered(config: ExperimentConfig, result: ExperimentResult) -> str:
    """The version that the run's winner is, sent to MLflow where that did not answer before; gives its number."""
    if result.mlflow.unsent is not None and not sync(get_run_logger().info):
        raise RunError(
            f"MLflow has not taken the run ({result.mlflow.unsent}): nothing was compared. Its records wait here: "
            "descent sync, then descent promote"
        ) from ConnectionError(result.mlflow.unsent)
    challenger = fresh.registry_of(config).version(CHALLENGER)
    if challenger is None or result.mlflow.run_id not in ("", challenger.run_id):
        raise RunError(
            f"{config.registration.name}: another run became the challenger during this one: nothing was compared"
        )
    return challenger.number


@task("promote or keep")
def promote(config: ExperimentConfig) -> Promotion | TooFewRowsError:
    """Compare challenger and champion; the better one is the champion afterwards. Too few new rows: nothing changes."""
    try:
        return compare(fresh.registry_of(config))
    except TooFewRowsError as few:
        return few


@task("notify")
def _notify(where: str, notice: notices.Notice) -> None:
    notices.send(where, notice)


def tell(config: ExperimentConfig, notice: notices.Notice) -> None:
    """Send a notice where the configuration says; a failure of that is logged and stands in the task, no more."""
    log = get_run_logger()
    log.log(40 if notice.outcome == "failed" else 20, notice.text)
    if config.retrain.notify is None:
        return
    state = _notify(config.retrain.notify, notice, return_state=True)
    if not state.is_completed():
        log.error("no notification was sent: %s", state.message)
