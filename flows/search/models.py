"""The border between configuration and mathematics: a `Variant` as `ml` wants it."""

from typing import Any

from descent import ml
from descent.schemas import ScheduleSettings, Variant

WHOLE = {"history", "every"}
"""Hyperparameters that count something."""


def model_of(variant: Variant, inputs: int, outputs: int, task: str, numbers: int = 0, shift: float = 0.0) -> ml.Model:
    """The architecture of a variant over ``inputs`` columns; linear models are networks without hidden layers.

    The first ``numbers`` columns are the table's own numbers, the ones that embeddings are for: where there are none,
    there is nothing to embed. ``shift`` is how far the target's own zero lies below that of the standardised target.
    """
    embedded = variant.embedding is not None and numbers > 0
    return ml.Model(
        inputs=inputs,
        hidden=variant.layers,
        outputs=outputs,
        task=task,  # type: ignore[arg-type]  # one of the same three words
        activation=variant.activation,
        residual=variant.residual,
        initializer=variant.initializer,
        loss=variant.loss if task == "regression" else None,
        shift=shift if variant.loss != "squared_error" else 0.0,
        input_scale=variant.input_scale,
        embedding=ml.Embedding(numbers, **variant.embedding_numbers()) if embedded else None,  # type: ignore[arg-type]
    )


def settings_of(variant: Variant) -> ml.Settings:
    """The hyperparameters that may differ inside a fleet."""
    optimizer = variant.optimizer
    return ml.Settings(
        lam=variant.lambda_,
        seed=variant.seed,
        schedule=None if optimizer.schedule is None else _schedule(optimizer.schedule),
        clip_norm=optimizer.clip_norm,
        dropout=variant.dropout,
        label_smoothing=variant.label_smoothing,
        bias_rate=variant.rates.bias,
        scale_rate=variant.rates.scale,
        embedding_rate=variant.rates.embedding,
        ntk=variant.rates.ntk,
        **_numbers(optimizer.hyper),
    )


def _schedule(settings: ScheduleSettings) -> ml.Schedule:
    return ml.Schedule(kind=settings.kind, warmup=settings.warmup, **_numbers(settings.hyper))


def _numbers(hyper: Any) -> dict[str, Any]:
    return {name: int(value) if name in WHOLE else value for name, value in hyper.items()}
