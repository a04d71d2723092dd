"""What goes on beside the sentence of an experiment: words and progress, seconds, the claim, workers, cache, MLflow."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from descent.flows.cache.executor import Remembering, remembering
from descent.flows.prefect_server.artifacts import publish
from descent.flows.recorder import Recorder
from descent.flows.report.opening import told
from descent.flows.run.claim import Claim
from descent.flows.run.progress import Display, Logged, display
from descent.flows.run.stopwatch import Stopwatch
from descent.flows.run.study import Study
from descent.flows.run.workspace import Workspace
from descent.flows.search.cost import Estimate
from descent.flows.search.plan import Plan, PlannedChunk
from descent.flows.search.work import work_for
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.flows.workers.engine import engine
from descent.schemas import ExperimentConfig, ExperimentResult


@dataclass
class Session:
    """One run of an experiment, from the outside."""

    config: ExperimentConfig
    fresh: bool
    watch: Stopwatch
    recorder: Recorder
    _display: Display
    _claim: Claim
    _executor: Remembering
    _workers: int
    _work: Workspace | None = None

    @property
    def say(self) -> Callable[[str], None]:
        """Tells the user a line."""
        return self._display.stage

    @property
    def work(self) -> Workspace:
        """The folder of the run, once the experiment is claimed."""
        assert self._work is not None
        return self._work

    def claim(self, question: Question) -> ExperimentResult | None:
        """Wait until nobody else works on this experiment; gives the result if a killed command had finished it."""
        self._work = self._claim.take(question.config, question.digest, fresh=self.fresh)
        if self._claim.result is not None:
            publish(self._claim.result, self.say)
            return self._claim.result
        self._executor.begin(self._work.id, fresh=self.fresh)
        return None

    def begin(self, question: Question, parts: Parts) -> Study:
        """Begin the run in MLflow and say what was found in the table; gives what every step works with."""
        study = Study(question, parts, self._executor, self.work.scratch, self._workers, self.work.id)
        self.recorder.begin(study)
        for line in told(question, parts, self.config):
            self.say(line)
        return study

    @contextmanager
    def training(self, plan: Plan, estimate: Estimate, chunks: Sequence[PlannedChunk], study: Study) -> Iterator[None]:
        """Say what will be trained and what is known already, and show how far it is while the context is open."""
        self.say(f"{plan}; {estimate}")
        with self._display.training(plan.bars, study.progress):
            for line in self._executor.told([work_for(chunk, study, None) for chunk in chunks]):
                self.say(line)
            yield

    def finish(self, result: ExperimentResult) -> ExperimentResult:
        """Show the result in Prefect."""
        publish(result, self.say)
        return result


@contextmanager
def session(config: ExperimentConfig, fresh: bool, log: Callable[[str], None]) -> Iterator[Session]:
    """Open everything that a run needs; what it started ends with the context, whatever happens."""
    watch, shown = Stopwatch(), display(otherwise=Logged(log))
    with (
        Claim(shown.stage) as claim,
        Recorder(shown.stage) as recorder,
        engine(config.compute, shown.stage) as (bare, workers),
        remembering(bare, shown.stage) as executor,
    ):
        yield Session(config, fresh, watch, recorder, shown, claim, executor, workers)
