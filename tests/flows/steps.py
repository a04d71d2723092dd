"""The steps of the flow, one after another in this process: no server, no store, no workers."""

from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from descent.flows.evaluation.refit import Final, finished
from descent.flows.evaluation.selection import Finalist, Selection
from descent.flows.run.study import Study
from descent.flows.search import work
from descent.flows.search.leaderboard import Entry
from descent.flows.table.matrices import Matrices, featurise
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question, ask
from descent.flows.table.split import cut
from descent.flows.workers.engine import AtOnce
from descent.schemas import config_from

from .tables import write


@dataclass(frozen=True)
class Steps:
    """A study whose first variant is trained."""

    study: Study
    entry: Entry

    @property
    def question(self) -> Question:
        return self.study.question

    @property
    def parts(self) -> Parts:
        return self.study.parts

    @property
    def swept(self) -> Matrices:
        return self.study.swept(self.entry.variant.features)

    @classmethod
    def take(cls, table: pd.DataFrame, target: str, folder: Path, *settings: str) -> "Steps":
        """Split, fit features, train the first variant."""
        folder.mkdir(parents=True, exist_ok=True)
        config = config_from(
            {"data": {"source": str(write(table, folder / "table.csv")), "target": target}}, overrides=settings
        )
        posed = ask(config)
        parts, variant = cut(posed.question, posed.take(), folder), posed.question.variants[0]
        matrices = featurise(variant.features, posed.question, parts.frame, parts.train, parts.cv, None)
        study = Study(posed.question, parts, AtOnce(), folder, run="run-1", matrices={variant.features: matrices})
        result = work.submit(study, [variant], matrices).result()
        return cls(study, work.entries_of([variant], 0, result, matrices.target)[0])

    def at(self, folder: Path, run: str = "run-1") -> Study:
        """The same study in another folder, as another run."""
        folder.mkdir(parents=True, exist_ok=True)
        return replace(self.study, folder=folder, run=run)

    def refit(self, folder: Path) -> Final:
        """The variant trained on train and cv rows."""
        metric = self.question.metric
        winner = Finalist(self.entry, (self.entry.metrics[metric],))
        return finished(Selection(winner, ((winner, 1.0),)), self.at(folder))
