"""The shapes (a) to (g) and their data: the same arrays, float32, for both sides."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from descent import ml

LAM = 0.1
"""λ of a variant alone; a fleet spans a range around it."""
FLEET = 32
TOLERANCE = 1e-4
"""Of a λ path, for both sides: the largest gradient at which a fit ends; LogisticRegression's default."""


@dataclass(frozen=True)
class Shape:
    """A network on a table. ``epochs`` of one timed training: enough that setting up does not show."""

    name: str
    rows: int
    columns: int
    hidden: tuple[int, ...]
    batch: int
    epochs: int
    classes: int = 2

    @property
    def model(self) -> ml.Model:
        """The architecture; two classes have one logit, as with MLPClassifier."""
        if self.classes == 2:
            return ml.Model(self.columns, self.hidden, task="binary")
        return ml.Model(self.columns, self.hidden, self.classes, "multiclass")

    @property
    def steps(self) -> int:
        """Updates per epoch; the last batch may be smaller."""
        return -(-self.rows // self.batch)

    @property
    def label(self) -> str:
        """For tables."""
        hidden = "-".join(map(str, self.hidden))
        return f"({self.name}) {self.rows:,}×{self.columns}, hidden {hidden}, batch {self.batch}"


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("a", 2_000, 8, (16,), 32, 60),
        Shape("b", 2_000, 8, (16, 16), 200, 150),
        Shape("c", 12_000, 10, (32, 16), 128, 20),
        Shape("d", 1_797, 64, (64, 32), 200, 60, classes=10),
        Shape("e", 20_000, 12, (64, 64), 256, 10),
        Shape("f", 20_000, 12, (256, 256), 256, 4),
    )
}


def make_data(shape: Shape) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """x (m, n) standardised float32 and class codes y (m,): (d) is scikit-learn's digits, the rest is drawn."""
    if shape.name == "d":
        from sklearn.datasets import load_digits  # here, to keep it out of the process whose memory is measured

        digits = load_digits()
        return (digits.data[: shape.rows] / 16 - 0.3).astype(np.float32), digits.target[: shape.rows].astype(np.int64)
    random = np.random.default_rng(0)
    x = random.normal(size=(shape.rows, shape.columns))
    signal = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + x @ random.normal(size=shape.columns) / 2
    noise = random.logistic(0, 0.3, shape.rows)
    return x.astype(np.float32), (signal + noise > 0).astype(np.int64)


def make_path_data(rows: int = 20_000, columns: int = 50) -> dict[str, NDArray[np.float32]]:
    """(g): x (m, n) correlated columns, and targets ``linear`` (numbers) and ``logistic`` (0 or 1)."""
    random = np.random.default_rng(0)
    x = random.normal(size=(rows, columns)) @ (np.eye(columns) + 0.1 * random.normal(size=(columns, columns)))
    z = x @ random.normal(size=columns) / np.sqrt(columns)
    number = z + random.normal(size=rows)
    code = z + random.logistic(size=rows) > 0
    found = {"x": x, "linear": number, "logistic": code}
    return {name: np.ascontiguousarray(values, np.float32) for name, values in found.items()}


def fleet_settings(count: int = FLEET) -> tuple[ml.Settings, ...]:
    """The variants of a sweep over λ."""
    return tuple(ml.Settings(lam=float(lam)) for lam in np.geomspace(LAM / 100, LAM * 100, count))
