"""The end: the winner trained on all rows but the test's, and the one look at those."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import data
import ml
from ml import metrics

from .baselines import dummy_metrics
from .errors import RunError
from .inputs import Parts, Question, featurise
from .judgement import epochs_found
from .models import model_of
from .selection import Entry
from .training import submit


@dataclass(frozen=True)
class Final:
    """The winner, trained on train and cv rows, and the folder it is stored in."""

    features: data.FeatureMap
    target: data.Target
    model: ml.Model
    parameters: NDArray[Any]
    folder: Path


@dataclass(frozen=True)
class Tested:
    """Metrics on the test rows: of the model, and of the dummy that knows no features; and what they were made from.

    ``y`` (m,) are the test rows' targets: numbers in their own units, or class codes. ``outputs`` are the model's:
    predictions (m,) in those units, logits (m,) of the positive class, or logits (m, K).
    """

    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    y: NDArray[Any] = field(repr=False)
    outputs: NDArray[Any] = field(repr=False)


def warm_up() -> None:
    """Import in the background what storing the model takes, a second of it, while workers train."""
    threading.Thread(target=import_module, args=("skops.io",), name="import skops", daemon=True).start()


def refit(entry: Entry, question: Question, parts: Parts, executor: Executor, scratch: Path) -> Final:
    """Train on train and cv rows together, features refitted, for the epochs found; store it in ``scratch/model``.

    Raises:
        RunError: training diverged on these rows.
    """
    rows = np.arange(len(parts.frame))
    matrices = featurise(entry.variant.features, question, parts, rows, None, None)
    model = model_of(entry.variant, matrices.width, matrices.target.outputs, question.task)
    outcome = submit(
        executor, model, [entry.variant], matrices.sources, dtype=question.config.compute.dtype,
        stop_after=epochs_found(entry),
    ).result().outcomes[0]  # fmt: skip
    if outcome.status in ("diverged", "interrupted"):
        raise RunError(f"the winner {entry.variant.name} could not be trained on train and cv rows: {outcome.message}")
    folder = scratch / "model"
    matrices.features.save(folder / "features")
    (folder / "target.json").write_text(json.dumps(matrices.target.to_dict(), ensure_ascii=False), encoding="utf-8")
    ml.save_model(folder / "model", model, outcome.parameters)
    return Final(matrices.features, matrices.target, model, outcome.parameters, folder)


def test(final: Final, question: Question, parts: Parts) -> Tested:
    """Open the sealed rows and measure; nothing is decided after this."""
    rows = pd.read_parquet(parts.sealed)
    column, task = rows[question.inference.target], question.task
    y, known = final.target.encode(column), final.target.encode(parts.frame[question.inference.target])
    outputs = ml.outputs(final.model, final.parameters, final.features.transform(rows))
    classes = len(question.inference.classes)
    units, regression = final.target.metrics_in_units, task == "regression"
    return Tested(
        metrics=units(metrics.evaluate(task, None, y, outputs)),
        baseline=units(dummy_metrics(task, known, y, classes)),
        y=column.to_numpy(np.float64) if regression else y,
        outputs=final.target.decode(outputs) if regression else outputs,
    )
