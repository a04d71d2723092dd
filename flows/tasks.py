"""The tasks of the experiment: thin, one per step, per chunk and per fold, never per epoch.

Prefect neither caches nor persists what passes between them: tables and arrays would be hashed and pickled for no
reader. What must outlast a task is a file of the run's workspace.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Generic, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.utilities.annotations import opaque

from descent import ml
from descent.flows.diagnosis import diagnose as diagnosing
from descent.flows.diagnosis.diagnose import Diagnosed
from descent.flows.errors import RunError
from descent.flows.evaluation import folds
from descent.flows.evaluation import refit as final
from descent.flows.evaluation.importance import measure
from descent.flows.evaluation.refit import Final, Tested
from descent.flows.recorder import Recorder
from descent.flows.report.contents import Importance
from descent.flows.report.result import result_of
from descent.flows.run.stopwatch import Stopwatch
from descent.flows.run.workspace import RESULT, Workspace
from descent.flows.search import planning
from descent.flows.search import work as training
from descent.flows.search.cost import Estimate, estimate
from descent.flows.search.leaderboard import Entry, Finalist, choose, rank
from descent.flows.search.plan import Chunk, Plan
from descent.flows.search.race import Race, Trained
from descent.flows.table import question as inputs
from descent.flows.table.question import Indices, Matrices, Parts, Question
from descent.schemas import ExperimentConfig, ExperimentResult, FeatureSettings, to_yaml

if TYPE_CHECKING:
    from descent.flows.follow import Followed

REPORT = "report.html"
"""Name of the report, in the run's folder and in MLflow."""

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Step(Generic[P, R]):
    """A Prefect task that looks at its arguments, not through them.

    Prefect looks for futures in all that a task is given, down to every field, and twice: of 17 seconds that 128
    variants trained, 7 were that. ``opaque`` leaves it at the argument itself, so that the page of a flow run
    still shows which task's result went into which.
    """

    prefect: Task[P, R]

    @property
    def fn(self) -> Callable[P, R]:
        """The function itself."""
        return self.prefect.fn

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        """Run and wait."""
        run: Callable[..., R] = self.prefect
        return run(*map(opaque, args), **_opaque(kwargs))

    def submit(self, *args: P.args, **kwargs: P.kwargs) -> PrefectFuture[R]:
        """Run beside what follows."""
        submit: Callable[..., PrefectFuture[R]] = self.prefect.submit
        return submit(*map(opaque, args), **_opaque(kwargs))


def _opaque(arguments: Mapping[str, object]) -> dict[str, object]:
    return {name: opaque(one) for name, one in arguments.items()}


def task(name: str, run_name: str | None = None) -> Callable[[Callable[P, R]], Step[P, R]]:
    """A Prefect task of ours."""

    def decorate(function: Callable[P, R]) -> Step[P, R]:
        return Step(Task(function, name=name, task_run_name=run_name, cache_policy=NO_CACHE, persist_result=False))

    return decorate


