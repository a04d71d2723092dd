"""The variance of linear, logistic and softmax regression at all training rows, from one fit.

The weights that minimise Σ loss_i + λ/2 Σ w² differ between samples by H⁻¹ Σ g_i, with g_i the gradient of a row and
H the second derivatives: their covariance is the sandwich H⁻¹ (Σ g_i g_iᵀ) H⁻¹ (Huber 1967; White 1980), right also
where the model is wrong. A row pulls the fit towards itself, so g_i is divided by √(1 − h_i), h_i its leverage (HC2 of
MacKinnon & White 1985). What the outputs z = x w then cost is

    V = ½ mean tr(W(x) Cov z(x))        W the second derivatives of the loss by z: 1, p(1 − p), diag(p) − p pᵀ
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.statistics.rows import row_costs, softmax

Array = NDArray[Any]

MOST_WEIGHTS, MOST_ROWS = 600, 20_000
"""Beyond these it would take seconds, and V is little where rows are many."""
MOST_LEVERAGE = 0.6
"""Where the rows pull more than that on average, the residuals are mostly fitted away and tell too little."""
LEAST = 0.05
"""1 − h is not taken to be less."""


@dataclass(frozen=True)
class Fit:
    """A linear model at its minimum: V on cv rows and on its training rows, and its cost on every one of these (n,).

    Its J_train is too low by about as much as J_cv is too high, by V (Takeuchi 1976; Stone 1977; Akaike 1974 where the
    model is right): J_train + V on training rows estimates J without the variance, as J_cv − V does.
    """

    variance: float
    optimism: float
    costs: NDArray[np.float64]


def sandwich(
    task: str,
    x: ArrayLike,
    y: ArrayLike,
    outputs: ArrayLike,
    x_cv: ArrayLike,
    outputs_cv: ArrayLike,
    lam: float,
    unit: float = 1.0,
) -> Fit | None:
    """V by the sandwich, or None where it would take too long or the model all but interpolates.

    ``x`` (m, n) and ``y`` (m,), numbers or codes, are the training rows that gave the model whose ``outputs`` (m,) or
    (m, K) these are; ``lam`` is λ of J + λ/(2m) Σ w². ``unit`` turns costs into those of the target's units.
    """
    rows = _with_ones(x)
    z = _columns(outputs)
    k, n = z.shape[1], rows.shape[1]
    if n * k > MOST_WEIGHTS or len(rows) > MOST_ROWS:
        return None
    gradient, curvature = _derivatives(task, y, z)
    second = _blocks(lambda i, j: rows.T @ (rows * curvature[:, i, j, None]), k)
    penalty = np.full((k, n), float(lam))
    penalty[:, 0] = 0.0
    inverse = np.linalg.pinv(second + np.diag(penalty.ravel()), hermitian=True)
    own = _traces(rows, inverse, curvature) / max(1, k - 1)
    if own.mean() > MOST_LEVERAGE:
        return None
    gradient = gradient / np.sqrt(np.maximum(1.0 - own, LEAST))[:, None]
    each = (gradient[:, :, None] * rows[:, None, :]).reshape(len(rows), n * k)
    covariance = inverse @ (each.T @ each) @ inverse

    def cost_of(held: Array, outputs: ArrayLike) -> float:
        return unit * 0.5 * float(_traces(held, covariance, _curvature(task, _columns(outputs))).mean())

    costs = unit * row_costs(task, y, outputs)
    return Fit(cost_of(_with_ones(x_cv), outputs_cv), cost_of(rows, outputs), costs)


def _blocks(block: Callable[[int, int], Array], k: int) -> Array:
    """The matrix of k × k blocks."""
    return np.block([[block(i, j) for j in range(k)] for i in range(k)])


def _traces(rows: Array, matrix: Array, curvature: Array) -> Array:
    """tr(W Z M Zᵀ) of every row (m,), with Z the row once per output and M of the weights, block by block."""
    n, found = rows.shape[1], np.zeros(len(rows))
    for i in range(curvature.shape[1]):
        for j in range(curvature.shape[1]):
            block = matrix[i * n : (i + 1) * n, j * n : (j + 1) * n]
            found += ((rows @ block) * rows).sum(axis=1) * curvature[:, j, i]
    return found


def _with_ones(x: ArrayLike) -> Array:
    """(m, 1 + n) float64, a column of ones in front for the biases."""
    values = np.asarray(x, np.float64)
    return np.concatenate([np.ones((len(values), 1)), values], axis=1)


def _columns(outputs: ArrayLike) -> Array:
    """(m, k) float64."""
    z = np.asarray(outputs, np.float64)
    return z[:, None] if z.ndim == 1 else z


def _chances(z: Array) -> Array:
    if z.shape[1] == 1:
        return np.asarray(1.0 / (1.0 + np.exp(-np.clip(z, -500, 500))))
    return softmax(z)


def _derivatives(task: str, y: ArrayLike, z: Array) -> tuple[Array, Array]:
    """First (m, k) and second (m, k, k) derivatives of the loss by the outputs."""
    if task == "regression":
        return z - np.asarray(y, np.float64).reshape(z.shape), _curvature(task, z)
    codes = np.asarray(y, np.intp)
    hit = codes[:, None] == (np.array([1]) if task == "binary" else np.arange(z.shape[1]))
    return _chances(z) - hit, _curvature(task, z)


def _curvature(task: str, z: Array) -> Array:
    """(m, k, k)."""
    if task == "regression":
        return np.ones((len(z), 1, 1))
    p = _chances(z)
    if task == "binary":
        return np.asarray((p * (1 - p))[:, :, None])
    return np.asarray(p[:, :, None] * (np.eye(p.shape[1]) - p[:, None, :]))
