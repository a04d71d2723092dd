"""How much work a training was: both sides of a comparison must have done the same."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.speed.shapes import Shape


class Work(NamedTuple):
    """``loss`` is the mean over the last epoch's rows of the costs seen while training."""

    side: str
    epochs: int
    steps: int
    loss: float


def check_equal(shape: Shape, works: list[Work]) -> None:
    """Raise `RuntimeError` unless all did the shape's epochs and steps and came to a similar loss.

    The sides draw different batches, and MLPClassifier its own starting weights, so losses agree within a quarter.
    """
    for work in works:
        if (work.epochs, work.steps) != (shape.epochs, shape.epochs * shape.steps):
            raise RuntimeError(
                f"({shape.name}) {work} did other work than {shape.epochs} epochs of {shape.steps} steps"
            )
    losses = [work.loss for work in works]
    if max(losses) - min(losses) > 0.25 * max(losses) + 0.02:
        raise RuntimeError(f"({shape.name}) the losses differ: {works}")


def check_path(
    kind: str,
    x: np.ndarray,
    y: np.ndarray,
    lambdas: Sequence[float],
    found: Sequence[np.ndarray],
    expected: Sequence[np.ndarray],
) -> None:
    """Raise `RuntimeError` unless for every λ our objective is no higher than scikit-learn's, and theirs close.

    ``found`` and ``expected`` are coefficients (n + 1,), bias last. They end at the same tolerance, each with
    its own solver, ours mostly closer; what that costs may be a thousandth of J for them, a 10⁻⁵ for us.
    """
    x, y = x.astype(np.float64), y.astype(np.float64)
    for lam, one, other in zip(lambdas, found, expected, strict=True):
        a, b = (_objective(kind, x, y, lam, theta.astype(np.float64)) for theta in (one, other))
        if not (a <= b * (1 + 1e-5) and b <= a * (1 + 1e-3)):
            raise RuntimeError(f"(g) {kind}, λ = {lam:g}: our objective is {a!r}, scikit-learn's {b!r}")


def _objective(kind: str, x: np.ndarray, y: np.ndarray, lam: float, theta: np.ndarray) -> float:
    """J + λ/(2m) Σ w², from the formulas."""
    z = x @ theta[:-1] + theta[-1]
    losses = 0.5 * (z - y) ** 2 if kind == "linear" else np.logaddexp(0, z) - y * z
    return float(losses.mean() + lam / (2 * len(x)) * theta[:-1] @ theta[:-1])
