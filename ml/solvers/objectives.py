"""The mean loss over all rows as a function of one flat vector, for solvers that see all rows at once.

For linear models the vector θ holds coordinates of standardised columns: with x̃ = (x − μ)/s the outputs
z = w·x + b are z = u·x̃ + c, where u = s·w and c = b + w·μ, and the penalty Σ w² is Σ (u/s)². It is the same
objective of the same model; only the coordinates in which curvature is estimated are better.
"""

from typing import Protocol

import numpy as np

from descent.ml.network.blocks import BLOCK, slices, spans
from descent.ml.network.initializers import initialize
from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.model import Model
from descent.ml.network.program import Program
from descent.ml.network.rows import Rows


class Objective(Protocol):
    """θ (P,) to cost and gradient; all in float64.

    ``theta`` is where a minimisation starts, ``start`` the same as parameters (P,), ``penalty`` (P,) the factors in
    the penalty ½λ/m Σ penalty·θ².
    """

    theta: Array
    start: Array
    penalty: Array

    def value(self, theta: Array) -> tuple[float, Array]:
        """Mean loss without penalty, and its gradient."""
        ...

    def cost_cv(self, theta: Array) -> float | None:
        """J_cv; None without cv rows."""
        ...

    def parameters(self, theta: Array) -> Array:
        """Θ as parameters of the model."""
        ...

    def costs(self, parameters: Array) -> tuple[float, float | None]:
        """J_train and J_cv at parameters (P,) of the model."""
        ...


def objective_of(model: Model, rows: Rows, cv: Rows | None, seed: int) -> Objective:
    """The objective in the coordinates that suit the model; ``seed`` draws the start of a network."""
    if model.hidden:
        sigma = 0.0 if model.embedding is None else model.embedding.sigma
        start = initialize(model.layout, model.initializer, model.residual, seed, "float64", sigma)
        return NetworkObjective(model, rows, cv, start)
    coordinates = Standardised(model, rows)
    if model.loss == "squared_error":
        return QuadraticObjective(coordinates, rows, cv)
    return LinearObjective(model, coordinates, rows, cv)


class NetworkObjective:
    """By forward and backward passes over blocks of rows, in the network's own parameters."""

    def __init__(self, model: Model, rows: Rows, cv: Rows | None, start: Array):
        self.theta = self.start = start
        self.penalty = model.layout.penalised.astype(np.float64)
        self.program = Program(model, 1, "float64")
        self.blocks, self.count = slices(rows), len(rows)
        self.cv = None if cv is None else slices(cv)
        self.gradient = np.empty((1, model.size))
        self.views = LayerViews(model.layout, self.gradient)
        self.layout, self.total = model.layout, np.empty(1)

    def value(self, theta: Array) -> tuple[float, Array]:
        """Mean loss without penalty, and its gradient."""
        parameters = LayerViews(self.layout, theta[None])
        self.program.gradient(parameters, self.blocks, self.gradient, self.views, self.total)
        return float(self.total[0]) / self.count, self.gradient[0].copy()

    def cost_cv(self, theta: Array) -> float | None:
        """J_cv; None without cv rows."""
        return None if self.cv is None else float(self.program.cost(theta[None], self.cv)[0])

    def parameters(self, theta: Array) -> Array:
        """Θ itself."""
        return theta

    def costs(self, parameters: Array) -> tuple[float, float | None]:
        """J_train and J_cv at parameters (P,) of the model."""
        return float(self.program.cost(parameters[None], self.blocks)[0]), self.cost_cv(parameters)


class Standardised:
    """The coordinates of a linear model on standardised columns: θ (K, n + 1), the last column c."""

    def __init__(self, model: Model, rows: Rows):
        self.outputs = model.outputs
        blocks = [(slice(a, b), _weights(rows, a, b)) for a, b in spans(len(rows), BLOCK)]
        self.mean = np.sum([w @ rows.x[part, :-1] for part, w in blocks], axis=0) / len(rows)
        squares = np.sum([w @ (rows.x[part, :-1] - self.mean) ** 2 for part, w in blocks], axis=0)
        spread = np.sqrt(squares / len(rows))
        # A constant column carries rounding only; scaled up it would pose as information.
        self.scale = np.where(spread > 1e-12 * np.maximum(1, np.abs(self.mean)), spread, 1)
        factors = np.append(self.scale**-2, 0.0)
        self.penalty = np.tile(factors, self.outputs)

    def rows(self, rows: Rows) -> Rows:
        """The rows with standardised columns."""
        x = np.empty(rows.x.shape)
        for a, b in spans(len(rows), BLOCK):
            x[a:b] = self.block(rows, a, b)
        return Rows(x, rows.t, rows.w, rows.mass)

    def block(self, rows: Rows, a: int, b: int) -> Array:
        """The rows from ``a`` to ``b`` with standardised columns: all of them at once would not stay in the cache."""
        x = np.ones((b - a, len(self.mean) + 1))
        np.subtract(rows.x[a:b, :-1], self.mean, out=x[:, :-1])
        x[:, :-1] /= self.scale
        return x

    def parameters(self, theta: Array) -> Array:
        """W = u/s and b = c − w·μ."""
        full = theta.reshape(self.outputs, -1).copy()
        full[:, :-1] /= self.scale
        full[:, -1] -= full[:, :-1] @ self.mean
        return full.ravel()

    def theta(self, parameters: Array) -> Array:
        """The inverse: u = s·w and c = b + w·μ."""
        full = parameters.reshape(self.outputs, -1).copy()
        full[:, -1] += full[:, :-1] @ self.mean
        full[:, :-1] *= self.scale
        return full.ravel()


