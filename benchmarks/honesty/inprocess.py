"""An experiment up to its diagnosis, in one process: the steps of the flow without Prefect, MLflow and the test."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from descent.flows.diagnosis.diagnose import Diagnosed, observe
from descent.flows.diagnosis.evidence import Gathered, gather
from descent.flows.evaluation import folds
from descent.flows.evaluation.selection import Finalist
from descent.flows.run.study import Study
from descent.flows.search import work
from descent.flows.search.leaderboard import Entry, candidates, rank
from descent.flows.search.plan import plan_of
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question, ask
from descent.flows.workers.engine import AtOnce
from descent.schemas import config_from


@dataclass(frozen=True)
class Run:
    """What a run knows when the winner is chosen, in a folder that lives as long as its context."""

    study: Study
    board: list[Entry]
    winner: Finalist

    def gathered(self) -> Gathered:
        """What the diagnosis measures."""
        return gather(observe(self.winner, self.board, self.study), self.winner.entry, self.board, self.study)


def pose(frame: pd.DataFrame, settings: Mapping[str, Any], folder: Path) -> tuple[Question, pd.DataFrame]:
    """The question that settings ask of a table."""
    path = folder / "table.parquet"
    frame.to_parquet(path, index=False)
    posed = ask(config_from({**settings, "data": {"source": str(path), **settings["data"]}}))
    return posed.question, posed.take()


def study_of(question: Question, parts: Parts, folder: Path) -> Study:
    """A study in this process, in a folder of its own under the given one."""
    own = folder / f"study-{sum(1 for _ in folder.glob('study-*'))}"
    own.mkdir(parents=True)
    return Study(question, parts, AtOnce(), own)


def sweep(question: Question, parts: Parts, folder: Path) -> Run:
    """Train, rank, cross-validate, choose."""
    study = study_of(question, parts, folder)
    for settings in question.settings:
        study.swept(settings)
    entries: list[Entry] = []
    for chunk in plan_of(study).chunks:
        mine = study.swept(chunk.fleet.features)
        result = work.submit(study, chunk.variants, mine).result()
        entries += work.entries_of(chunk.variants, chunk.fleet.number, result, mine.target)
    board = rank(entries, question.metric, question.greater_is_better)
    best = candidates(board, question.metric, question.config.validation.finalists)
    held = [folds.score_fold(number, best, study) for number in range(1, len(parts.folds) + 1)]
    return Run(study, board, folds.judge_of(study).choose(folds.finalists(best, held, study)))


__all__ = ["Diagnosed", "Run", "TemporaryDirectory", "np", "pose", "study_of", "sweep"]
