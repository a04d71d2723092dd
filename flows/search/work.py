"""Sending training to the workers and reading back what came of it."""

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

from descent import ml
from descent.data import Target
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.search.models import model_of, settings_of
from descent.flows.search.plan import PlannedChunk
from descent.flows.table.matrices import Matrices
from descent.ml.chunks import Chunk, ChunkResult, Sources, train_chunk
from descent.schemas import Variant


def submit(study: Study, variants: Sequence[Variant], matrices: Matrices, **more: Any) -> "Future[ChunkResult]":
    """Train variants of one fleet in a worker on these matrices; ``more`` as of `work_of`."""
    model = model_for(study, variants[0], matrices)
    work = work_of(model, variants, more.pop("sources", matrices.sources), dtype=study.dtype, **more)
    return study.executor.submit(train_chunk, work)


def model_for(study: Study, variant: Variant, matrices: Matrices) -> ml.Model:
    """The architecture of a variant over these columns."""
    target = matrices.target
    return model_of(
        variant, matrices.width, target.outputs, study.question.task, matrices.features.numbers, target.shift
    )


def work_of(
    model: ml.Model,
    variants: Sequence[Variant],
    sources: Sources,
    *,
    dtype: str,
    stop_after: int | None = None,
    **more: Any,
) -> Chunk:
    """What a worker needs to train variants of one fleet.

    ``stop_after`` ends training after that many epochs and turns early stopping off: for folds and the refit, where
    the number was found in the sweep and nothing may be tuned on the held-out rows again. ``more`` are fields of
    `ml.Chunk`.
    """
    first = variants[0]
    return Chunk(
        model=model,
        optimizer=first.optimizer.kind,
        settings=tuple(settings_of(variant) for variant in variants),
        arrays=sources,
        batch=first.rows_per_step,
        epochs=first.epochs if stop_after is None else stop_after,
        patience=first.patience if stop_after is None else None,
        min_delta=first.min_delta,
        dtype=dtype,
        **more,
    )


def work_for(chunk: PlannedChunk, study: Study, deadline: float | None) -> Chunk:
    """What a worker needs to train a chunk of a plan."""
    return work_of(
        chunk.fleet.model,
        chunk.variants,
        study.swept(chunk.fleet.features).sources,
        dtype=study.dtype,
        progress=(study.progress, chunk.slots),
        pause=chunk.pause,
        states=chunk.states,
        deadline=deadline,
        share=chunk.share,
        checkpoint=study.states / f"{chunk.name}.safetensors" if chunk.pause or chunk.states else None,
    )


def entries_of(variants: Sequence[Variant], fleet: int, result: ChunkResult, target: Target) -> list[Entry]:
    """Leaderboard entries of a trained chunk, in the target's own units."""
    return [
        Entry(
            variant=variant,
            fleet=fleet,
            parameters=int(outcome.parameters.size),
            cost_train=target.cost_in_units(outcome.cost_train),
            cost_cv=target.cost_in_units(outcome.cost_cv),
            metrics=target.metrics_in_units(metrics),
            epochs=outcome.epochs,
            best_epoch=outcome.best_epoch,
            status=outcome.status,
            message=outcome.message,
            curve_train=tuple(target.cost_in_units(cost) for cost in outcome.curve_train),
            curve_cv=() if outcome.curve_cv is None else tuple(target.cost_in_units(cost) for cost in outcome.curve_cv),
            weights=outcome.parameters,
            reused=reused,
        )
        for variant, outcome, metrics, reused in zip(
            variants, result.outcomes, result.metrics_cv, result.reused or [False] * len(variants), strict=True
        )
    ]