class LinearObjective(NetworkObjective):
    """As for a network, in standardised coordinates."""

    def __init__(self, model: Model, coordinates: Standardised, rows: Rows, cv: Rows | None):
        held = None if cv is None else coordinates.rows(cv)
        super().__init__(model, coordinates.rows(rows), held, np.zeros(model.size))
        self.penalty, self.coordinates = coordinates.penalty, coordinates

    def parameters(self, theta: Array) -> Array:
        """Θ in the columns' own units."""
        return self.coordinates.parameters(theta)

    def costs(self, parameters: Array) -> tuple[float, float | None]:
        """J_train and J_cv at parameters (P,) of the model."""
        return super().costs(self.coordinates.theta(parameters))


class QuadraticObjective:
    """Squared error of a linear model: ½ tr(θ G θᵀ) − ⟨θ, C⟩ + ½q, with G = X̃ᵀX̃/m, C = TᵀX̃/m and q = Σ t²/m.

    The rows are read once; a step costs (n + 1)² whatever their number. Targets are taken relative to their mean, so
    that a large mean costs no precision.
    """

    def __init__(self, coordinates: Standardised, rows: Rows, cv: Rows | None):
        self.coordinates, self.penalty = coordinates, coordinates.penalty
        self.offset = np.sum([rows.t[:, a:b] @ _weights(rows, a, b) for a, b in spans(len(rows), BLOCK)], axis=0)
        self.offset /= len(rows)
        self.moments = self._moments(rows)
        self.moments_cv = None if cv is None else self._moments(cv)
        self.theta = np.zeros(self.moments[1].size)
        self.start = np.zeros(self.moments[1].size)

    def _moments(self, rows: Rows) -> tuple[Array, Array, float]:
        columns, m = rows.x.shape[1], len(rows)
        G, C, q = np.zeros((columns, columns)), np.zeros((len(rows.t), columns)), 0.0
        for a, b in spans(m, BLOCK):
            x, t = self.coordinates.block(rows, a, b), rows.t[:, a:b] - self.offset[:, None]
            w = None if rows.w is None else rows.w[:, a:b]
            wt = t if w is None else t * w
            G += (x if w is None else x * w.T).T @ x
            C += wt @ x
            q += float(np.vdot(t, wt))
        return G / m, C / m, q / m

    def value(self, theta: Array) -> tuple[float, Array]:
        """Mean loss without penalty, and its gradient."""
        G, C, q = self.moments
        full = theta.reshape(C.shape)
        product = full @ G
        return 0.5 * (float(np.vdot(full, product - 2 * C)) + q), (product - C).ravel()

    def cost_cv(self, theta: Array) -> float | None:
        """J_cv; None without cv rows."""
        if self.moments_cv is None:
            return None
        G, C, q = self.moments_cv
        full = theta.reshape(C.shape)
        return 0.5 * (float(np.vdot(full, full @ G - 2 * C)) + q)

    def parameters(self, theta: Array) -> Array:
        """Θ in the columns' own units, with the targets' mean."""
        full = self.coordinates.parameters(theta).reshape(self.moments[1].shape)
        full[:, -1] += self.offset
        return full.ravel()

    def costs(self, parameters: Array) -> tuple[float, float | None]:
        """J_train and J_cv at parameters (P,) of the model; rounding may not make a perfect fit negative."""
        full = self.coordinates.theta(parameters).reshape(self.moments[1].shape)
        full[:, -1] -= self.offset
        held = self.cost_cv(full.ravel())
        return max(0.0, self.value(full.ravel())[0]), None if held is None else max(0.0, held)


def _weights(rows: Rows, a: int, b: int) -> Array:
    """Of the rows from one number to another (b − a,)."""
    return np.ones(b - a) if rows.w is None else rows.w[0, a:b]
