"""The final model: an average of the folds' own models, or the winner trained on all rows but the test's."""

from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent import data
from descent.flows.errors import RunError
from descent.flows.evaluation.baselines import plain_linear
from descent.flows.evaluation.ensemble import Ensemble, Member, TrainedMember
from descent.flows.evaluation.folds import epochs_found
from descent.flows.evaluation.selection import Finalist, Selection
from descent.flows.machine.memory import release
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.search.work import model_for, submit
from descent.flows.table.matrices import Matrices
from descent.ml.chunks import ChunkResult
from descent.ml.ensembles import blend
from descent.ml.statistics.conformal import half_widths
from descent.schemas import Variant

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Final:
    """The final model, the folder it is stored in, and the plain linear model beside it."""

    model: Ensemble
    folder: Path
    linear: TrainedMember | None
    """None where its training diverged."""


def finished(selection: Selection, study: Study) -> Final:
    """Make the final model and store it in the folder ``model``.

    A network is the average of the folds' models, each stopped by rows that it did not learn from: they are trained
    already, and their average is better than one of them by what they differ (bagging: Breiman 1996, *Machine
    Learning* 24). A linear model has nothing to stop, and is trained on train and cv rows together, features refitted;
    so is the winner where folds are not to be averaged (`averages`).

    Raises:
        RunError: training diverged on these rows.
    """
    winner, question = selection.winner.entry, study.question
    plain = plain_linear(question.config, question.task, winner.variant.features, study.parts.frame.shape[1])
    refits = _Refits(study)
    refits.begin(plain, None)
    averaged = averages(selection, study)
    by = 1.0 if selection.calibration is None else selection.calibration.temperature
    alone = [winner] if not averaged else [one.entry for one, _ in selection.members if one.is_linear]
    for entry in alone:
        refits.begin(entry.variant, epochs_found(entry))
    release()
    if averaged:
        members = tuple(_members(selection, refits, study))
        final = Ensemble(members, _target(members, study), _intervals_of(selection, study), by)
    else:
        widths = None if question.task != "regression" else _intervals_beside(winner, study)
        trained = _sound(refits.result(winner.variant), winner)
        final = Ensemble((Member(trained, 1.0),), trained.target, widths, by)
    linear = refits.result(plain)
    folder = study.folder / "model"
    final.store(folder)
    return Final(final, folder, None if isinstance(linear, str) else linear)


def averages(selection: Selection, study: Study) -> bool:
    """Whether the final model is an average, and not the winner trained on all rows.

    Not where the configuration wants one model, where there are no folds, or where the winner is linear and alone.
    """
    if study.question.config.select.ensemble.members < 2:
        return False
    return any(any(one.models) and not one.is_linear for one, _ in selection.members)


class _Refits:
    """Trainings on train and cv rows together, each once; features are made once per setting."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._matrices: dict[object, Matrices] = {}
        self._waiting: dict[Variant, tuple[Matrices, Future[ChunkResult]]] = {}

    def begin(self, variant: Variant, epochs: int | None) -> None:
        """Submit a training for so many epochs."""
        if variant.features not in self._matrices:
            name = f"refit-{len(self._matrices)}"
            self._matrices[variant.features] = self._study.working(variant.features, name)
        matrices = self._matrices[variant.features]
        self._waiting[variant] = (matrices, submit(self._study, [variant], matrices, stop_after=epochs))

    def result(self, variant: Variant) -> TrainedMember | str:
        """The trained model, or why there is none."""
        matrices, future = self._waiting[variant]
        outcome = future.result().outcomes[0]
        if outcome.status in ("diverged", "interrupted"):
            return outcome.message
        model = model_for(self._study, variant, matrices)
        return TrainedMember(matrices.features, matrices.target, model, outcome.parameters)


def _members(selection: Selection, refits: _Refits, study: Study) -> Iterator[Member]:
    networks = [one for one, _ in selection.members if not one.is_linear]
    anew = study.question.inference.split_by == "time"
    if anew:
        for variant, epochs in (each for one in networks for each in _anew(one)):
            refits.begin(variant, epochs)
    for one, weight in selection.members:
        if one.is_linear:
            yield Member(_sound(refits.result(one.entry.variant), one.entry), weight)
            continue
        found = [refits.result(variant) for variant, _ in _anew(one)] if anew else one.models
        models = [model for model in found if isinstance(model, TrainedMember)]
        if not models:
            raise RunError(f"the winner {one.entry.variant.name} diverged on all rows: lower learning_rate")
        yield from (Member(model, weight / len(models)) for model in models)


def _anew(finalist: Finalist) -> list[tuple[Variant, int]]:
    """What to train on all rows where folds follow each other in time, and for how many epochs.

    The folds' own models know nothing of the newest rows. For each one is trained with another seed, on all rows, for
    the epochs after which the fold's was best on the rows that followed it. That had 0.95 times the loss of models that
    are each stopped by a stretch of time between others (0.71 to 1.04, `benchmarks.accuracy.in_time` on two tables).
    """
    variant, sound = finalist.entry.variant, zip(finalist.models, finalist.epochs, strict=True)
    return [
        (replace(variant, seed=variant.seed + number), max(1, epochs))
        for number, (model, epochs) in enumerate(sound)
        if model is not None
    ]


def _sound(found: TrainedMember | str, entry: Entry) -> TrainedMember:
    if isinstance(found, str):
        raise RunError(f"the winner {entry.variant.name} could not be trained on train and cv rows: {found}")
    return found


def _target(members: tuple[Member, ...], study: Study) -> data.Target:
    """What an average says: values in the target's own units, standardised as by all rows."""
    inference = study.question.inference
    if len(members) == 1:
        return members[0].trained.target
    return data.Target.fit(study.parts.frame[inference.target], study.question.task, inference.classes)


def _intervals_of(selection: Selection, study: Study) -> dict[str, Any] | None:
    """Intervals from what the folds' models said of rows that they were not trained on."""
    if study.question.task != "regression":
        return None
    found = [(np.asarray(one.outputs), weight) for one, weight in selection.members]
    whole = blend("regression", [outputs for outputs, _ in found], [weight for _, weight in found])
    known = np.isfinite(whole)
    method = "cross-conformal: out-of-fold residuals on the train and cv rows"
    return _widths(study.y[known], whole[known], method)


def _intervals_beside(entry: Entry, study: Study) -> dict[str, Any]:
    """Intervals from the winner trained once more on the training rows alone."""
    swept = study.swept(entry.variant.features)
    future = submit(study, [entry.variant], swept, stop_after=epochs_found(entry), keep_outputs=True, metrics=())
    decode, y = swept.target.decode, swept.sources.open().y_cv
    assert y is not None
    method = "split conformal: residuals on the cv rows of the winner trained on the training rows"
    return _widths(decode(np.asarray(y)), decode(future.result().outputs_cv[0]), method)


def _widths(y: Array, predicted: Array, method: str) -> dict[str, Any]:
    """Half the length of the interval around a prediction for every level in hundredths; null where it is infinite."""
    residuals = y - predicted
    levels = range(50, 100)
    widths = dict(zip(levels, half_widths(residuals, [level / 100 for level in levels]), strict=True))
    return {
        "method": method,
        "rows": len(residuals),
        "never_negative": bool((y >= 0).all()),
        "half_widths": {str(level): width if np.isfinite(width) else None for level, width in widths.items()},
    }
