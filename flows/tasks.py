"""The tasks of the experiment: thin, one per step, per chunk and per fold, never per epoch.

Prefect neither caches nor persists what passes between them: tables and arrays would be hashed and pickled for no
reader. What must outlast a task is a file of the run's workspace.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, ParamSpec, TypeVar

import numpy as np
from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.utilities.annotations import opaque

from descent import data, ml
from descent.flows.diagnosis.diagnose import Diagnosed, diagnosed
from descent.flows.errors import RunError
from descent.flows.evaluation import folds
from descent.flows.evaluation.final_test import Tested, tested
from descent.flows.evaluation.folds import Held, judge_of
from descent.flows.evaluation.importance import Importance, measure
from descent.flows.evaluation.refit import Final, finished
from descent.flows.evaluation.rival import Rival, rival_of
from descent.flows.evaluation.selection import Finalist, Selection
from descent.flows.machine.memory import release
from descent.flows.recorder import Recorder
from descent.flows.report.result import Answer, Circumstances, result_of
from descent.flows.run.stopwatch import Stopwatch
from descent.flows.run.study import Study
from descent.flows.run.workspace import REPORT, RESULT, Workspace
from descent.flows.search.cost import Estimate, estimate
from descent.flows.search.leaderboard import Entry, rank
from descent.flows.search.plan import Plan, PlannedChunk, plan_of
from descent.flows.search.race import Trained
from descent.flows.search.work import entries_of, work_for
from descent.flows.table import question, split
from descent.flows.table.matrices import Matrices
from descent.flows.table.parts import Parts
from descent.flows.table.question import Posed
from descent.schemas import ExperimentConfig, ExperimentResult, FeatureSettings, to_yaml

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class OpaqueTask(Generic[P, R]):
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


def task(name: str, run_name: str | None = None) -> Callable[[Callable[P, R]], OpaqueTask[P, R]]:
    """A Prefect task of ours."""

    def decorate(function: Callable[P, R]) -> OpaqueTask[P, R]:
        return OpaqueTask(
            Task(function, name=name, task_run_name=run_name, cache_policy=NO_CACHE, persist_result=False)
        )

    return decorate


@task("load table")
def load_table(config: ExperimentConfig) -> list[data.Table]:
    """Read the table. In a list, from which it is taken: what a task returns, Prefect keeps at times until the end."""
    return [question.load(config)]


@task("check table")
def check_table(config: ExperimentConfig, tables: list[data.Table]) -> Posed:
    """Infer what the configuration leaves open; refuse what cannot work."""
    return Posed(*question.pose(config, tables.pop()))


@task("split rows")
def split_rows(posed: Posed, work: Workspace) -> Parts:
    """Cut the table in three and seal the test rows in a file; from here on they are there and nowhere else."""
    parts = split.cut(posed.question, posed.take(), work.scratch)
    release()
    return parts


@task("fit features", run_name="fit features: degree {settings.degree}, scale {settings.scale}")
def fit_features(settings: FeatureSettings, study: Study) -> Matrices:
    """Fit features on the training rows; write the matrices where workers can map them."""
    return study.swept(settings)


@task("plan")
def plan(study: Study) -> tuple[Plan, Estimate]:
    """Variants → fleets → chunks, and how long they will take; lay out the progress file."""
    made = plan_of(study)
    np.save(study.progress, np.zeros(len(made.variants)))
    study.states.mkdir()
    return made, estimate(made, study)


@task("train chunk", run_name="train {chunk.title}")
def train_chunk(chunk: PlannedChunk, study: Study, recorder: Recorder, deadline: float | None) -> list[Trained]:
    """Train a chunk in a worker process; record the variants that have ended."""
    result = study.executor.submit(ml.train_chunk, work_for(chunk, study, deadline)).result()
    target = study.swept(chunk.fleet.features).target
    entries = entries_of(chunk.variants, chunk.fleet.number, result, target)
    states = result.states or [None] * len(entries)  # of a chunk that had no need to pause
    trained = [Trained(*one) for one in zip(entries, chunk.slots, states, strict=True)]
    recorder.add([one.entry for one in trained if one.entry.status != "paused"])
    return trained


@task("leaderboard")
def leaderboard(entries: Sequence[Entry], study: Study) -> list[Entry]:
    """Rank by the metric on the cv rows.

    Raises:
        RunError: every variant diverged.
    """
    metric = study.question.metric
    board = rank(entries, metric, study.question.greater_is_better)
    if board[0].status == "budget" and not board[0].usable:
        raise RunError("the budget ended before a single variant had trained for an epoch: raise search.budget.minutes")
    if not board[0].usable or metric not in board[0].metrics:
        raise RunError(
            f"none of the {len(board)} variants could be trained: {board[0].variant.name}: {board[0].message}. "
            "Lower learning_rate, or set clip_norm: 1 in the optimizer"
        )
    return board


@task("score fold", run_name="score fold {number}")
def score_fold(number: int, candidates: Sequence[Entry], study: Study) -> list[Held]:
    """Train the finalists on one fold, features refitted; what they say of the rows held out."""
    return folds.score_fold(number, candidates, study)


@task("select")
def select(finalists: Sequence[Finalist], study: Study) -> Selection:
    """Choose the winner, and what is averaged."""
    return judge_of(study).select(finalists, study.question.config.select.ensemble.members)


@task("diagnose")
def diagnose(winner: Finalist, board: Sequence[Entry], study: Study) -> Diagnosed:
    """Bias, variance, advice; measured on parts of the train rows unless that is turned off."""
    return diagnosed(winner, board, study)


@task("importance")
def importance(winner: Finalist, study: Study) -> Importance | None:
    """How much each column matters to the winner, on the cv rows."""
    return measure(winner.entry, study)


@task("rival")
def rival(study: Study) -> Rival | None:
    """Train gradient-boosted trees on the same rows, to stand beside the model."""
    return rival_of(study)


@task("refit")
def refit(selection: Selection, study: Study) -> Final:
    """Average the folds' models, or train the winner on train and cv rows together; store the final model."""
    return finished(selection, study)


@task("final test")
def final_test(model: Final, study: Study, rival: Rival | None) -> Tested:
    """Note the opening in the ledger, then open the sealed rows."""
    return tested(model, study, rival)


@task("record")
def record(answer: Answer, study: Study, recorder: Recorder, work: Workspace, watch: Stopwatch) -> ExperimentResult:
    """Write the result, the report, the configuration and the model where they stay, and close the run in MLflow."""
    handle = recorder.handle
    place = {"tracking_uri": handle.tracking_uri, "experiment_id": handle.experiment_id, "run_id": handle.run_id}

    def result(report: Path | None, unsent: str | None = None) -> ExperimentResult:
        beside = {"tracking": round(recorder.seconds, 3)}
        mlflow = {**place, "unsent": unsent}
        run = Circumstances(watch.seconds(), beside, mlflow, work.folder / "model", report, recorder.warnings)
        return result_of(study, answer, run)

    page, config_path = work.folder / REPORT, work.folder / "experiment.yaml"
    written = recorder.report(result(page), answer, study, config_path)
    report = page if written else None
    delivery = recorder.finish(result(report), answer, study, work.scratch / REPORT if written else None)
    work.keep("model")
    if written:
        work.keep(REPORT)
    work.write_text(config_path.name, to_yaml(study.question.config, folder=work.folder))
    finished = result(report, delivery.reason)
    work.write_text(RESULT, finished.model_dump_json(indent=2) + "\n")
    return finished
