"""One model with one setting of every hyperparameter."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from descent.schemas.config.optimizers import SOLVERS
from descent.schemas.config.shape import kinds

Value = str | int | float | bool

SOLVER_KINDS = frozenset(kind for solver in SOLVERS for kind in kinds(solver))


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
        params |= {"lambda": self.lambda_, "optimizer": optimizer.kind, **optimizer.hyper}
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


def fleet_key(variant: Variant) -> tuple[object, ...]:
    """What variants must share to be trained together as one stack of arrays; λ, seed and all rates may differ."""
    schedule = variant.optimizer.schedule
    return (
        variant.features,
        variant.layers,
        variant.activation,
        variant.residual,
        variant.initializer,
        variant.batch,
        variant.optimizer.kind,
        None if schedule is None else schedule.kind,
        variant.epochs,
        variant.patience,
        variant.min_delta,
    )