class Once:
    """A frame that is taken once. What tasks return and are given, Prefect keeps at times until the run ends."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frames = [frame]

    def take(self) -> pd.DataFrame:
        """The frame; nobody finds it here again."""
        return self._frames.pop()


@task("load table")
def load_table(config: ExperimentConfig) -> int:
    """Read the table, which `check_table` then finds read; gives its rows."""
    return len(inputs.load(config).frame)


@task("check table")
def check_table(config: ExperimentConfig) -> tuple[Question, Once]:
    """Infer what the configuration leaves open; refuse what cannot work."""
    question, frame = inputs.pose(config, inputs.load(config))
    return question, Once(frame)


@task("split rows")
def split_rows(question: Question, rows: Once, work: Workspace) -> Parts:
    """Cut the table in three and seal the test rows in a file."""
    return inputs.cut(question, rows.take(), work.scratch)


@task("fit features", run_name="fit features: degree {settings.degree}, scale {settings.scale}")
def fit_features(settings: FeatureSettings, number: int, question: Question, parts: Parts, work: Workspace) -> Matrices:
    """Fit features on the training rows; write the matrices where workers can map them."""
    return inputs.training_matrices(settings, question, parts, work.scratch / f"features-{number}")


@task("plan")
def plan(
    question: Question, matrices: Mapping[FeatureSettings, Matrices], workers: int, work: Workspace, executor: Executor
) -> tuple[Plan, Estimate]:
    """Variants → fleets → chunks, and how long they will take; lay out the progress file."""
    made = planning.planned(question, matrices, workers)
    np.save(work.progress, np.zeros(len(made.variants)))
    work.states.mkdir()
    return made, estimate(made, question, matrices, workers, executor.map)


@task("train chunk", run_name="train {chunk.title}")
def train_chunk(
    chunk: Chunk, question: Question, matrices: Mapping[FeatureSettings, Matrices], work: Workspace,
    executor: Executor, recorder: Recorder, deadline: float | None,
) -> list[Trained]:  # fmt: skip
    """Train a chunk in a worker process; record the variants that have ended."""
    result = executor.submit(ml.train_chunk, training.work_for(chunk, question, matrices, work, deadline)).result()
    entries = training.entries_of(chunk.variants, chunk.fleet.number, result, matrices[chunk.fleet.features].target)
    states = result.states or [None] * len(entries)  # of a chunk that had no need to pause
    trained = [Trained(*one) for one in zip(entries, chunk.slots, states, strict=True)]
    recorder.add([one.entry for one in trained if one.entry.status != "paused"])
    return trained


@task("leaderboard")
def leaderboard(entries: Sequence[Entry], question: Question) -> list[Entry]:
    """Rank by the metric on the cv rows.

    Raises:
        RunError: every variant diverged.
    """
    board = rank(entries, question.metric, question.greater_is_better)
    if board[0].status == "budget" and not board[0].usable:
        raise RunError("the budget ended before a single variant had trained for an epoch: raise search.budget.minutes")
    if not board[0].usable or question.metric not in board[0].metrics:
        raise RunError(
            f"none of the {len(board)} variants could be trained: {board[0].variant.name}: {board[0].message}. "
            "Lower learning_rate, or set clip_norm: 1 in the optimizer"
        )
    return board


@task("score fold", run_name="score fold {number}")
def score_fold(
    number: int, fold: tuple[Indices, Indices], candidates: Sequence[Entry], question: Question, parts: Parts,
    executor: Executor, work: Workspace,
) -> list[float]:  # fmt: skip
    """Train the finalists on one fold, features refitted, and measure them on the rows held out."""
    return folds.score_fold(fold, candidates, question, parts, executor, work.scratch / f"fold-{number}")


@task("select")
def select(candidates: Sequence[Entry], scores: Sequence[Sequence[float]], question: Question) -> Finalist:
    """Choose the winner; ``scores`` are one list per fold, one number per candidate."""
    return choose(
        folds.finalists(candidates, scores, question.metric),
        question.config.select.rule,
        question.greater_is_better,
    )


@task("diagnose")
def diagnose(
    winner: Finalist, board: Sequence[Entry], question: Question, parts: Parts,
    matrices: Mapping[FeatureSettings, Matrices], executor: Executor, work: Workspace,
) -> Diagnosed:  # fmt: skip
    """Bias, variance, advice; measured on parts of the train rows unless that is turned off."""
    return diagnosing.diagnose(winner, board, question, parts, matrices, executor, work.scratch)


@task("importance")
def importance(winner: Finalist, matrices: Matrices, question: Question, parts: Parts) -> Importance | None:
    """How much each column matters to the winner, on the cv rows."""
    return measure(winner.entry, matrices, question, parts)


@task("refit")
def refit(
    winner: Finalist, question: Question, parts: Parts, swept: Matrices, executor: Executor, work: Workspace
) -> Final:
    """Train the winner on train and cv rows together and store it; ``swept`` are the features it was chosen with."""
    return final.refit(winner.entry, question, parts, swept, executor, work.scratch)


@task("final test")
def final_test(model: Final, question: Question, parts: Parts, work: Workspace) -> Tested:
    """Note the opening in the ledger, then open the sealed rows."""
    return final.test(model, question, parts, work.id)


@task("record")
def record(
    question: Question, parts: Parts, board: Sequence[Entry], winner: Finalist, diagnosed: Diagnosed,
    tested: Tested, importance: Importance | None, model: Final, recorder: Recorder, work: Workspace, watch: Stopwatch,
    race: Race, followed: "Followed | None" = None,
) -> ExperimentResult:  # fmt: skip
    """Write the result, the report, the configuration and the model where they stay, and close the run in MLflow."""
    handle = recorder.handle
    place = {"tracking_uri": handle.tracking_uri, "experiment_id": handle.experiment_id, "run_id": handle.run_id}

    def result(report: Path | None, unsent: str | None = None) -> ExperimentResult:
        return result_of(
            question, parts, board, winner, diagnosed, tested, race, seconds=watch.seconds(),
            beside={"tracking": round(recorder.spent.beside, 3)}, mlflow={**place, "unsent": unsent},
            model=work.folder / "model", report=report, warnings=recorder.warnings, followed=followed,
        )  # fmt: skip

    page = work.folder / REPORT
    recorder.drawn()
    config_path = work.folder / "experiment.yaml"
    written = recorder.report(result(page), question, tested, importance, work.scratch / REPORT, config_path)
    report = page if written else None
    delivery = recorder.finish(
        result(report), model, winner.entry, question, parts, work.scratch, work.scratch / REPORT if written else None
    )
    work.keep("model")
    if written:
        work.keep(REPORT)
    work.write_text(config_path.name, to_yaml(question.config, folder=work.folder))
    finished = result(report, delivery.reason)
    work.write_text(RESULT, finished.model_dump_json(indent=2) + "\n")
    return finished
