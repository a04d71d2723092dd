"""What is recorded, as plain values that an outbox keeps as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from time import time

Value = str | int | float | bool

FINISHED, FAILED, KILLED = "FINISHED", "FAILED", "KILLED"
"""How a run ends, in MLflow's words."""


def now() -> int:
    """Milliseconds since 1970, as MLflow counts. Kept with what is recorded, so that sending it again changes nothing:
    MLflow takes a point with the same time, step and value for the same point."""
    return int(time() * 1000)


@dataclass(frozen=True)
class Dataset:
    """Rows that a run used. ``digest`` is the SHA-256 of their content, ``context`` what for (train, cv, test)."""

    name: str
    digest: str
    source: str
    rows: int
    context: str
    schema: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Beginning:
    """A parent run. ``key`` names it once and for all, in MLflow and in the outbox."""

    key: str
    tracking_uri: str
    experiment: str
    params: Mapping[str, Value]
    tags: Mapping[str, str]
    config_yaml: str
    datasets: Sequence[Dataset]
    at: int = field(default_factory=now)


@dataclass(frozen=True)
class VariantRecord:
    """One trained variant. Curves have one cost per epoch; ``metrics`` are those of the cv set, without prefix."""

    name: str
    params: Mapping[str, Value]
    status: str  # completed, stopped, halved, budget, diverged or interrupted
    cost_train: float
    cost_cv: float
    metrics: Mapping[str, float] = field(default_factory=dict)
    curve_train: Sequence[float] = ()
    curve_cv: Sequence[float] = ()
    epochs: int = 0
    best_epoch: int | None = None  # counted from 1
    message: str | None = None
    at: int = field(default_factory=now)


@dataclass(frozen=True)
class RunOutcome:
    """What a run found out. ``metrics`` bear their prefix (``test/rmse``); the winner's own are those of ``winner``.

    ``tables`` are artifact paths that MLflow shows as tables; ``model_inputs`` the columns of the model by kind;
    ``register`` the name of the registered model that it becomes a version of, if any.
    """

    metrics: Mapping[str, float]
    tags: Mapping[str, str]
    note: str
    winner: VariantRecord
    datasets: Sequence[Dataset]
    tables: Sequence[str]
    model_inputs: Mapping[str, str]
    register: str | None = None
    at: int = field(default_factory=now)


@dataclass(frozen=True)
class Ending:
    """A run that ended early: ``FAILED`` or ``KILLED``, and why."""

    status: str
    message: str
    at: int = field(default_factory=now)
