"""An experiment up to its diagnosis, in one process: the steps of the flow without Prefect, MLflow and the test."""

from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from descent.flows.diagnosis.diagnose import Diagnosed, observe
from descent.flows.diagnosis.evidence import Gathered, gather
from descent.flows.evaluation import folds
from descent.flows.search import planning, work
from descent.flows.search.leaderboard import Entry, Finalist, choose, rank
from descent.flows.table import question as inputs
from descent.flows.table.question import Matrices, Parts, Question
from descent.schemas import FeatureSettings, config_from


class Inline(Executor):
    """Runs at once what is submitted."""

    def submit(self, function: Any, /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """A future that is done."""
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future


@dataclass(frozen=True)
class Run:
    """What a run knows when the winner is chosen, in a folder that lives as long as its context."""

    question: Question
    parts: Parts
    matrices: Mapping[FeatureSettings, Matrices]
    board: list[Entry]
    winner: Finalist
    folder: Path

    def gathered(self) -> Gathered:
        """What the diagnosis measures."""
        width = self.matrices[self.winner.entry.variant.features].width
        seen = observe(self.winner, self.board, self.question, self.parts, width)
        return gather(seen, self.winner.entry, self.board, self.question, self.parts, self.matrices, Inline(),
                      self.folder)  # fmt: skip


def pose(frame: pd.DataFrame, settings: Mapping[str, Any], folder: Path) -> tuple[Question, pd.DataFrame]:
    """The question that settings ask of a table."""
    path = folder / "table.parquet"
    frame.to_parquet(path, index=False)
    config = config_from({**settings, "data": {"source": str(path), **settings["data"]}})
    return inputs.pose(config, inputs.load(config))


def sweep(question: Question, parts: Parts, folder: Path) -> Run:
    """Train, rank, cross-validate, choose."""
    matrices = {
        settings: inputs.featurise(settings, question, parts, parts.train, parts.cv, folder / f"features-{number}")
        for number, settings in enumerate(question.settings)
    }
    entries: list[Entry] = []
    for chunk in planning.planned(question, matrices, 1).chunks:
        mine = matrices[chunk.fleet.features]
        result = work.submit(
            Inline(), chunk.fleet.model, chunk.variants, mine.sources, dtype=question.config.compute.dtype
        ).result()
        entries += work.entries_of(chunk.variants, chunk.fleet.number, result, mine.target)
    board = rank(entries, question.metric, question.greater_is_better)
    candidates = question.candidates(board)
    scores = [
        folds.score_fold(fold, candidates, question, parts, Inline(), folder / f"fold-{number}")
        for number, fold in enumerate(parts.folds)
    ]
    found = folds.finalists(candidates, scores, question.metric)
    winner = choose(found, question.config.select.rule, question.greater_is_better)
    return Run(question, parts, matrices, board, winner, folder)


__all__ = ["Diagnosed", "Inline", "Run", "TemporaryDirectory", "np", "pose", "sweep"]
