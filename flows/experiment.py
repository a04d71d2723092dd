"""The experiment, to be read from top to bottom."""

from collections.abc import Sequence
from copy import copy
from functools import wraps

from prefect import Flow, flow, get_run_logger
from prefect.task_runners import ThreadPoolTaskRunner

from descent.data.names import count
from descent.flows import tasks
from descent.flows.diagnosis.diagnose import Standing
from descent.flows.errors import attempt
from descent.flows.evaluation import folds
from descent.flows.evaluation.selection import Finalist
from descent.flows.follow import follow
from descent.flows.report.result import Answer
from descent.flows.run.study import Study
from descent.flows.search.cost import Estimate
from descent.flows.search.leaderboard import Entry, candidates
from descent.flows.search.plan import Plan
from descent.flows.search.race import Race
from descent.flows.session import Session, session
from descent.flows.table.question import Posed
from descent.schemas import ExperimentConfig, ExperimentResult

# Tasks only wait for worker processes, so there may be more of them than processors.
WAITING_TASKS = 32


@flow(
    name="run-experiment",
    flow_run_name="{config.title}",
    task_runner=ThreadPoolTaskRunner(max_workers=WAITING_TASKS),  # type: ignore[arg-type]  # its type variable is open
    persist_result=False,
)
def run_experiment(config: ExperimentConfig, fresh: bool = False) -> ExperimentResult:
    """Train many variants on one table, choose one honestly, test it once and record everything.

    Test rows are sealed in a file by the split; `tasks.final_test` alone opens it. What was trained before is not
    trained again (`flows.cache`), and a run that did not finish goes on (`flows.run.claim`), unless ``fresh``.

    Raises:
        ConfigError: the configuration does not fit the table.
        DataError: the table cannot be used for this question.
        RunError: no variant could be trained.
    """
    return conduct(config, fresh, None)


def flow_over(posed: Posed) -> "Flow[..., ExperimentResult]":
    """The flow `run_experiment` over a table that has been read: a parameter would go into Prefect's database."""
    made = copy(run_experiment)  # `with_options` would describe the whole configuration for Prefect's form again

    @wraps(run_experiment.fn)
    def over(config: ExperimentConfig, fresh: bool = False) -> ExperimentResult:
        return conduct(config, fresh, posed)

    made.fn = over
    return made


def conduct(config: ExperimentConfig, fresh: bool, posed: Posed | None) -> ExperimentResult:
    """Load, check, split, features, plan, train, leaderboard, k-fold, select, diagnose, refit, test, record."""
    with session(config, fresh, get_run_logger().info) as run:
        run.watch.enter("load")
        posed = posed or tasks.check_table(config, tasks.load_table(config))
        question = posed.question
        if (finished := run.claim(question)) is not None:
            return finished
        study = run.begin(question, tasks.split_rows(posed, run.work))

        run.watch.enter("features")
        for fitted in [tasks.fit_features.submit(settings, study) for settings in question.settings]:
            fitted.result()
        plan, estimate = tasks.plan(study)

        run.watch.enter("train")
        race = train(plan, estimate, study, run)
        board = tasks.leaderboard(race.entries, study)

        run.watch.enter("crossvalidate")
        finalists = crossvalidate(board, study, run)
        selection = tasks.select(finalists, study)

        run.watch.enter("diagnose")
        diagnosed, followed = tasks.diagnose(selection.winner, board, study), None
        if config.diagnose.follow:
            run.watch.enter("follow")
            selection, followed = follow(diagnosed, Standing(finalists, selection), study, run.recorder, run.say)
            if followed is not None:
                board = tasks.leaderboard([*board, *followed.entries], study)
            if followed is not None and followed.selected:
                diagnosed = tasks.diagnose(selection.winner, board, study)
        winner = selection.winner
        run.recorder.decided(board, [one.entry for one in finalists], winner.entry, diagnosed, study)

        run.watch.enter("refit")
        measuring = tasks.importance.submit(winner, study)  # beside the refit, whose worker leaves a processor idle
        growing = tasks.rival.submit(study)
        final = tasks.refit(selection, study)
        rival = attempt("the boosted trees", growing.result, run.recorder.warnings)
        tested = tasks.final_test(final, study, rival)
        importance = attempt("the importance of the columns", measuring.result, run.recorder.warnings)

        run.watch.enter("track")
        answer = Answer(race, board, selection, diagnosed, followed, final, tested, importance, rival)
        return run.finish(tasks.record(answer, study, run.recorder, run.work, run.watch))


def train(plan: Plan, estimate: Estimate, study: Study, run: Session) -> Race:
    """Train all chunks: in a single round, unless the better variants go on after each (strategy: halving)."""
    race = Race(plan, study, estimate)
    with run.training(plan, estimate, race.chunks, study):
        while race.chunks:
            trained = [tasks.train_chunk.submit(chunk, study, run.recorder, race.deadline) for chunk in race.chunks]
            run.recorder.add(race.advance([one for future in trained for one in future.result()]))
    return race


def crossvalidate(board: Sequence[Entry], study: Study, run: Session) -> list[Finalist]:
    """Measure the best variants again, on folds where there are any."""
    metric, most = study.question.metric, study.question.config.validation.finalists
    best = candidates(board, metric, most)
    numbers = range(1, len(study.parts.folds) + 1)
    if numbers:
        run.say(f"cross-validating {count(len(best), 'finalist')} on {count(len(numbers), 'fold')}")
    held = [tasks.score_fold.submit(number, best, study) for number in numbers]
    found = folds.finalists(best, [future.result() for future in held], study)
    run.recorder.warnings += folds.exploded(found, best) if numbers else []
    return found
