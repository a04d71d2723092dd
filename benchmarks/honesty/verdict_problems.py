"""Generated problems whose noise, bias and variance are known: the truth f(x) of every row and the noise about it.

Two disjoint sets. TUNING was looked at while the rules of `ml.diagnosis.measured` were made; HELD has other truths,
other shapes, other models and other seeds, and set no threshold.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Array = NDArray[Any]
Truth = Callable[[Array], Array]


@dataclass(frozen=True)
class Problem:
    """A truth over ``columns`` standard normal columns, rows to learn from, and the one model that is asked.

    Regression: y = truth(x) + noise·ε. Classes: logits truth(x), (m,) for two and (m, 3) for three.
    """

    family: str
    task: str
    truth: Truth
    columns: int
    rows: int
    models: list[dict[str, Any]]
    noise: float = 1.0
    search: dict[str, Any] = field(default_factory=dict)
    features: dict[str, Any] = field(default_factory=dict)
    tails: float | None = None
    """Degrees of freedom of Student's t noise; None for normal noise."""
    correlated: float = 0.0
    seed: int = 0

    @property
    def cv_rows(self) -> int:
        """A third of the training rows (60/20), at least 60."""
        return max(60, self.rows // 3)

    def inputs(self, rng: np.random.Generator, rows: int) -> Array:
        """x (rows, columns), neighbours correlated where asked."""
        x = rng.normal(size=(rows, self.columns))
        if self.correlated:
            x = np.sqrt(1 - self.correlated) * x + np.sqrt(self.correlated) * rng.normal(size=(rows, 1))
        return x

    def targets(self, rng: np.random.Generator, x: Array) -> Array:
        """Targets of rows: numbers, or labels a, b, c."""
        f = self.truth(x)
        if self.task == "regression":
            e = (
                rng.normal(size=len(x))
                if self.tails is None
                else rng.standard_t(self.tails, size=len(x)) / np.sqrt(self.tails / (self.tails - 2))
            )
            return np.asarray(f + self.noise * e)
        codes = (np.cumsum(self.chances(x), axis=1) < rng.random(len(x))[:, None]).sum(axis=1)
        return np.array(list("abc"))[np.minimum(codes, 2 if self.task == "multiclass" else 1)]

    def chances(self, x: Array) -> Array:
        """True probabilities of the classes (m, K)."""
        f = self.truth(x)
        z = np.stack([np.zeros(len(x)), f], axis=1) if f.ndim == 1 else f
        e = np.exp(z - z.max(axis=1, keepdims=True))
        return np.asarray(e / e.sum(axis=1, keepdims=True))

    def frame(self, rng: np.random.Generator, rows: int) -> pd.DataFrame:
        """A table of that many rows."""
        x = self.inputs(rng, rows)
        table = pd.DataFrame(x, columns=[f"x{i}" for i in range(self.columns)])
        return table.assign(y=self.targets(rng, x))

    @property
    def settings(self) -> dict[str, Any]:
        """The experiment."""
        return {
            "data": {"target": "y", "task": self.task},
            "features": {"degree": 1, **self.features},
            "search": {"epochs": 100, "early_stopping": None, **self.search, "models": self.models},
            "validate": {"folds": 0},
        }


LINEAR = {"regression": "linear", "binary": "logistic", "multiclass": "softmax"}


def linear(task: str, *lam: float) -> list[dict[str, Any]]:
    """A model without hidden layers."""
    return [{"kind": LINEAR[task], "lambda": list(lam) or 0.1, "optimizer": {"kind": "lbfgs"}}]


def network(*layers: int, lam: float = 0.0, rate: float = 0.01, activation: str = "relu") -> list[dict[str, Any]]:
    """One network."""
    return [
        {
            "kind": "network",
            "layers": list(layers),
            "lambda": lam,
            "activation": activation,
            "batch": 32,
            "optimizer": {"kind": "adam", "learning_rate": rate},
        }
    ]


STOP = {"epochs": 100, "early_stopping": {"patience": 15}}


def straight(k: int, size: float = 1.0) -> Truth:
    """The sum of the first k columns."""
    return lambda x: size * x[:, :k].sum(axis=1)


def squares(k: int, size: float = 1.0) -> Truth:
    """The sum of the squares of k columns, centred."""
    return lambda x: size * (x[:, :k] ** 2 - 1).sum(axis=1)


def nothing(x: Array) -> Array:
    """No signal."""
    return np.zeros(len(x))


def three(x: Array, size: float = 1.5) -> Array:
    """Three classes, straight boundaries."""
    return size * np.stack([x[:, 0], x[:, 1], -x[:, 0] - x[:, 1]], axis=1)


def tuning() -> Iterator[Problem]:
    """Problems that the rules were made with."""
    r, b = "regression", "binary"
    for i, (n, noise) in enumerate([(300, 0.5), (600, 1.0), (900, 2.0), (400, 3.0)]):
        yield Problem("straight truth, linear", r, straight(5), 5, n, linear(r, 0, 1, 10), noise, seed=i)
        yield Problem("squares, linear", r, squares(3), 5, n, linear(r, 0, 1, 10), noise, seed=i)
        yield Problem("squares, degree 2", r, squares(3), 4, n, linear(r, 0.1), noise, features={"degree": 2}, seed=i)
        yield Problem("squares, network", r, squares(2), 3, 2 * n, network(32, 16), noise / 3, search=STOP, seed=i)
    for i, (n, d) in enumerate([(50, 10), (80, 15), (60, 20), (100, 30)]):
        yield Problem("few rows, large network", r, straight(4), d, n, network(64, 64), 1.0, seed=i)
        yield Problem("few rows, linear", r, straight(4), d, n, linear(r, 0), 2.0, seed=i)
        yield Problem("noise, linear", r, nothing, d, n, linear(r, 0), 1.0, seed=i)
        yield Problem("noise, network", r, nothing, d, 3 * n, network(32), 1.0, seed=i)
        yield Problem("noise, stiff linear", r, nothing, d, 10 * n, linear(r, 1000), 1.0, seed=i)
        yield Problem("squares, few rows, linear", r, squares(2, 1.5), d, n, linear(r, 0), 0.3, seed=i)
        yield Problem("stiff linear", r, straight(4), d, 4 * n, linear(r, 3000), 1.0, seed=i)
    for i, n in enumerate([400, 800, 1600]):
        yield Problem("straight logits, logistic", b, straight(4), 5, n, linear(b, 0.1, 1), seed=i)
        yield Problem("circle, logistic", b, squares(2, 2.0), 4, n, linear(b, 0.1, 1), seed=i)
        yield Problem("straight logits, large network", b, straight(3), 8, n // 5, network(64, 64), seed=i)
        yield Problem("circle, few rows, logistic", b, squares(2, 2.0), 12, 60 + 20 * i, linear(b, 0.1), seed=i)
        yield Problem("noise, logistic", b, nothing, 10, n // 5, linear(b, 0.1), seed=i)
        yield Problem("noise, stiff logistic", b, nothing, 5, n, linear(b, 300), seed=i)


def friedman(x: Array) -> Array:
    """Friedman 1991, its first problem, on the normal columns mapped to [0, 1], centred."""
    u = 0.5 * (1 + np.tanh(0.8 * x))
    f = 10 * np.sin(np.pi * u[:, 0] * u[:, 1]) + 20 * (u[:, 2] - 0.5) ** 2 + 10 * u[:, 3] + 5 * u[:, 4]
    return np.asarray((f - 14.0) / 3.0)


def product(size: float = 2.0) -> Truth:
    """The product of two columns."""
    return lambda x: size * x[:, 0] * x[:, 1]


def wave(x: Array) -> Array:
    """A sine of one column plus a kink of another."""
    return np.asarray(1.5 * np.sin(2.5 * x[:, 0]) + 1.5 * np.abs(x[:, 1]))


def decaying(x: Array) -> Array:
    """Coefficients that fall along the columns."""
    return np.asarray(x @ (1.5 * 0.7 ** np.arange(x.shape[1])))


def steps(x: Array) -> Array:
    """A staircase in two columns."""
    return np.asarray(1.5 * np.sign(x[:, 0]) * np.sign(x[:, 1] - 0.3))


def rings(x: Array) -> Array:
    """Three classes by distance from the centre."""
    radius = np.sqrt((x[:, :2] ** 2).sum(axis=1))
    return np.asarray(4.0 * np.stack([1.0 - radius, -np.abs(radius - 1.3) + 0.4, radius - 1.8], axis=1))


def held() -> Iterator[Problem]:
    """Problems that set nothing."""
    r, b, c = "regression", "binary", "multiclass"
    seeds = count(1000)
    for n, d, noise in [(350, 8, 0.7), (700, 12, 1.5), (1200, 6, 3.0), (500, 4, 0.3), (900, 9, 2.5)]:
        yield Problem(
            "good: correlated columns, heavy tails, linear",
            r,
            decaying,
            d,
            n,
            linear(r, 0, 0.5, 5),
            noise,
            tails=5,
            correlated=0.3,
            seed=next(seeds),
        )
        yield Problem("bias: Friedman 1, linear", r, friedman, d + 1, n, linear(r, 0, 3), noise / 3, seed=next(seeds))
        yield Problem("bias: product, linear", r, product(), d, n, linear(r, 0, 3), noise / 2, seed=next(seeds))
        yield Problem("bias: wave, linear", r, wave, d, n, linear(r, 0, 3), noise / 3, tails=5, seed=next(seeds))
        yield Problem(
            "bias: stiff linear, correlated",
            r,
            decaying,
            d,
            n,
            linear(r, 5 * n),
            noise / 2,
            correlated=0.2,
            seed=next(seeds),
        )
        yield Problem("bias: two units", r, product(), d, n, network(2, activation="tanh"), noise / 4, seed=next(seeds))
        yield Problem(
            "bias: five epochs",
            r,
            friedman,
            d + 1,
            n,
            network(16, rate=0.001),
            noise / 4,
            search={"epochs": 5},
            seed=next(seeds),
        )
        yield Problem(
            "good: product, degree 2",
            r,
            product(),
            4,
            n,
            linear(r, 0.3),
            noise / 2,
            features={"degree": 2},
            seed=next(seeds),
        )
        yield Problem(
            "good: wave, network", r, wave, 2, 2 * n, network(48, 24), noise / 4, search=STOP, seed=next(seeds)
        )
    for n, d, noise in [(45, 9, 1.0), (70, 14, 0.8), (90, 25, 1.5), (120, 35, 2.0), (150, 40, 1.0)]:
        yield Problem(
            "variance: few rows, wide tanh network",
            r,
            decaying,
            d,
            n,
            network(128, activation="tanh"),
            noise,
            seed=next(seeds),
        )
        yield Problem(
            "variance: straight truth, degree 3",
            r,
            decaying,
            4,
            n,
            linear(r, 0.01),
            noise,
            features={"degree": 3},
            seed=next(seeds),
        )
        yield Problem(
            "variance: many columns, linear", r, decaying, d, n, linear(r, 0.01), 2 * noise, tails=5, seed=next(seeds)
        )
        yield Problem("noise: linear", r, nothing, d, 2 * n, linear(r, 0.1), noise, tails=5, seed=next(seeds))
        yield Problem(
            "noise: tanh network", r, nothing, d, 2 * n, network(24, activation="tanh"), noise, seed=next(seeds)
        )
        yield Problem("noise: stiff linear", r, nothing, d, 6 * n, linear(r, 5000), noise, seed=next(seeds))
        yield Problem(
            "both: product, few rows, linear", r, product(), d, n, linear(r, 0), 0.3 * noise, seed=next(seeds)
        )
        yield Problem(
            "both: staircase, few rows, linear", r, steps, d, n, linear(r, 0.01), 0.2 * noise, seed=next(seeds)
        )
        yield Problem("both: wave, few rows, linear", r, wave, d, n, linear(r, 0.01), 0.3 * noise, seed=next(seeds))
    for n, d in [(500, 4), (900, 6), (1500, 8)]:
        yield Problem("good: three classes, softmax", c, three, d, n, linear(c, 0.2, 2), seed=next(seeds))
        yield Problem("good: decaying logits, logistic", b, decaying, d, n, linear(b, 0.2, 2), seed=next(seeds))
        yield Problem("bias: XOR, logistic", b, product(3.0), d, n, linear(b, 0.2, 2), seed=next(seeds))
        yield Problem("bias: rings, softmax", c, rings, d, n, linear(c, 0.2, 2), seed=next(seeds))
        yield Problem("bias: stiff logistic", b, decaying, d, n, linear(b, 5 * n), seed=next(seeds))
        yield Problem(
            "variance: few rows, network, 3 classes", c, three, d + 4, n // 8, network(48, 48), seed=next(seeds)
        )
        yield Problem(
            "variance: few rows, tanh network, 2 classes",
            b,
            decaying,
            d + 6,
            n // 6,
            network(64, activation="tanh"),
            seed=next(seeds),
        )
        yield Problem("variance: many columns, logistic", b, decaying, 5 * d, n // 5, linear(b, 0.05), seed=next(seeds))
        yield Problem(
            "noise: softmax", c, lambda x: np.zeros((len(x), 3)), d + 6, n // 4, linear(c, 0.1), seed=next(seeds)
        )
        yield Problem(
            "noise: stiff softmax", c, lambda x: np.zeros((len(x), 3)), d, n, linear(c, 2000), seed=next(seeds)
        )
        yield Problem(
            "both: XOR, few rows, logistic", b, product(3.0), 2 * d, n // 9, linear(b, 0.05), seed=next(seeds)
        )
        yield Problem("both: rings, few rows, softmax", c, rings, 2 * d, n // 9, linear(c, 0.05), seed=next(seeds))
