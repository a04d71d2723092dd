"""From a search to its variants: every value of every sweep with every other."""

from collections.abc import Iterator, Sequence
from itertools import product
from random import Random
from typing import Any

from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.config.features import FeaturesConfig
from descent.schemas.config.models import AnyModel, LinearSearch, NetworkSearch
from descent.schemas.config.optimizers import SOLVERS
from descent.schemas.config.sweeps import choices, list_choices, whole_choices
from descent.schemas.problems.errors import ConfigError
from descent.schemas.variants.names import named
from descent.schemas.variants.sampling import draw
from descent.schemas.variants.variant import (
    EmbeddingSettings,
    FeatureSettings,
    OptimizerSettings,
    RateSettings,
    ScheduleSettings,
    Variant,
)

LIMIT = 10_000
"""More variants than this are an error: somebody forgot that sweeps multiply."""

ATTEMPTS = 20
"""Draws per variant asked for before the search counts as exhausted: most of them may repeat one another."""

BATCH = 128
"""Rows per step where the configuration does not say."""

STARTS = {"tanh": "glorot", "sigmoid": "glorot", "selu": "lecun"}
"""Initializers of the activations that they were derived for (Glorot & Bengio 2010; Klambauer et al. 2017); He et al.
(2015) for the others."""


def expand_variants(config: ExperimentConfig) -> tuple[Variant, ...]:
    """Every variant of the search, exact duplicates once, each with a unique name.

    The order is a function of the configuration alone: models as written; within a model the feature settings change
    slowest, then layers, activation, residual, initializer, loss, input_scale, embedding, optimizer, batch, λ, dropout,
    label_smoothing, rates, and the seed changes fastest. Where the search draws ``samples``, they stand in the order of
    drawing (`schemas.variants.sampling`).

    Raises:
        ConfigError: no models are given, or there are more variants than ``LIMIT``.
    """
    path = ("search", "models")
    if config.search.models is None:
        message = "not given: write the models to train, or take those of default_search"
        raise ConfigError([config.problem(path, message)])
    variants: dict[Variant, None] = {}
    if config.search.drawn is not None:
        return named(_sample(config, config.search.models, config.search.drawn))
    for index, model in enumerate(config.search.models):
        for variant in _variants(config, config.features, model):
            variants[variant] = None
            if len(variants) > LIMIT:
                message = f"the search has more than {LIMIT:,} variants: sweeps multiply; shorten some of the lists"
                raise ConfigError([config.problem((*path, index), message)])
    return named(tuple(variants))


def _sample(config: ExperimentConfig, models: Sequence[AnyModel], count: int) -> tuple[Variant, ...]:
    """Variants drawn at random, each once: a function of the configuration and ``split.seed`` alone.

    A longer sample begins with a shorter one. Where the search has fewer variants than asked for there are fewer.
    """
    random = Random(config.split.seed)
    variants: dict[Variant, None] = {}
    for _ in range(ATTEMPTS * count):
        model = draw(models[int(random.random() * len(models))], random)
        for variant in _variants(config, draw(config.features, random), model):
            variants[variant] = None
        if len(variants) == count:
            break
    return tuple(variants)


def _variants(config: ExperimentConfig, features: FeaturesConfig, model: AnyModel) -> Iterator[Variant]:
    search = config.search
    seeds = (config.split.seed,) if model.seed is None else whole_choices(model.seed)
    if isinstance(model, LinearSearch) and model.degree is not None:
        features = features.model_copy(update={"degree": model.degree})
    for settings, body, (optimizer, iterations) in product(
        tuple(_features(features)), tuple(_bodies(model)), tuple(_optimizers(model.optimizer))
    ):
        stopping = search.early_stopping if iterations is None else None  # a solver ends by itself
        for batch, lambda_, more, seed in product(
            _batches(model.batch, optimizer), choices(model.lambda_), tuple(_regularisers(model)), seeds
        ):
            yield Variant(
                name="",
                features=settings,
                kind=model.kind,
                lambda_=lambda_,
                optimizer=optimizer,
                batch=batch,
                epochs=search.epochs if iterations is None else iterations,
                patience=None if stopping is None else stopping.patience,
                min_delta=0.0 if stopping is None else stopping.min_delta,
                seed=seed,
                **body,
                **more,
            )


