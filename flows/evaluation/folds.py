"""The best few on folds: their models are kept, and what these say of the rows that they were not trained on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from shutil import rmtree
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import ml
from descent.flows.errors import RunError
from descent.flows.evaluation.baselines import dummy_outputs
from descent.flows.evaluation.ensemble import TrainedMember
from descent.flows.evaluation.selection import Finalist, Judge
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.search.work import model_for, submit
from descent.flows.table.matrices import Indices, Matrices, featurise
from descent.ml.statistics import metrics
from descent.ml.statistics.comparison import row_losses
from descent.ml.statistics.rows import row_costs
from descent.schemas import fleet_key

Array = NDArray[Any]

FAR = 3.0
"""A fold has exploded if its cost is this many times the median of the others, and above the dummy's."""
STRETCHES = 10
"""Number of blocks into which rows in time order are cut; those of one block are correlated, as weeks of
one weather do. Of forty, each is about a day of nycflights13_q1, and what networks gained there seemed certain."""


@dataclass(frozen=True, eq=False)
class Held:
    """A candidate on the rows that a fold held out; ``outputs`` in the target's units, or logits.

    ``cost`` is J there, ``dummy`` that of a model that knows no features. ``trained`` is None where it diverged;
    ``epochs`` are those after which it was best there.
    """

    score: float
    cost: float
    dummy: float
    outputs: Array = field(repr=False)
    trained: TrainedMember | None = field(repr=False)
    epochs: int


def epochs_found(entry: Entry) -> int | None:
    """Epochs to train a variant for on other rows: those that were best in the sweep; None for a solver's own end.

    A schedule runs its course within them.
    """
    return None if entry.variant.optimizer.is_solver else max(1, entry.best_epoch)


def score_fold(number: int, candidates: Sequence[Entry], study: Study) -> list[Held]:
    """Every candidate on the rows that a fold holds out; features are fitted anew. ``number`` counts from 1.

    What trains in steps keeps the parameters of the epoch that was best on the rows held out. That choice of one number
    makes its cost there a little too low; solvers see the rows fitted on alone.
    """
    rows, folder = study.parts.folds[number - 1], study.folder / f"fold-{number}"
    fitted: dict[object, Matrices] = {}
    for place, settings in enumerate(dict.fromkeys(entry.variant.features for entry in candidates)):
        fitted[settings] = featurise(settings, study.question, study.parts.frame, *rows, folder / str(place))
    fleets: dict[object, list[int]] = {}
    for place, entry in enumerate(candidates):
        fleets.setdefault(fleet_key(entry.variant), []).append(place)
    waiting = []
    for places in fleets.values():
        variants = [candidates[place].variant for place in places]
        matrices = fitted[variants[0].features]
        solved = variants[0].optimizer.is_solver
        sources = ml.Sources(matrices.sources.x, matrices.sources.y) if solved else matrices.sources
        waiting.append((places, matrices, submit(study, variants, matrices, sources=sources, metrics=())))
    found: dict[int, Held] = {}
    for places, matrices, future in waiting:
        for place, outcome in zip(places, future.result().outcomes, strict=True):
            name = candidates[place].variant.name
            if outcome.status == "interrupted":
                raise RunError(f"{name}: the training of a fold was interrupted")
            model = model_for(study, candidates[place].variant, matrices)
            trained = TrainedMember(matrices.features, matrices.target, model, outcome.parameters)
            found[place] = _held(trained, outcome, matrices, study)
    rmtree(folder)
    return [found[place] for place in range(len(candidates))]


def _held(trained: TrainedMember, outcome: ml.Outcome, matrices: Matrices, study: Study) -> Held:
    task, metric, target = study.question.task, study.question.metric, matrices.target
    held, diverged = matrices.sources.open(), outcome.status == "diverged"
    assert held.x_cv is not None and held.y_cv is not None
    y = np.asarray(held.y_cv)
    z = ml.outputs(trained.model, trained.parameters, held.x_cv)
    dummy = dummy_outputs(task, np.asarray(held.y), len(study.question.inference.classes), len(y))
    score = target.metrics_in_units(metrics.evaluate(task, [metric], y, z)).get(metric, float("nan"))
    cost = float("inf") if diverged else float(row_costs(task, y, z).mean())
    outputs = target.decode(z) if task == "regression" else np.asarray(z, np.float64)
    kept = None if diverged or not np.isfinite(z).all() else trained
    return Held(score, cost, float(row_costs(task, y, dummy).mean()), outputs, kept, outcome.best_epoch)


