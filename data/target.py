"""The target column as numbers to learn, and predictions as values of the target."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from descent.data.errors import ColumnError

if TYPE_CHECKING:
    import pandas as pd

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
    def fit(cls, column: "pd.Series", task: str, classes: tuple[Any, ...]) -> Self:
        """From the training rows' column. ``classes`` are the labels in the order of their codes."""
        if task != "regression":
            return cls(str(column.name), task, classes)
        values = column.to_numpy(np.float64)
        if values.min() == values.max():  # not the deviation: rounding leaves that of 0.1, 0.1, 0.1 above zero
            raise ColumnError(
                f"target {column.name!r} has only one value in the training rows ({values[0]:g}): nothing can be "
                "learned. Split in another way (split.by, split.seed), or use rows in which it varies"
            )
        with np.errstate(over="ignore"):
            mean, scale = float(values.mean()), float(values.std())
        if not (np.isfinite(mean) and np.isfinite(scale) and scale > 0):
            raise ColumnError(f"target {column.name!r} has values too large or too small to compute with: rescale it")
        return cls(str(column.name), task, (), mean, scale)

    @property
    def outputs(self) -> int:
        """Outputs of a model: K for several classes, else 1."""
        return len(self.classes) if self.task == "multiclass" else 1

    @property
    def shift(self) -> float:
        """How far 0 lies below the mean, in units of the scale: the standardised number of 0 is −shift."""
        return self.mean / self.scale

    def encode(self, column: "pd.Series") -> Array:
        """(m,) float32 standardised numbers, or (m,) int64 codes.

        Raises:
            ColumnError: a label that is none of the classes, or a number that is none.
        """
        from descent.data.cells import label, to_labels, to_numbers  # they bring pandas, which `decode` does without
        from descent.data.names import listed

        if self.task == "regression":
            numbers, wrong = to_numbers(column)
            if wrong.any() or np.isnan(numbers).any():
                row = int(np.argmax(np.isnan(numbers)))
                raise ColumnError(f"target {self.name!r}, row {row + 1}: {column.iloc[row]!s} is not a number")
            return np.asarray((numbers - self.mean) / self.scale, np.float32)
        known = {label(value): code for code, value in enumerate(self.classes)}
        codes = np.array([known.get(text, -1) for text in to_labels(column)], np.int64)
        if (codes < 0).any():
            row = int(np.argmin(codes))
            raise ColumnError(
                f"target {self.name!r}, row {row + 1}: {str(column.iloc[row])!r} is none of the classes "
                f"{listed([str(value) for value in self.classes])}"
            )
        return codes

    def decode(self, values: Array) -> Array:
        """Predictions (m,) in the target's own units, or labels (m,) for codes: bool, int, or objects for texts."""
        if self.task == "regression":
            return np.asarray(values, np.float64) * self.scale + self.mean
        plain = np.asarray(self.classes)
        labels = plain if plain.dtype.kind in "bif" else np.asarray(self.classes, dtype=object)
        return np.asarray(labels[np.asarray(values)])

    def cost_in_units(self, cost: float | None) -> float:
        """A cost of the standardised target in the target's units squared; NaN for None."""
        return float("nan") if cost is None else float(cost) * self.scale**2

    def metrics_in_units(self, metrics: dict[str, float]) -> dict[str, float]:
        """rmse and mae in the target's units; the others have none."""
        return {name: value * self.scale if name in ("rmse", "mae") else value for name, value in metrics.items()}

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Self:
        """What `to_dict` gave."""
        return cls(**{**stored, "classes": tuple(stored["classes"])})
