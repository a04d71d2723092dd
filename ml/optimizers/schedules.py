"""How the learning rate changes: a factor on it, as a function of the epochs passed (a real number).

Each is evaluated for all steps of an epoch at once. ``warmup`` multiplies any schedule by a line from 0 to 1 over
the first epochs, counted so that the very first step is already above 0 (Goyal et al. 2017).
"""

from dataclasses import dataclass

import numpy as np

from descent.ml.errors import OptionError, check_name
from descent.ml.network.layout import Array

KINDS = ("constant", "step", "exponential", "cosine")


@dataclass(frozen=True)
class Schedule:
    """A factor as a function of e, the epochs passed, with fractions.

    ``constant``: 1. ``step``: factor^⌊e/every⌋. ``exponential``: rate^e. ``cosine``: from 1 to ``final`` along half
    a cosine over all epochs (Loshchilov & Hutter 2017, without restarts).
    """

    kind: str = "constant"
    every: int = 10
    factor: float = 0.5
    rate: float = 0.95
    final: float = 0.0
    warmup: float = 0.0

    def __post_init__(self) -> None:
        check_name("schedule.kind", self.kind, KINDS)
        for name in ("factor", "rate"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise OptionError(f"schedule.{name} is {value!r}; it must lie in (0, 1]")
        if not self.every >= 1:
            raise OptionError(f"schedule.every is {self.every!r}; it must be at least 1 epoch")
        if not 0 <= self.final <= 1:
            raise OptionError(f"schedule.final is {self.final!r}; it must lie in [0, 1]")
        if not 0 <= self.warmup < float("inf"):
            raise OptionError(f"schedule.warmup is {self.warmup!r}; it must be a number of epochs, at least 0")

    def factors(self, epoch: int, steps: int, epochs: int) -> Array:
        """Factor at each of the ``steps`` steps of one epoch (counted from 0) of ``epochs``: (steps,) float64."""
        at = epoch + np.arange(steps) / steps
        if self.kind == "step":
            factors: Array = self.factor ** np.floor(at / self.every)
        elif self.kind == "exponential":
            factors = self.rate**at
        elif self.kind == "cosine":
            factors = self.final + (1 - self.final) * 0.5 * (1 + np.cos(np.pi * np.minimum(at / epochs, 1)))
        else:
            factors = np.ones(steps)
        if self.warmup > 0:
            factors = factors * np.minimum(1, (at + 1 / steps) / self.warmup)
        return factors
