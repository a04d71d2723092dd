"""Judging the best few on folds."""

from collections.abc import Sequence
from shutil import rmtree

from descent import ml
from descent.flows.errors import RunError
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry, Finalist
from descent.flows.search.work import model_for, submit
from descent.flows.table.matrices import Matrices, featurise
from descent.ml.statistics import metrics


def epochs_found(entry: Entry) -> int | None:
    """Epochs to train a variant for on other rows: those that were best in the sweep; None for a solver's own end.

    A schedule runs its course within them.
    """
    return None if entry.variant.optimizer.is_solver else max(1, entry.best_epoch)


def score_fold(number: int, candidates: Sequence[Entry], study: Study) -> list[float]:
    """The selection metric of every candidate on the rows that a fold holds out, trained for the epochs found in the
    sweep, features refitted. ``number`` counts the folds from 1."""
    question, parts = study.question, study.parts
    folder = study.folder / f"fold-{number}"
    fitted: dict[object, Matrices] = {}
    for place, settings in enumerate(dict.fromkeys(entry.variant.features for entry in candidates)):
        fitted[settings] = featurise(settings, question, parts.frame, *parts.folds[number - 1], folder / str(place))
    waiting = []
    for entry in candidates:
        matrices = fitted[entry.variant.features]
        # Without cv rows: nothing is tuned on the held-out ones.
        only_fit = ml.Sources(matrices.sources.x, matrices.sources.y)
        future = submit(study, [entry.variant], matrices, sources=only_fit, stop_after=epochs_found(entry))
        waiting.append((matrices, future))
    scores = []
    for entry, (matrices, future) in zip(candidates, waiting, strict=True):
        outcome = future.result().outcomes[0]
        if outcome.status == "interrupted":
            raise RunError(f"{entry.variant.name}: the training of a fold was interrupted")
        held = matrices.sources.open()
        assert held.x_cv is not None and held.y_cv is not None
        outputs = ml.outputs(model_for(study, entry.variant, matrices), outcome.parameters, held.x_cv)
        found = metrics.evaluate(question.task, [question.metric], held.y_cv, outputs)
        scores.append(matrices.target.metrics_in_units(found).get(question.metric, float("nan")))
    rmtree(folder)
    return scores


def finalists(candidates: Sequence[Entry], scores: Sequence[Sequence[float]], metric: str) -> list[Finalist]:
    """Candidates with their scores, one list per fold; with the metric on the cv rows where there were no folds."""
    if not scores:
        return [Finalist(entry, (entry.metrics[metric],)) for entry in candidates]
    return [Finalist(entry, tuple(fold[i] for fold in scores)) for i, entry in enumerate(candidates)]
