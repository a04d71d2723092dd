"""The one look at the test rows, after which nothing is decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.flows.evaluation.baselines import dummy_metrics, dummy_outputs
from descent.flows.evaluation.refit import Final
from descent.flows.evaluation.rival import Rival, clearly_better
from descent.flows.run.study import Study
from descent.flows.table import ledger
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.ml.statistics import bootstrap, metrics
from descent.ml.statistics.comparison import row_losses

Array = NDArray[Any]


@dataclass(frozen=True)
class Tested:
    """Metrics on the test rows: of the model, of the dummy that knows no features, of the plain linear model, and of
    boosted trees (empty where there are none); ``beaten_by`` names those of them that are clearly better.

    ``intervals`` hold the model's metrics with the probability ``confidence``. ``y`` (m,) are the test rows' targets:
    numbers in their own units, or class codes. ``outputs`` are the model's: predictions (m,) in those units, logits
    (m,) of the positive class, or logits (m, K).
    """

    metrics: Mapping[str, float]
    baseline: Mapping[str, float]
    linear: Mapping[str, float]
    boosted: Mapping[str, float]
    beaten_by: tuple[str, ...]
    intervals: Mapping[str, tuple[float, float]]
    count: ledger.Count
    y: Array = field(repr=False)
    outputs: Array = field(repr=False)


def tested(final: Final, study: Study, rival: Rival | None = None) -> Tested:
    """Enter the opening in the ledger, open the sealed rows and measure; nothing is decided after this.

    Raises:
        RunError: the ledger cannot be written, or the sealed file is not the one that the split wrote.
    """
    question, parts = study.question, study.parts
    count = ledger.enter(_opening(question, parts, study.run))
    task, target, inference = question.task, final.model.target, question.inference
    regression, grouped = task == "regression", inference.split_by == "group"
    known, units = target.encode(parts.frame[inference.target]), target.metrics_in_units
    seen = _Seen([], [], [], [], [])
    for rows in parts.rows.opened(parts.sealed):
        seen.column.append(rows[inference.target])
        seen.outputs.append(final.model.outputs(rows))
        if final.linear is not None:
            seen.linear.append(final.linear.rescaled(rows, target))
        if rival is not None:
            seen.boosted.append(rival.trees.outputs(rows))
        if grouped:
            seen.groups.append(rows[inference.group])
    column, outputs = pd.concat(seen.column, ignore_index=True), np.concatenate(seen.outputs)
    y = target.encode(column)
    y_in_units = column.to_numpy(np.float64) if regression else y
    outputs_in_units = target.decode(outputs) if regression else outputs
    clusters = pd.factorize(pd.concat(seen.groups), use_na_sentinel=False)[0] if grouped else None
    others = {"baseline": dummy_outputs(task, known, len(inference.classes), len(y))}
    if seen.linear:
        others["linear"] = np.concatenate(seen.linear)
    if regression:
        others = {name: target.decode(z) for name, z in others.items()}
    trees = np.concatenate(seen.boosted) if seen.boosted else None
    if trees is not None:
        others["boosted"] = trees
    beaten_by = (name for name, z in others.items() if _beaten(question, y_in_units, outputs_in_units, z, clusters))
    return Tested(
        metrics=units(metrics.evaluate(task, None, y, outputs)),
        baseline=units(dummy_metrics(task, known, y, len(inference.classes))),
        linear=units(metrics.evaluate(task, None, y, np.concatenate(seen.linear))) if seen.linear else {},
        intervals=bootstrap.intervals(
            task,
            y_in_units,
            outputs_in_units,
            confidence=count.confidence,
            seed=question.config.split.seed,
            clusters=clusters,
        ),
        boosted={} if trees is None else metrics.evaluate(task, None, y_in_units, trees),
        beaten_by=tuple(beaten_by),
        count=count,
        y=y_in_units,
        outputs=outputs_in_units,
    )


def _beaten(question: Question, y: Array, mine: Array, others: Array, clusters: Array | None) -> bool:
    metric = question.metric if row_losses(question.task, question.metric, y, mine) else "log_loss"
    losses = [row_losses(question.task, metric, y, outputs) for outputs in (mine, others)]
    own, theirs = (one[1] for one in losses if one is not None)
    return clearly_better(own, theirs, np.arange(len(y)) if clusters is None else clusters)


class _Seen(NamedTuple):
    """What is kept of the test rows, batch by batch."""

    column: list[pd.Series]
    outputs: list[Array]
    linear: list[Array]
    groups: list[pd.Series]
    boosted: list[Array]


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
