"""Each optimizer is one small rule on flat arrays; its memory is handed in and out.

``update(p, g, slots, scratch, *columns)`` changes p and the slots in place and may overwrite g. p, g, scratch and each
slot have the same shape (V, P), or any block of it; hyperparameters are columns (V, 1), or scalars where all variants
agree. ``columns(h, lr, steps)`` gives the columns of a whole epoch from the hyperparameters h (name → (V,)), the
learning rates lr (S or 1, V) and the numbers of the steps, counted from 1, (S, 1): bias corrections and constant
factors are folded into them, so an update is few passes over the arrays. Folding leaves every rule mathematically what
its paper (and PyTorch) says.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from descent.ml.network.layout import Array

Columns = Callable[[Mapping[str, Array], Array, Array], tuple[Array, ...]]
Update = Callable[..., None]


@dataclass(frozen=True)
class Rule:
    """One optimizer. ``slots`` is the number of arrays it remembers; ``decoupled`` says that λ acts outside of g."""

    name: str
    slots: int
    defaults: Mapping[str, float]
    columns: Columns
    update: Update
    decoupled: bool = False


def _sgd(p: Array, g: Array, slots: tuple[Array, ...], scratch: Array, lr: Array) -> None:
    """p ← p − α·g (Robbins & Monro 1951)."""
    g *= lr
    p -= g


def _momentum(p: Array, g: Array, slots: tuple[Array, ...], scratch: Array, lr: Array, mu: Array) -> None:
    """v ← μ·v + g; p ← p − α·v (Polyak 1964)."""
    (v,) = slots
    v *= mu
    v += g
    np.multiply(v, lr, out=scratch)
    p -= scratch


def _nesterov(p: Array, g: Array, slots: tuple[Array, ...], scratch: Array, lr: Array, mu: Array) -> None:
    """v ← μ·v + g; p ← p − α(g + μ·v) (Nesterov 1983, in the form of Sutskever et al. 2013)."""
    (v,) = slots
    v *= mu
    v += g
    np.multiply(v, mu, out=scratch)
    scratch += g
    scratch *= lr
    p -= scratch


def _adagrad(p: Array, g: Array, slots: tuple[Array, ...], scratch: Array, lr: Array, epsilon: Array) -> None:
    """s ← s + g²; p ← p − α·g / (√s + ε) (Duchi, Hazan & Singer 2011)."""
    _divided(p, g, slots[0], scratch, lr, epsilon)


def _divided(p: Array, g: Array, s: Array, scratch: Array, lr: Array, epsilon: Array) -> None:
    """s ← s + g²; p ← p − α·g / (√s + ε)."""
    np.multiply(g, g, out=scratch)
    s += scratch
    np.sqrt(s, out=scratch)
    scratch += epsilon
    g /= scratch
    g *= lr
    p -= g


def _rmsprop(
    p: Array, g: Array, slots: tuple[Array, ...], scratch: Array, lr: Array, rho: Array, epsilon: Array
) -> None:
    """s ← ρ·s + (1 − ρ)g²; p ← p − α·g / (√s + ε) (Tieleman & Hinton 2012). The slot holds s/(1 − ρ)."""
    (s,) = slots
    s *= rho
    _divided(p, g, s, scratch, lr, epsilon)


def _rmsprop_columns(h: Mapping[str, Array], lr: Array, steps: Array) -> tuple[Array, ...]:
    root = np.sqrt(1 - h["decay"])
    return lr / root, h["decay"], h["epsilon"] / root


def _adam(
    p: Array, g: Array, slots: tuple[Array, ...], scratch: Array, lr: Array, beta1: Array, beta2: Array, epsilon: Array
) -> None:
    """m ← β₁m + (1 − β₁)g; v ← β₂v + (1 − β₂)g²; p ← p − α·m̂ / (√v̂ + ε) (Kingma & Ba 2015).

    The slots hold m/(1 − β₁) and v/(1 − β₂); these factors and the corrections m̂ = m/(1 − β₁ᵗ), v̂ = v/(1 − β₂ᵗ)
    are inside the columns.
    """
    m, v = slots
    m *= beta1
    m += g
    g *= g
    v *= beta2
    v += g
    np.sqrt(v, out=scratch)
    scratch += epsilon
    np.divide(m, scratch, out=scratch)
    scratch *= lr
    p -= scratch


def _adam_columns(h: Mapping[str, Array], lr: Array, steps: Array) -> tuple[Array, ...]:
    beta1, beta2 = h["beta1"], h["beta2"]
    root = np.sqrt((1 - beta2) / (1 - beta2**steps))
    return lr * (1 - beta1) / ((1 - beta1**steps) * root), beta1, beta2, h["epsilon"] / root


def _with(*names: str) -> Columns:
    """Columns of a rule that takes its hyperparameters as they are."""
    return lambda h, lr, steps: (lr, *(h[name] for name in names))


_ADAM = {"learning_rate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}
_HEAVY = {"learning_rate": 0.05, "momentum": 0.9}

RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("sgd", 0, {"learning_rate": 0.1}, _with(), _sgd),
        Rule("momentum", 1, _HEAVY, _with("momentum"), _momentum),
        Rule("nesterov", 1, _HEAVY, _with("momentum"), _nesterov),
        Rule("adagrad", 1, {"learning_rate": 0.05, "epsilon": 1e-10}, _with("epsilon"), _adagrad),
        Rule("rmsprop", 1, {"learning_rate": 1e-3, "decay": 0.9, "epsilon": 1e-8}, _rmsprop_columns, _rmsprop),
        Rule("adam", 2, _ADAM, _adam_columns, _adam),
        # Loshchilov & Hutter 2019: p ← p − α·(λ/m)·p besides Adam's step on the unpenalised gradient.
        Rule("adamw", 2, _ADAM, _adam_columns, _adam, decoupled=True),
    )
}
SOLVERS: dict[str, Mapping[str, float]] = {
    "lbfgs": {"history": 10, "tolerance": 1e-8},
    "newton": {"history": 10, "tolerance": 1e-8},
}
"""What minimises over all rows by itself, with its hyperparameters' defaults."""
OPTIMIZERS = (*RULES, *SOLVERS)
