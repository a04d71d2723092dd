"""The target column as numbers to learn, and predictions as values of the target."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .errors import ColumnError

Array = NDArray[Any]


@dataclass(frozen=True)
class Target:
    """Numbers are standardised with the training rows' mean and scale; labels become codes 0 … K−1.

    Dividing the target by s divides the cost by s² and the weights by s, so λ keeps its meaning (it stays Ridge's
    alpha); `cost_in_units` and `metrics_in_units` turn back what was measured on the standardised target.
    """

    name: str
    task: str
    classes: tuple[Any, ...] = ()
    mean: float = 0.0
    scale: float = 1.0

    @classmethod
    def fit(cls, column: pd.Series, task: str, classes: tuple[Any, ...]) -> Self:
        """From the training rows' column. ``classes`` are the labels in the order of their codes."""
        if task != "regression":
            return cls(str(column.name), task, classes)
        values = column.to_numpy(np.float64)
        scale = float(values.std())
        if not scale > 0:
            raise ColumnError(f"target {column.name!r} has one value only in the training rows: nothing can be learned")
        return cls(str(column.name), task, (), float(values.mean()), scale)

    @property
    def outputs(self) -> int:
        """Outputs of a model: K for several classes, else 1."""
        return len(self.classes) if self.task == "multiclass" else 1

    def encode(self, column: pd.Series) -> Array:
        """(m,) float32 standardised numbers, or (m,) int64 codes.

        Raises:
            ColumnError: a label that is none of the classes.
        """
        if self.task == "regression":
            return ((column.to_numpy(np.float64) - self.mean) / self.scale).astype(np.float32)
        codes = pd.Index(self.classes).get_indexer(pd.Index(column))
        if (codes < 0).any():
            raise ColumnError(f"target {self.name!r} has the label {column.iloc[int(np.argmin(codes))]!r}, never seen")
        return codes.astype(np.int64)

    def decode(self, values: Array) -> Array:
        """Predictions (m,) in the target's own units, or labels (m,) for codes."""
        if self.task == "regression":
            return np.asarray(values, np.float64) * self.scale + self.mean
        return np.asarray(self.classes, dtype=object)[np.asarray(values)]

    def cost_in_units(self, cost: float | None) -> float:
        """A cost of the standardised target in the target's units squared; NaN for None."""
        return float("nan") if cost is None else float(cost) * self.scale**2

    def metrics_in_units(self, metrics: dict[str, float]) -> dict[str, float]:
        """rmse and mae in the target's units; the others have none."""
        return {name: value * self.scale if name in ("rmse", "mae") else value for name, value in metrics.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "task": self.task,
            "classes": list(self.classes),
            "mean": self.mean,
            "scale": self.scale,
        }

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(stored["name"], stored["task"], tuple(stored["classes"]), stored["mean"], stored["scale"])
