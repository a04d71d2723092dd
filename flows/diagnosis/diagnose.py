"""The diagnosis of the winner: what was seen of it, put before the rules of `ml.diagnosis.verdict`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from descent.flows.diagnosis.changes import Change
from descent.flows.diagnosis.curves import Curves, capacity_curve, lambda_curve, learning_curve
from descent.flows.diagnosis.evidence import gather
from descent.flows.evaluation.baselines import cost_of, dummy_metrics
from descent.flows.evaluation.selection import Finalist, Selection
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.table.question import Question
from descent.ml.diagnosis.advice import Advice
from descent.ml.diagnosis.power_law import PowerLaw
from descent.ml.diagnosis.verdict import HIGH, Diagnosis, Observations, level_as_cost, level_of
from descent.ml.diagnosis.verdict import diagnose as judge


@dataclass(frozen=True)
class Diagnosed:
    """The diagnosis with the costs it was drawn against, all in the target's units.

    Above ``high_bias`` J_train is high, above ``high_variance`` J_cv − J_train.
    """

    diagnosis: Diagnosis
    cost_dummy: float
    level: float
    high_bias: float
    high_variance: float
    curves: Curves
    law: PowerLaw | None
    changes: Mapping[str, Change]
    costs: NDArray[np.float64]
    """The winner's cost on every cv row (m,); empty where nothing was measured."""


@dataclass(frozen=True)
class Followed:
    """What came of an advice: ``realised`` is by how much J_cv fell, ``se`` its standard error over the cv rows."""

    advice: Advice
    entries: tuple[Entry, ...] = field(repr=False)
    realised: float
    se: float
    selected: bool


@dataclass(frozen=True)
class Standing:
    """The finalists with their scores, and who leads."""

    finalists: Sequence[Finalist]
    selection: Selection


def observe(winner: Finalist, board: Sequence[Entry], study: Study) -> Observations:
    """The winner's J_train and J_cv beside the dummy's, the best seen and the configured level."""
    entry, variant = winner.entry, winner.entry.variant
    question, parts = study.question, study.parts
    y, classes = study.y, len(question.inference.classes)
    cost_dummy = cost_of(question.task, dummy_metrics(question.task, y[parts.train], y[parts.cv], classes))
    baseline = question.config.diagnose.baseline
    level = None if baseline is None else level_as_cost(question.metric, baseline, cost_dummy)
    usable = [other for other in board if other.usable]
    alike = [other.variant for other in board if other.variant.kind == variant.kind]
    numbers = question.inference.of_role("numeric")
    return Observations(
        cost_train=entry.cost_train,
        cost_cv=entry.cost_cv,
        cost_dummy=cost_dummy,
        se=_error_of_cost(winner, question.metric),
        level=level,
        best_cost_train=min(min((other.cost_train, *other.curve_train)) for other in usable),
        best_cost_cv=min(other.cost_cv for other in usable),
        rows=parts.sizes["train"],
        columns=study.swept(variant.features).width,
        parameters=entry.parameters,
        hidden=variant.layers,
        degree=variant.features.degree,
        lam=variant.lambda_,
        tried_hidden=tuple(dict.fromkeys(other.variant.layers for other in board)),
        tried_degrees=tuple(dict.fromkeys(other.variant.features.degree for other in board)),
        tried_lams=tuple(dict.fromkeys(other.lambda_ for other in alike)),
        entry=_entry_of_search(variant.kind, question),
        curve_train=entry.curve_train,
        curve_cv=entry.curve_cv,
        stopped_early=entry.status == "stopped",
        diverged=sum(other.status == "diverged" for other in board),
        variants=len(board),
        entries=len(question.config.search.models or ()),
        numeric=bool(numbers),
    )


def diagnosed(winner: Finalist, board: Sequence[Entry], study: Study) -> Diagnosed:
    """The verdict, from what was seen and, unless ``diagnose.curves`` is off, what is measured for it."""
    seen = observe(winner, board, study)
    if not study.question.config.diagnose.curves:
        return judged(seen, winner.entry, board)
    found = gather(seen, winner.entry, board, study.on_sample())  # whose rows are in memory
    return judged(found.seen, winner.entry, board, found.changes)


def judged(
    seen: Observations, winner: Entry, board: Sequence[Entry], changes: Mapping[str, Change] | None = None
) -> Diagnosed:
    """The verdict on observations, with the costs and curves that it rests on."""
    found = level_of(seen)
    level, limit, unit = found.cost, found.limit, seen.explainable
    if seen.measured is not None:
        level, limit, unit = float(seen.measured.levels.mean()), HIGH, float(seen.measured.explainable.mean())
    curves = Curves(learning_curve(seen), lambda_curve(winner, board), capacity_curve(winner, board))
    return Diagnosed(
        judge(seen),
        seen.cost_dummy,
        level,
        level + limit * unit,
        HIGH * unit,
        curves,
        seen.law,
        changes or {},
        np.empty(0) if seen.measured is None else seen.measured.costs,
    )


def _error_of_cost(winner: Finalist, metric: str) -> float | None:
    """Standard error of J_cv over the folds, where the metric is the cost or its root; None where it is neither."""
    if winner.se is None:
        return None
    if metric == "log_loss":
        return winner.se
    return winner.mean * winner.se if metric == "rmse" else None  # dJ = rmse · d(rmse), for J = rmse²/2


def _entry_of_search(kind: str, question: Question) -> int | None:
    kinds: list[str] = [model.kind for model in question.config.search.models or ()]
    return kinds.index(kind) if kinds.count(kind) == 1 else None
