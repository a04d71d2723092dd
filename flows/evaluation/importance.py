"""Permutation importance: how much worse the winner predicts when the values of one column are shuffled.

Breiman (2001), *Random Forests*, §10, on the cv rows: the model never learned from them, and the test rows stay
sealed. Measured per column of the table, not per feature, so a category or a date counts once. The winner is the one
that was compared, trained on the training rows; the refitted one has seen the cv rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from descent import ml
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.search.work import model_for
from descent.flows.table.matrices import Indices
from descent.ml.statistics import metrics

CELLS = 8_000_000
"""Cells of all matrices together that are made for this: what bounds its time, to a second or two."""
AT_ONCE = 2_000_000
MOST_ROWS, FEWEST_ROWS = 1000, 50
REPEATS = 5


@dataclass(frozen=True)
class ColumnImportance:
    """By how much shuffling the column makes the metric worse: mean and standard deviation over the repeats."""

    name: str
    mean: float
    deviation: float

    @property
    def clear(self) -> bool:
        """Whether it is above what chance does."""
        return self.mean > 2 * self.deviation


@dataclass(frozen=True)
class Importance:
    """Every column's importance, the greatest first; ``base`` is the metric with nothing shuffled, on ``rows`` rows."""

    metric: str
    base: float
    rows: int
    repeats: int
    columns: tuple[ColumnImportance, ...]


def measure(winner: Entry, study: Study) -> Importance | None:
    """Shuffle one column after the other; None where the metric is undefined on the cv rows.

    The number of rows and repeats follows from the table's width, so that the time is bounded.
    """
    question, parts, matrices = study.question, study.parts, study.swept(winner.variant.features)
    features, target, metric = matrices.features, matrices.target, question.metric
    names = tuple(features.schema)
    rng = np.random.default_rng(question.config.split.seed)
    rows, repeats = effort(len(parts.cv), len(names), max(matrices.width, len(names)))
    kept = np.sort(rng.permutation(parts.cv)[:rows])
    y = target.encode(parts.frame[question.inference.target].iloc[kept])
    frame = parts.frame[list(names)].iloc[kept]
    model = model_for(study, winner.variant, matrices)
    sign = 1.0 if question.greater_is_better else -1.0

    def scores(stacked: pd.DataFrame) -> list[float]:
        outputs = ml.outputs(model, winner.weights, features.transform(stacked))
        blocks = np.split(outputs, len(stacked) // rows)
        found = (metrics.evaluate(question.task, [metric], y, block) for block in blocks)
        return [target.metrics_in_units(values).get(metric, float("nan")) for values in found]

    base = scores(frame)[0]
    if not np.isfinite(base):
        return None
    jobs = [(name, rng.permutation(rows)) for name in names for _ in range(repeats)]
    some = max(1, AT_ONCE // (rows * max(matrices.width, len(names))))
    values = [
        score for start in range(0, len(jobs), some) for score in scores(mixed(frame, jobs[start : start + some]))
    ]
    losses = sign * (base - np.array(values).reshape(len(names), repeats))
    found = [
        ColumnImportance(name, float(loss.mean()), float(loss.std(ddof=1)))
        for name, loss in zip(names, losses, strict=True)
    ]
    return Importance(metric, base, rows, repeats, tuple(sorted(found, key=lambda one: -one.mean)))


def effort(rows: int, columns: int, width: int) -> tuple[int, int]:
    """Rows and repeats for a table of so many columns, which become ``width`` features, within `CELLS`."""
    most = max(FEWEST_ROWS, CELLS // (REPEATS * columns * width))
    rows = min(rows, MOST_ROWS, most)
    return rows, int(np.clip(CELLS // (rows * columns * width), 2, REPEATS))


def mixed(frame: pd.DataFrame, jobs: Sequence[tuple[str, Indices]]) -> pd.DataFrame:
    """The frame under itself once per job, each time with the job's column in the job's order."""
    plain = np.arange(len(frame))
    orders = {name: np.concatenate([order if job == name else plain for job, order in jobs]) for name in frame.columns}
    return pd.DataFrame({name: frame[name].array.take(order) for name, order in orders.items()})
