"""The winner trained on all rows but the test's."""

import json
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data, ml
from descent.flows.errors import RunError
from descent.flows.evaluation.baselines import plain_linear
from descent.flows.evaluation.folds import epochs_found
from descent.flows.machine.memory import give_back
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.search.work import model_for, submit
from descent.flows.serving import manifest
from descent.flows.table.matrices import Matrices
from descent.ml.chunks import ChunkResult
from descent.ml.statistics.conformal import half_widths
from descent.schemas import Variant

Array = NDArray[Any]


@dataclass(frozen=True)
class Trained:
    """A model with the features that it sees and the target that it answers in."""

    features: data.FeatureMap
    target: data.Target
    model: ml.Model
    parameters: Array

    def outputs(self, rows: pd.DataFrame) -> Array:
        """What the last layer says about rows of the table: see `ml.outputs`."""
        return ml.outputs(self.model, self.parameters, self.features.transform(rows))


@dataclass(frozen=True)
class Final(Trained):
    """The winner, trained on train and cv rows, the folder it is stored in, and the plain linear model beside it."""

    folder: Path
    linear: Trained | None
    """None where its training diverged."""


def refitted(entry: Entry, study: Study) -> Final:
    """Train on train and cv rows together, features refitted, for the epochs found; store it in the folder ``model``.

    The plain linear model is trained on the same rows meanwhile, and for numbers the winner once more on the training
    rows alone: its residuals on the cv rows make the intervals around predictions.

    Raises:
        RunError: training diverged on these rows.
    """
    variant, question, parts = entry.variant, study.question, study.parts
    swept, matrices = study.swept(variant.features), study.working(variant.features, "refit")
    waiting = submit(study, [variant], matrices, stop_after=epochs_found(entry))
    plain = plain_linear(question.config, question.task, variant.features, parts.frame.shape[1])
    same = plain.features == variant.features
    plain_matrices = matrices if same else study.working(plain.features, "refit-plain")
    plain_waiting = submit(study, [plain], plain_matrices)
    give_back()

    def held_out_too() -> "Future[ChunkResult]":
        return submit(study, [variant], swept, stop_after=epochs_found(entry), keep_outputs=True, metrics=())

    regression, held_out = question.task == "regression", None
    if regression and not parts.rows.sampled:
        held_out = held_out_too()
    won = _trained(waiting, variant, matrices, study)
    if isinstance(won, str):
        raise RunError(f"the winner {variant.name} could not be trained on train and cv rows: {won}")
    linear = _trained(plain_waiting, plain, plain_matrices, study)
    if regression and held_out is None:  # not beside the others: its rows are as much memory again
        held_out = held_out_too()
    folder = study.folder / "model"
    won.features.save(folder / "features")
    (folder / "target.json").write_text(json.dumps(won.target.to_dict(), ensure_ascii=False), encoding="utf-8")
    ml.save_model(folder / "model", won.model, won.parameters)
    if held_out is not None:
        stored = _intervals(held_out.result(), swept)
        (folder / "interval.json").write_text(json.dumps(stored, indent=2), encoding="utf-8")
    manifest.write(folder)
    return Final(
        won.features, won.target, won.model, won.parameters, folder, None if isinstance(linear, str) else linear
    )


def _intervals(result: ChunkResult, swept: Matrices) -> dict[str, Any]:
    """Half the length of the interval around a prediction for every level in hundredths; null where it is infinite."""
    decode, y = swept.target.decode, swept.sources.open().y_cv
    assert y is not None
    residuals = decode(np.asarray(y)) - decode(result.outputs_cv[0])
    levels = range(50, 100)
    widths = dict(zip(levels, half_widths(residuals, [level / 100 for level in levels]), strict=True))
    return {
        "method": "split conformal: residuals on the cv rows of the winner trained on the training rows",
        "rows": len(residuals),
        "half_widths": {str(level): width if np.isfinite(width) else None for level, width in widths.items()},
    }


def _trained(waiting: "Future[ChunkResult]", variant: Variant, matrices: Matrices, study: Study) -> Trained | str:
    """The trained model, or why there is none."""
    outcome = waiting.result().outcomes[0]
    if outcome.status in ("diverged", "interrupted"):
        return outcome.message
    model = model_for(study, variant, matrices)
    return Trained(matrices.features, matrices.target, model, outcome.parameters)
