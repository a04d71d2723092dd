"""The steps of the flow, one after another in this process: no server, no store, no workers."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from descent.flows.evaluation import refit as final
from descent.flows.search import work
from descent.flows.search.leaderboard import Entry
from descent.flows.search.models import model_of
from descent.flows.table import question as inputs
from descent.schemas import config_from

from .tables import write


class Here(Executor):
    """Does at once what it is asked for."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future


@dataclass(frozen=True)
class Steps:
    """A question, its parts, and its first variant trained."""

    question: inputs.Question
    parts: inputs.Parts
    entry: Entry
    swept: inputs.Matrices

    @classmethod
    def take(cls, table: pd.DataFrame, target: str, folder: Path, *settings: str) -> "Steps":
        """Split, fit features, train the first variant."""
        folder.mkdir(parents=True, exist_ok=True)
        config = config_from(
            {"data": {"source": str(write(table, folder / "table.csv")), "target": target}}, overrides=settings
        )
        question, frame = inputs.pose(config, inputs.load(config))
        parts = inputs.cut(question, frame, folder)
        variant = question.variants[0]
        matrices = inputs.featurise(variant.features, question, parts, parts.train, parts.cv, None)
        model = model_of(variant, matrices.width, matrices.target.outputs, question.task)
        result = work.submit(Here(), model, [variant], matrices.sources, dtype="float32").result()
        return cls(question, parts, work.entries_of([variant], 0, result, matrices.target)[0], matrices)

    def refit(self, folder: Path) -> final.Final:
        """The variant trained on train and cv rows."""
        return final.refit(self.entry, self.question, self.parts, self.swept, Here(), folder)
