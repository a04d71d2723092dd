"""Judging the best few: folds, and the diagnosis of the winner."""

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import ml
from ml import metrics
from ml.diagnosis import HIGH, Diagnosis, Observations, level_as_cost, level_of
from ml.diagnosis import diagnose as judge
from ml.optimizers import SOLVERS

from .baselines import cost_of, dummy_metrics
from .errors import RunError
from .inputs import Indices, Matrices, Parts, Question, featurise
from .models import model_of
from .selection import Entry, Finalist
from .training import submit


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


def epochs_found(entry: Entry) -> int | None:
    """Epochs to train a variant for on other rows: those that were best in the sweep; None for a solver's own end.

    A schedule runs its course within them.
    """
    return None if entry.variant.optimizer.kind in SOLVERS else max(1, entry.best_epoch)


def score_fold(
    fold: tuple[Indices, Indices], candidates: Sequence[Entry], question: Question, parts: Parts, executor: Executor
) -> list[float]:
    """The selection metric of every candidate on the held-out rows, trained for the epochs found in the sweep."""
    fitted: dict[object, Matrices] = {}
    for entry in candidates:
        if entry.variant.features not in fitted:
            fitted[entry.variant.features] = featurise(entry.variant.features, question, parts, *fold, None)
    waiting = []
    for entry in candidates:
        matrices = fitted[entry.variant.features]
        model = model_of(entry.variant, matrices.width, matrices.target.outputs, question.task)
        only_fit = ml.Sources(
            matrices.sources.x, matrices.sources.y
        )  # no cv rows: nothing is tuned on the held-out ones
        waiting.append(
            (matrices, model, submit(executor, model, [entry.variant], only_fit, dtype=question.config.compute.dtype,
                                     stop_after=epochs_found(entry)))
        )  # fmt: skip
    scores = []
    for entry, (matrices, model, future) in zip(candidates, waiting, strict=True):
        outcome = future.result().outcomes[0]
        if outcome.status == "interrupted":
            raise RunError(f"{entry.variant.name}: the training of a fold was interrupted")
        held = matrices.sources.open()
        assert held.x_cv is not None and held.y_cv is not None
        outputs = ml.outputs(model, outcome.parameters, held.x_cv)
        found = metrics.evaluate(question.task, [question.metric], held.y_cv, outputs)
        scores.append(matrices.target.metrics_in_units(found).get(question.metric, float("nan")))
    return scores


def finalists(candidates: Sequence[Entry], scores: Sequence[Sequence[float]], metric: str) -> list[Finalist]:
    """Candidates with their scores, one list per fold; with the metric on the cv rows where there were no folds."""
    if not scores:
        return [Finalist(entry, (entry.metrics[metric],)) for entry in candidates]
    return [Finalist(entry, tuple(fold[i] for fold in scores)) for i, entry in enumerate(candidates)]


def diagnose(winner: Finalist, board: Sequence[Entry], question: Question, parts: Parts, width: int) -> Diagnosed:
    """Compare the winner's J_train and J_cv with the dummy's, the best seen and the configured level."""
    entry, variant = winner.entry, winner.entry.variant
    cost_dummy = cost_of(question.task, dummy_on_cv(question, parts))
    baseline = question.config.diagnose.baseline
    level = None if baseline is None else level_as_cost(question.metric, baseline, cost_dummy)
    usable = [other for other in board if other.status != "diverged"]
    alike = [other.variant for other in board if other.variant.kind == variant.kind]
    seen = Observations(
        cost_train=entry.cost_train,
        cost_cv=entry.cost_cv,
        cost_dummy=cost_dummy,
        se=_error_of_cost(winner, question.metric),
        level=level,
        best_cost_train=min(min((other.cost_train, *other.curve_train)) for other in usable),
        best_cost_cv=min(other.cost_cv for other in usable),
        rows=parts.sizes["train"],
        columns=width,
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
        diverged=len(board) - len(usable),
        variants=len(board),
    )
    found = level_of(seen)
    return Diagnosed(
        judge(seen), cost_dummy, found.cost, found.cost + found.limit * seen.explainable, HIGH * seen.explainable
    )


def dummy_on_cv(question: Question, parts: Parts) -> dict[str, float]:
    """Metrics on the cv rows of the dummy that knows the training rows' target alone."""
    column, inference = parts.frame[question.inference.target], question.inference
    if question.task == "regression":
        y = column.to_numpy(float)
        return dummy_metrics("regression", y[parts.train], y[parts.cv], 0)
    from data import Target

    codes = Target(str(column.name), question.task, inference.classes).encode(column)
    return dummy_metrics(question.task, codes[parts.train], codes[parts.cv], len(inference.classes))


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
