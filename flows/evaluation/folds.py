"""Judging the best few on folds."""

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from shutil import rmtree

from descent import ml
from descent.flows.errors import RunError
from descent.flows.search.leaderboard import Entry, Finalist
from descent.flows.search.models import model_of
from descent.flows.search.work import submit
from descent.flows.table.question import Indices, Matrices, Parts, Question, featurise
from descent.ml.optimizers.rules import SOLVERS
from descent.ml.statistics import metrics


def epochs_found(entry: Entry) -> int | None:
    """Epochs to train a variant for on other rows: those that were best in the sweep; None for a solver's own end.

    A schedule runs its course within them.
    """
    return None if entry.variant.optimizer.kind in SOLVERS else max(1, entry.best_epoch)


def score_fold(
    fold: tuple[Indices, Indices], candidates: Sequence[Entry], question: Question, parts: Parts, executor: Executor,
    folder: Path,
) -> list[float]:  # fmt: skip
    """The selection metric of every candidate on the held-out rows, trained for the epochs found in the sweep.

    ``folder`` holds the features for as long as that takes.
    """
    fitted: dict[object, Matrices] = {}
    for number, settings in enumerate(dict.fromkeys(entry.variant.features for entry in candidates)):
        fitted[settings] = featurise(settings, question, parts, *fold, folder / str(number))
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
    rmtree(folder)
    return scores


def finalists(candidates: Sequence[Entry], scores: Sequence[Sequence[float]], metric: str) -> list[Finalist]:
    """Candidates with their scores, one list per fold; with the metric on the cv rows where there were no folds."""
    if not scores:
        return [Finalist(entry, (entry.metrics[metric],)) for entry in candidates]
    return [Finalist(entry, tuple(fold[i] for fold in scores)) for i, entry in enumerate(candidates)]
