"""Gradient-boosted trees trained on the same rows, beside the model at validation and in the test."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.data.references.boosted import Boosted, boosted
from descent.flows.evaluation.selection import paired
from descent.flows.run.study import Study
from descent.ml.statistics import metrics

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Rival:
    """Trees that learned from the train and cv rows, and what others of the train rows alone reach on the cv rows."""

    cv: Mapping[str, float]
    trees: Boosted = field(repr=False)


def rival_of(study: Study) -> Rival | None:
    """Train the rival on the rows in memory; None where it would take longer than everything else."""
    question, parts, y = study.question, study.parts, study.y
    columns = study.swept(question.variants[0].features).features.columns
    classes, seed = len(question.inference.classes), question.config.split.seed
    first = boosted(question.task, parts.frame.iloc[parts.train], y[parts.train], columns, classes, seed)
    whole = None if first is None else boosted(question.task, parts.frame, y, columns, classes, seed)
    if first is None or whole is None:
        return None
    held = first.outputs(parts.frame.iloc[parts.cv])
    return Rival(metrics.evaluate(question.task, None, y[parts.cv], held), whole)


def clearly_better(mine: Array, rivals: Array, units: Array) -> bool:
    """Whether the rival's losses (m,) on the test rows are lower than the model's by more than two paired standard
    errors; rows of one unit are correlated."""
    gain, se = paired(np.asarray(mine) - np.asarray(rivals), units)
    return bool(np.isfinite(se) and gain > 2 * se)
