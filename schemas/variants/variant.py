"""One model with one setting of every hyperparameter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Value = str | int | float | bool

SOLVER_KINDS = frozenset({"lbfgs", "newton"})
"""Those of the configuration's ``SOLVERS``, written out: variants travel to processes that never load pydantic."""


@dataclass(frozen=True, slots=True)
class FeatureSettings:
    """How columns become features; hashable, so that equal settings are fitted once."""

    degree: int = 1
    interaction_only: bool = False
    scale: str = "standard"
    impute: str = "median"
    encode: str = "target"
    max_levels: int = 50
    rare: float = 0.01
    max_columns: int = 2000


@dataclass(frozen=True, slots=True)
class ScheduleSettings:
    """How the learning rate changes; ``hyper`` has the numbers of its kind, such as every and factor of step."""

    kind: str
    warmup: int = 0
    hyper: Mapping[str, float] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class OptimizerSettings:
    """The optimizer's kind and its numbers by name, ``learning_rate`` among them (lbfgs and newton have none)."""

    kind: str
    hyper: Mapping[str, float] = field(default_factory=dict, hash=False)
    schedule: ScheduleSettings | None = None
    clip_norm: float | None = None

    @property
    def is_solver(self) -> bool:
        """Whether it minimises over all rows by itself: no learning rate, no batches, no epochs of its own choosing."""
        return self.kind in SOLVER_KINDS


@dataclass(frozen=True, slots=True)
class RateSettings:
    """Factors on the learning rate by kind of parameter."""

    bias: float = 1.0
    scale: float = 1.0
    embedding: float = 1.0
    ntk: bool = False


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """How numbers become several columns each before the first layer."""

    kind: str
    waves: int
    width: int
    sigma: float


@dataclass(frozen=True, slots=True)
class Variant:
    """One model with one setting of every hyperparameter. For linear models ``layers`` is ()."""

    name: str
    features: FeatureSettings
    kind: str
    layers: tuple[int, ...]
    activation: str
    residual: bool
    initializer: str
    lambda_: float
    optimizer: OptimizerSettings
    batch: int | Literal["full"]
    epochs: int
    patience: int | None
    min_delta: float
    seed: int
    loss: str = "squared_error"
    input_scale: bool = False
    embedding: EmbeddingSettings | None = None
    dropout: float = 0.0
    label_smoothing: float = 0.0
    rates: RateSettings = RateSettings()

    @property
    def rows_per_step(self) -> int | None:
        """The size of a batch; None for all rows."""
        return None if self.batch == "full" else int(self.batch)

    def params(self) -> dict[str, Value]:
        """The settings flat and by name, only those that mean something for this variant."""
        optimizer, schedule = self.optimizer, self.optimizer.schedule
        params: dict[str, Value] = {"kind": self.kind}
        if self.layers:
            params |= {
                "layers": "-".join(map(str, self.layers)),
                "activation": self.activation,
                "residual": self.residual,
                "initializer": self.initializer,
            }
        if self.loss != "squared_error":
            params["loss"] = self.loss
        if self.input_scale:
            params["input_scale"] = True
        if self.embedding is not None:
            params |= {"embedding": self.embedding.kind, **self.embedding_numbers()}
        params |= {name: value for name, value in self.regularisers().items() if value}
        params |= {"lambda": self.lambda_, "optimizer": optimizer.kind, **optimizer.hyper}
        params |= self.rate_factors()
        if schedule is not None:
            params |= {"schedule": schedule.kind, "warmup": schedule.warmup, **schedule.hyper}
        if optimizer.clip_norm is not None:
            params["clip_norm"] = optimizer.clip_norm
        params |= {"batch": self.batch, "epochs": self.epochs}
        if self.patience is not None:
            params |= {"patience": self.patience, "min_delta": self.min_delta}
        features = self.features
        params["degree"] = features.degree
        if features.degree > 1:
            params["interaction_only"] = features.interaction_only
        params |= {"scale": features.scale, "impute": features.impute, "encode": features.encode}
        params |= {"max_levels": features.max_levels, "rare": features.rare}
        return params | {"seed": self.seed}

    def embedding_numbers(self) -> dict[str, float]:
        """The numbers of its embedding by name; none without one."""
        one = self.embedding
        return {} if one is None else {"waves": one.waves, "width": one.width, "sigma": one.sigma}

    def regularisers(self) -> dict[str, float]:
        """What acts on gradients beside λ, by name."""
        return {"dropout": self.dropout, "label_smoothing": self.label_smoothing}

    def rate_factors(self) -> dict[str, float | bool]:
        """Factors on the learning rate by name, those that change it; ``ntk`` is true or absent."""
        rates = self.rates
        factors = {"bias_rate": rates.bias, "scale_rate": rates.scale, "embedding_rate": rates.embedding}
        return {name: factor for name, factor in factors.items() if factor != 1} | (
            {"ntk": True} if self.rates.ntk else {}
        )


def fleet_key(variant: Variant) -> tuple[object, ...]:
    """What variants must share to be trained together as one stack of arrays; λ, seed and all rates may differ."""
    schedule = variant.optimizer.schedule
    return (
        variant.features,
        variant.layers,
        variant.activation,
        variant.residual,
        variant.initializer,
        variant.loss,
        variant.input_scale,
        variant.embedding,
        variant.batch,
        variant.optimizer.kind,
        None if schedule is None else schedule.kind,
        variant.epochs,
        variant.patience,
        variant.min_delta,
    )
