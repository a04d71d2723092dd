"""What distinguishes one variant of a fleet from its neighbours."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from math import isfinite

import numpy as np

from descent.ml.errors import OptionError, check_name
from descent.ml.network.layout import Array
from descent.ml.optimizers.rules import OPTIMIZERS, RULES, SOLVERS
from descent.ml.optimizers.schedules import Schedule


@dataclass(frozen=True)
class Settings:
    """Hyperparameters of one variant. None takes the optimizer's default (`ml.optimizers.rules`).

    ``lam`` is λ of J + λ/(2m) Σ w², with m the number of training rows (the sum of their weights, if weighted).
    ``clip_norm`` limits the Euclidean norm of the gradient, penalty included, before the optimizer sees it
    (Pascanu et al. 2013). ``decay`` is RMSProp's ρ. ``history`` and ``tolerance`` belong to lbfgs and newton.

    ``dropout`` is the share of hidden units left out per row, in multiples of 1/256; ``label_smoothing`` the share of
    every class target that goes to all classes alike. Like λ they are in the gradient, not in reported costs.
    ``bias_rate``, ``scale_rate`` and ``embedding_rate`` multiply the learning rate of these parameters; ``ntk`` that of
    every weight by 1/√(inputs of its layer), see `ml.optimizers.rates`.
    """

    lam: float = 0.0
    seed: int = 0
    learning_rate: float | None = None
    momentum: float | None = None
    decay: float | None = None
    beta1: float | None = None
    beta2: float | None = None
    epsilon: float | None = None
    history: int | None = None
    tolerance: float | None = None
    schedule: Schedule | None = None
    clip_norm: float | None = None
    dropout: float = 0.0
    label_smoothing: float = 0.0
    bias_rate: float = 1.0
    scale_rate: float = 1.0
    embedding_rate: float = 1.0
    ntk: bool = False


def defaults_of(optimizer: str) -> dict[str, float]:
    """The hyperparameters that an optimizer takes, with their defaults."""
    return dict(RULES[optimizer].defaults if optimizer in RULES else SOLVERS[optimizer])


_OPTIONAL = {name for optimizer in OPTIMIZERS for name in defaults_of(optimizer)}
FACTORS = ("bias_rate", "scale_rate", "embedding_rate", "ntk")
"""Settings that give kinds of parameters a learning rate of their own."""
_LIMITS: dict[str, tuple[str, Callable[[float], bool]]] = {
    "learning_rate": ("> 0", lambda v: v > 0),
    "momentum": ("in [0, 1)", lambda v: 0 <= v < 1),
    "decay": ("in [0, 1)", lambda v: 0 <= v < 1),
    "beta1": ("in [0, 1)", lambda v: 0 <= v < 1),
    "beta2": ("in [0, 1)", lambda v: 0 <= v < 1),
    "epsilon": ("> 0", lambda v: v > 0),
    "history": ("≥ 1", lambda v: v >= 1),
    "tolerance": ("> 0", lambda v: v > 0),
    "lam": ("≥ 0", lambda v: v >= 0),
    "clip_norm": ("> 0", lambda v: v > 0),
    "dropout": ("in [0, 0.99]", lambda v: 0 <= v <= 0.99),
    "label_smoothing": ("in [0, 1)", lambda v: 0 <= v < 1),
    "bias_rate": ("> 0", lambda v: v > 0),
    "scale_rate": ("> 0", lambda v: v > 0),
    "embedding_rate": ("> 0", lambda v: v > 0),
}


def check_settings(optimizer: str, settings: Sequence[Settings]) -> None:
    """Raise `OptionError` for the first value outside its limits or without meaning for the optimizer."""
    check_name("optimizer", optimizer, OPTIMIZERS)
    if not settings:
        raise OptionError("settings is empty; a fleet needs at least one variant")
    known = defaults_of(optimizer)
    for index, one in enumerate(settings):
        for field in fields(one):
            value = getattr(one, field.name)
            if value is None:
                continue
            where = f"settings[{index}].{field.name}"
            if field.name in _OPTIONAL and field.name not in known:
                raise OptionError(f"{where} is {value!r}, but {optimizer} has none; it takes {', '.join(known)}")
            steps = field.name in ("schedule", "clip_norm") or (field.name in FACTORS and value != field.default)
            if steps and optimizer in SOLVERS:
                raise OptionError(f"{where} has no meaning for {optimizer}, which chooses its own steps")
            if field.name in _LIMITS:
                limit, allows = _LIMITS[field.name]
                if not (isinstance(value, int | float | np.number) and isfinite(value) and allows(float(value))):
                    raise OptionError(f"{where} is {value!r}; it must be a finite number {limit}")
        if not (isinstance(one.seed, int | np.integer) and one.seed >= 0):
            raise OptionError(f"settings[{index}].seed is {one.seed!r}; it must be a whole number ≥ 0")


def hyperparameters(optimizer: str, settings: Sequence[Settings]) -> dict[str, Array]:
    """Name → (V,) float64, defaults filled in."""
    return {
        name: np.array([default if getattr(one, name) is None else getattr(one, name) for one in settings], np.float64)
        for name, default in defaults_of(optimizer).items()
    }
