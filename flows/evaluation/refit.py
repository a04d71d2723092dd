"""The end: the winner trained on all rows but the test's, and the one look at those."""

import json
import threading
from collections.abc import Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data, ml
from descent.flows.errors import RunError
from descent.flows.evaluation.baselines import dummy_metrics, plain_linear
from descent.flows.evaluation.folds import epochs_found
from descent.flows.machine.memory import give_back
from descent.flows.search.leaderboard import Entry
from descent.flows.search.models import model_of
from descent.flows.search.work import submit
from descent.flows.serving import manifest
from descent.flows.table import ledger
from descent.flows.table.question import Matrices, Parts, Question, refit_matrices, sealed_rows
from descent.ml.chunks import ChunkResult
from descent.ml.statistics import bootstrap, metrics
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


@dataclass(frozen=True)
class Tested:
    """Metrics on the test rows: of the model, of the dummy that knows no features, of the plain linear model.

    ``intervals`` hold the model's metrics with the probability ``confidence``. ``y`` (m,) are the test rows' targets:
    numbers in their own units, or class codes. ``outputs`` are the model's: predictions (m,) in those units, logits
    (m,) of the positive class, or logits (m, K).
    """

    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    linear: Mapping[str, float]
    intervals: Mapping[str, tuple[float, float]]
    count: ledger.Count
    y: Array = field(repr=False)
    outputs: Array = field(repr=False)


def warm_up() -> None:
    """Import in the background what storing the model takes, a second of it, while workers train."""
    threading.Thread(target=import_module, args=("skops.io",), name="import skops", daemon=True).start()


def refit(entry: Entry, question: Question, parts: Parts, swept: Matrices, executor: Executor, scratch: Path) -> Final:
    """Train on train and cv rows together, features refitted, for the epochs found; store it in ``scratch/model``.

    The plain linear model is trained on the same rows meanwhile, and for numbers the winner once more on the training
    rows of ``swept``: its residuals on the cv rows make the intervals around predictions.

    Raises:
        RunError: training diverged on these rows.
    """
    variant = entry.variant
    matrices = refit_matrices(variant.features, question, parts, scratch / "refit")
    waiting = _submit(variant, matrices, question, executor, epochs_found(entry))
    plain = plain_linear(question.config, question.task, variant.features, parts.frame.shape[1])
    same = plain.features == variant.features
    plain_matrices = matrices if same else refit_matrices(plain.features, question, parts, scratch / "refit-plain")
    plain_waiting = _submit(plain, plain_matrices, question, executor, None)
    give_back()

    def held_out_too() -> "Future[ChunkResult]":
        return _submit(variant, swept, question, executor, epochs_found(entry), keep_outputs=True, metrics=())

    regression, held_out = question.task == "regression", None
    if regression and parts.whole is None:
        held_out = held_out_too()
    won = _trained(waiting, variant, matrices, question)
    if isinstance(won, str):
        raise RunError(f"the winner {variant.name} could not be trained on train and cv rows: {won}")
    linear = _trained(plain_waiting, plain, plain_matrices, question)
    if regression and held_out is None:  # not beside the others: its rows are as much memory again
        held_out = held_out_too()
    folder = scratch / "model"
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


def test(final: Final, question: Question, parts: Parts, run: str) -> Tested:
    """Enter the opening in the ledger, open the sealed rows and measure; nothing is decided after this.

    Raises:
        RunError: the ledger cannot be written, or the sealed file is not the one that the split wrote.
    """
    count = ledger.enter(_opening(question, parts, run))
    task, target, inference = question.task, final.target, question.inference
    regression, grouped = task == "regression", inference.split_by == "group"
    known, units = target.encode(parts.frame[inference.target]), target.metrics_in_units
    seen = _Seen([], [], [], [])
    for rows in sealed_rows(question, parts):
        seen.column.append(rows[inference.target])
        seen.outputs.append(final.outputs(rows))
        if final.linear is not None:
            seen.linear.append(final.linear.outputs(rows))
        if grouped:
            seen.groups.append(rows[inference.group])
    column, outputs = pd.concat(seen.column, ignore_index=True), np.concatenate(seen.outputs)
    y = target.encode(column)
    y_in_units = column.to_numpy(np.float64) if regression else y
    outputs_in_units = target.decode(outputs) if regression else outputs
    return Tested(
        metrics=units(metrics.evaluate(task, None, y, outputs)),
        baseline=units(dummy_metrics(task, known, y, len(inference.classes))),
        linear=units(metrics.evaluate(task, None, y, np.concatenate(seen.linear))) if seen.linear else {},
        intervals=bootstrap.intervals(
            task, y_in_units, outputs_in_units, confidence=count.confidence, seed=question.config.split.seed,
            clusters=pd.factorize(pd.concat(seen.groups), use_na_sentinel=False)[0] if grouped else None,
        ),
        count=count,
        y=y_in_units,
        outputs=outputs_in_units,
    )  # fmt: skip


class _Seen(NamedTuple):
    """What is kept of the test rows, batch by batch."""

    column: list[pd.Series]
    outputs: list[Array]
    linear: list[Array]
    groups: list[pd.Series]


def _submit(
    variant: Variant, matrices: Matrices, question: Question, executor: Executor, epochs: int | None, **more: Any
) -> "Future[ChunkResult]":
    model = model_of(variant, matrices.width, matrices.target.outputs, question.task)
    dtype = question.config.compute.dtype
    return submit(executor, model, [variant], matrices.sources, dtype=dtype, stop_after=epochs, **more)


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


def _trained(waiting: "Future[ChunkResult]", variant: Variant, matrices: Matrices, question: Question) -> Trained | str:
    """The trained model, or why there is none."""
    outcome = waiting.result().outcomes[0]
    if outcome.status in ("diverged", "interrupted"):
        return outcome.message
    model = model_of(variant, matrices.width, matrices.target.outputs, question.task)
    return Trained(matrices.features, matrices.target, model, outcome.parameters)


def _opening(question: Question, parts: Parts, run: str) -> ledger.Opening:
    return ledger.Opening(
        when=datetime.now(UTC).isoformat(timespec="seconds"),
        experiment=question.config.title,
        run=run,
        target=question.inference.target,
        config=ledger.config_digest(question.config),
        table=question.digest,
        sealed=parts.sealed.digest,
        rows=parts.sealed.identity,
        test_rows=parts.sealed.rows,
        version=version("descent-ml"),
    )