def finalists(candidates: Sequence[Entry], held: Sequence[Sequence[Held]], study: Study) -> list[Finalist]:
    """Candidates with what every fold (one list each) says of them; with the metric on the cv rows without folds.

    A fold on which a candidate exploded is left out of its mean and has no model. One that exploded on every fold, or
    on all but one, is no finalist, unless all did.
    """
    metric = study.question.metric
    if not held:
        return [Finalist(entry, (entry.metrics[metric],)) for entry in candidates]
    found = [_finalist(entry, [fold[place] for fold in held], study) for place, entry in enumerate(candidates)]
    sound = [one for one in found if len(one.folds) > 1 and any(one.models)]
    if not sound:
        raise RunError(
            "every finalist diverged on the folds: lower learning_rate, or set clip_norm: 1 in the optimizer"
        )
    return sound


def _finalist(entry: Entry, held: Sequence[Held], study: Study) -> Finalist:
    question, parts = study.question, study.parts
    median = float(np.median([one.cost for one in held]))
    sound = [
        one.trained is not None and np.isfinite(one.score) and not (one.cost > FAR * median and one.cost > one.dummy)
        for one in held
    ]
    total = np.zeros((len(parts.frame), *held[0].outputs.shape[1:]))
    times = np.zeros((len(parts.frame), *[1] * (total.ndim - 1)))
    for fine, one, (_, rows) in zip(sound, held, parts.folds, strict=True):
        if fine:
            total[rows] += one.outputs
            times[rows] += 1
    outputs = np.divide(total, times, out=np.full_like(total, np.nan), where=times > 0)
    known = np.isfinite(outputs.reshape(len(outputs), -1)).all(axis=1)
    losses = np.full(len(outputs), np.nan)
    found = row_losses(question.task, question.metric, study.y[known], outputs[known])
    if found is not None:
        losses[known] = found[1]
    scores = tuple(one.score for fine, one in zip(sound, held, strict=True) if fine)
    models = tuple(one.trained if fine else None for fine, one in zip(sound, held, strict=True))
    epochs = tuple(one.epochs for one in held)
    return Finalist(entry, scores, outputs, None if found is None else losses, models, epochs, repeats=question.repeats)


def exploded(found: Sequence[Finalist], candidates: Sequence[Entry]) -> Iterator[str]:
    """What is to be told of folds that were left out."""
    for entry in candidates:
        mine = next((one for one in found if one.entry is entry), None)
        if mine is None:
            yield f"{entry.variant.name} failed on the folds and was left out"
        elif missing := [number for number, model in enumerate(mine.models, start=1) if model is None]:
            which = f"fold {missing[0]} was" if len(missing) == 1 else f"folds {', '.join(map(str, missing))} were"
            yield (
                f"{entry.variant.name}: {which} left out of its score and of its average: it diverged "
                f"there, or cost over {FAR:.0f} times as much as on the other folds, and more than a dummy"
            )


def judge_of(study: Study) -> Judge:
    """How the finalists of a question are compared."""
    question, frame = study.question, study.parts.frame
    inference = question.inference
    units = np.arange(len(frame))
    if inference.group is not None:
        units = pd.factorize(frame[inference.group], use_na_sentinel=False)[0]
    elif inference.split_by == "time" and inference.time is not None:
        units = stretches(study, STRETCHES)
    rule = question.config.select.rule
    return Judge(question.task, question.metric, rule, question.greater_is_better, study.y, units)


def stretches(study: Study, count: int) -> Indices:
    """The number of the stretch of time (m,) that each row of the frame is in, as many rows in each."""
    moments = pd.factorize(study.parts.frame[study.question.inference.time], sort=True)[0]
    place = np.empty(len(moments), np.intp)
    place[np.argsort(moments, kind="stable")] = np.arange(len(moments))
    return place * count // max(len(moments), 1)