def _features(features: FeaturesConfig) -> Iterator[FeatureSettings]:
    for degree in whole_choices(features.degree):
        only = choices(features.interaction_only) if degree > 1 else (False,)  # without products it means nothing
        for interaction_only, scale, impute, encode in product(
            only, choices(features.scale), choices(features.impute), choices(features.encode)
        ):
            yield FeatureSettings(
                degree=degree,
                interaction_only=interaction_only,
                scale=scale,
                impute=impute,
                encode=encode,
                max_levels=features.max_levels,
                rare=features.rare,
                max_columns=features.max_columns,
            )


def _bodies(model: AnyModel) -> Iterator[dict[str, Any]]:
    """The fields of a variant that make its architecture; for a model without layers all but these are the defaults."""
    if not isinstance(model, NetworkSearch):
        yield {"layers": (), "activation": "relu", "residual": False, "initializer": "he"}
        return
    for layers, activation, residual in product(
        list_choices(model.layers), choices(model.activation), choices(model.residual)
    ):
        fitting = STARTS.get(activation, "he")
        initializers = (fitting,) if model.initializer is None else choices(model.initializer)
        for initializer, loss, scale, embedding in product(
            initializers, choices(model.loss), choices(model.input_scale), tuple(_embeddings(model.embedding))
        ):
            yield {
                "layers": layers,
                "activation": activation,
                "residual": residual,
                "initializer": initializer,
                "loss": loss,
                "input_scale": scale,
                "embedding": embedding,
            }


def _embeddings(sweep: Any) -> Iterator[EmbeddingSettings | None]:
    for one in choices(sweep):
        if one is None or one.kind == "none":
            yield None
            continue
        for waves, width, sigma in product(whole_choices(one.waves), whole_choices(one.width), choices(one.sigma)):
            yield EmbeddingSettings(one.kind, waves, width, sigma)


def _regularisers(model: AnyModel) -> Iterator[dict[str, Any]]:
    """The fields of a variant that act on its steps alone."""
    if not isinstance(model, NetworkSearch):
        yield {}
        return
    rates = model.rates
    factors = product(*(choices(getattr(rates, name)) for name in ("bias", "scale", "embedding", "ntk")))
    for dropout, smoothing, of in product(choices(model.dropout), choices(model.label_smoothing), tuple(factors)):
        yield {"dropout": dropout, "label_smoothing": smoothing, "rates": RateSettings(*of)}


def _optimizers(sweep: Any) -> Iterator[tuple[OptimizerSettings, int | None]]:
    """Each optimizer, with the limit of its iterations where it has one of its own."""
    for optimizer in choices(sweep):
        if isinstance(optimizer, SOLVERS):
            for hyper in _numbers(optimizer, {"kind", "iterations"}):
                yield OptimizerSettings(optimizer.kind, hyper), optimizer.iterations
            continue
        clips = (None,) if optimizer.clip_norm is None else choices(optimizer.clip_norm)
        numbers = tuple(_numbers(optimizer, {"kind", "schedule", "clip_norm"}))
        for hyper, schedule, clip in product(numbers, tuple(_schedules(optimizer.schedule)), clips):
            yield OptimizerSettings(optimizer.kind, hyper, schedule, clip), None


def _schedules(sweep: Any) -> Iterator[ScheduleSettings | None]:
    for schedule in choices(sweep):
        if schedule is None:
            yield None
            continue
        for warmup, hyper in product(whole_choices(schedule.warmup), tuple(_numbers(schedule, {"kind", "warmup"}))):
            plain = schedule.kind == "constant" and warmup == 0  # the same as no schedule
            yield None if plain else ScheduleSettings(schedule.kind, warmup, hyper)


def _numbers(part: Any, without: set[str]) -> Iterator[dict[str, float]]:
    """Every combination of a part's numbers, by name, in the order in which its fields stand."""
    names = [name for name in type(part).model_fields if name not in without]
    for values in product(*(_values(part, name) for name in names)):
        yield dict(zip(names, values, strict=True))


WHOLE = {"history", "every"}


def _values(part: Any, name: str) -> tuple[float, ...]:
    return whole_choices(getattr(part, name)) if name in WHOLE else choices(getattr(part, name))


def _batches(batch: Any, optimizer: OptimizerSettings) -> tuple[Any, ...]:
    if optimizer.is_solver:
        return ("full",)
    return (BATCH,) if batch is None else whole_choices(batch)
