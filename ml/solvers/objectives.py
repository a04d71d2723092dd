"""The mean loss over all rows as a function of one flat vector, for solvers that see all rows at once.

For linear models the vector θ holds coordinates of standardised columns: with x̃ = (x − μ)/s the outputs
z = w·x + b are z = u·x̃ + c, where u = s·w and c = b + w·μ, and the penalty Σ w² is Σ (u/s)². It is the same
objective of the same model; only the coordinates in which curvature is estimated are better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from descent.ml.history import Callback
from descent.ml.network.blocks import BLOCK, slices, spans
from descent.ml.network.initializers import initialize
from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.model import Model
from descent.ml.network.program import Program
from descent.ml.network.rows import Rows
from descent.ml.optimizers.settings import Settings


@dataclass(frozen=True)
class Minimisation:
    """What a solver is asked for: one outcome per entry of ``settings``; an iteration counts as an epoch.

    ``rows`` and ``cv`` are float64, ``dtype`` that of the parameters wanted.
    """

    model: Model
    settings: Sequence[Settings]
    rows: Rows
    cv: Rows | None
    epochs: int
    dtype: str
    callback: Callback | None


def objective_of(model: Model, rows: Rows, cv: Rows | None, seed: int) -> "Objective":
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


class Moments:
    """Squared error over rows as the quadratic form ½ tr(θ G θᵀ) − ⟨θ, C⟩ + ½q, of many θ at once.

    G = X̃ᵀX̃/m, C = TᵀX̃/m and q = Σ t²/m, with targets relative to ``offset``: the rows are read once, and a step costs
    (n + 1)² whatever their number.
    """

    def __init__(self, coordinates: Standardised, rows: Rows, offset: Array):
        columns, m = rows.x.shape[1], len(rows)
        self.G, self.C, self.q = np.zeros((columns, columns)), np.zeros((len(rows.t), columns)), 0.0
        for a, b in spans(m, BLOCK):
            x, t = coordinates.block(rows, a, b), rows.t[:, a:b] - offset[:, None]
            w = None if rows.w is None else rows.w[:, a:b]
            wt = t if w is None else t * w
            self.G += (x if w is None else x * w.T).T @ x
            self.C += wt @ x
            self.q += float(np.vdot(t, wt))
        self.G, self.C, self.q = self.G / m, self.C / m, self.q / m

    def cost(self, theta: Array) -> Array:
        """Mean loss (V,), without penalty."""
        return self.value(theta)[0]

    def value(self, theta: Array) -> tuple[Array, Array]:
        """Mean loss (V,) and gradient (V, K, n + 1), without penalty; rounding makes no perfect fit negative."""
        product = np.matmul(theta, self.G)
        flat = (len(theta), -1)
        cost = 0.5 * (np.vecdot(theta.reshape(flat), (product - 2 * self.C).reshape(flat)) + self.q)
        return np.maximum(cost, 0), product - self.C


def offset_of(rows: Rows) -> Array:
    """The mean of each target (K,): relative to it, a large mean costs no precision."""
    sums = [rows.t[:, a:b] @ _weights(rows, a, b) for a, b in spans(len(rows), BLOCK)]
    return np.asarray(np.sum(sums, axis=0) / len(rows))


class QuadraticObjective:
    """Squared error of a linear model, from the moments of its rows."""

    def __init__(self, coordinates: Standardised, rows: Rows, cv: Rows | None):
        self.coordinates, self.penalty, self.offset = coordinates, coordinates.penalty, offset_of(rows)
        self.seen = Moments(coordinates, rows, self.offset)
        self.held = None if cv is None else Moments(coordinates, cv, self.offset)
        self.shape = (1, *self.seen.C.shape)
        self.theta = self.start = np.zeros(self.seen.C.size)

    def value(self, theta: Array) -> tuple[float, Array]:
        """Mean loss without penalty, and its gradient."""
        cost, gradient = self.seen.value(theta.reshape(self.shape))
        return float(cost[0]), gradient.ravel()

    def cost_cv(self, theta: Array) -> float | None:
        """J_cv; None without cv rows."""
        return None if self.held is None else float(self.held.cost(theta.reshape(self.shape))[0])

    def parameters(self, theta: Array) -> Array:
        """Θ in the columns' own units, with the targets' mean."""
        full = self.coordinates.parameters(theta).reshape(self.shape[1:])
        full[:, -1] += self.offset
        return full.ravel()

    def costs(self, parameters: Array) -> tuple[float, float | None]:
        """J_train and J_cv at parameters (P,) of the model."""
        full = self.coordinates.theta(parameters).reshape(self.shape[1:])
        full[:, -1] -= self.offset
        return self.value(full.ravel())[0], self.cost_cv(full.ravel())


Objective = NetworkObjective | QuadraticObjective
"""θ (P,) to cost and gradient, all in float64.

``theta`` is where a minimisation starts, ``start`` the same as parameters (P,), ``penalty`` (P,) the factors in the
penalty ½λ/m Σ penalty·θ².
"""


def _weights(rows: Rows, a: int, b: int) -> Array:
    """Of the rows from one number to another (b − a,)."""
    return np.ones(b - a) if rows.w is None else rows.w[0, a:b]
