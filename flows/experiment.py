"""The experiment, to be read from top to bottom."""

from prefect import flow, get_run_logger
from prefect.task_runners import ThreadPoolTaskRunner

from descent.flows import tasks
from descent.flows.cache.executor import remembering
from descent.flows.errors import attempt
from descent.flows.evaluation import folds as judgement
from descent.flows.evaluation.refit import warm_up
from descent.flows.follow import Standing, follow
from descent.flows.prefect_server.artifacts import publish
from descent.flows.recorder import Recorder
from descent.flows.run.claim import Claim
from descent.flows.run.progress import Logged, display
from descent.flows.run.stopwatch import Stopwatch
from descent.flows.search import work as training
from descent.flows.search.race import Race
from descent.flows.table import question as inputs
from descent.flows.workers.engine import engine
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
    watch, shown = Stopwatch(), display(otherwise=Logged(get_run_logger().info))
    with (
        Claim(shown.stage) as claim,
        Recorder(shown.stage) as recorder,
        engine(config.compute, shown.stage) as (bare, workers),
        remembering(bare, shown.stage) as executor,
    ):
        with watch.stage("load"):
            tasks.load_table(config)
            question, rows = tasks.check_table(config)
            work = claim.take(question.config, question.digest, fresh=fresh)
            if claim.result is not None:
                publish(claim.result, shown.stage)
                return claim.result
            executor.begin(work.id, fresh=fresh)
            parts = tasks.split_rows(question, rows, work)
            inputs.forget()  # from here on the test rows are in the sealed file and nowhere else
        recorder.begin(question, parts, work.id)
        for line in inputs.told(question, parts, config):
            shown.stage(line)

        with watch.stage("features"):
            fitted = [
                tasks.fit_features.submit(settings, number, question, parts, work)
                for number, settings in enumerate(question.settings)
            ]
            matrices = {s: future.result() for s, future in zip(question.settings, fitted, strict=True)}
            plan, estimate = tasks.plan(question, matrices, workers, work, executor)
        shown.stage(f"{plan}; {estimate}")
        warm_up()

        with watch.stage("train"), shown.training(plan.bars, work.progress):
            race = Race(
                plan, question.config, question.metric, question.greater_is_better, estimate, workers, work.progress
            )
            for line in executor.told([training.work_for(c, question, matrices, work, None) for c in race.chunks]):
                shown.stage(line)
            while race.chunks:  # a single round, unless the better variants go on after each (strategy: halving)
                trained = [
                    tasks.train_chunk.submit(chunk, question, matrices, work, executor, recorder, race.deadline)
                    for chunk in race.chunks
                ]
                recorder.add(race.advance([one for future in trained for one in future.result()]))
        board = tasks.leaderboard(race.entries, question)

        with watch.stage("crossvalidate"):
            candidates = question.candidates(board)
            if parts.folds:
                shown.stage(f"cross-validating {len(candidates)} finalists on {len(parts.folds)} folds")
            folds = [
                tasks.score_fold.submit(number, fold, candidates, question, parts, executor, work)
                for number, fold in enumerate(parts.folds, start=1)
            ]
            scores = [future.result() for future in folds]
            winner, followed = tasks.select(candidates, scores, question), None
        with watch.stage("diagnose"):
            diagnosed = tasks.diagnose(winner, board, question, parts, matrices, executor, work)
        if config.diagnose.follow:
            with watch.stage("follow"):
                standing = Standing(judgement.finalists(candidates, scores, question.metric), winner)
                winner, followed, matrices = follow(
                    diagnosed, standing, question, parts, matrices, workers, work, executor, recorder, shown.stage
                )
                if followed is not None:
                    board = tasks.leaderboard([*board, *followed.entries], question)
                if followed is not None and followed.selected:
                    diagnosed = tasks.diagnose(winner, board, question, parts, matrices, executor, work)
        recorder.draw(board, candidates, winner.entry, diagnosed, question, work.scratch / "figures")

        with watch.stage("refit"):
            swept = matrices[winner.entry.variant.features]
            # Beside the refit, whose worker leaves a processor idle.
            measuring = tasks.importance.submit(winner, swept, question, parts)
            final = tasks.refit(winner, question, parts, swept, executor, work)
            tested = tasks.final_test(final, question, parts, work)
            importance = attempt("the importance of the columns", measuring.result, recorder.warnings)

        with watch.stage("track"):
            result = tasks.record(
                question,
                parts,
                board,
                winner,
                diagnosed,
                tested,
                importance,
                final,
                recorder,
                work,
                watch,
                race,
                followed,
            )
        publish(result, shown.stage)
        return result
