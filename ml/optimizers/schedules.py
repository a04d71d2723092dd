"""How the learning rate changes: a factor on it, as a function of the epochs passed (a real number).

Each is evaluated for all steps of an epoch at once. ``warmup`` multiplies any schedule by a line from 0 to 1 over
the first epochs, counted so that the very first step is already above 0 (Goyal et al. 2017).
"""

from dataclasses import dataclass

import numpy as np

from descent.ml.errors import OptionError, check_name
from descent.ml.network.layout import Array

KINDS = ("constant", "step", "exponential", "cosine", "coslog4", "one_cycle")
PLANNED = ("cosine", "coslog4", "one_cycle")
"""Those that follow the number of epochs planned."""


@dataclass(frozen=True)
class Schedule:
    """A factor as a function of e, the epochs passed, with fractions.

    ``constant``: 1. ``step``: factor^⌊e/every⌋. ``exponential``: rate^e. ``cosine``: from 1 to ``final`` along half
    a cosine over all epochs (Loshchilov & Hutter 2017, without restarts). ``coslog4``: four cosine waves from 0 to 1
    and back, each about twice as long as the one before (RealMLP's; Holzmüller, Grinsztajn & Steinwart 2024).
    ``one_cycle``: along half a cosine from ``initial`` to 1 over the share ``rise`` of all epochs, and along another to
    ``final`` (Smith & Topin 2018, with cosines for lines).
    """

    kind: str = "constant"
    every: int = 10
    factor: float = 0.5
    rate: float = 0.95
    final: float = 0.0
    initial: float = 0.04
    rise: float = 0.3
    warmup: float = 0.0

    def __post_init__(self) -> None:
        check_name("schedule.kind", self.kind, KINDS)
        for name in ("factor", "rate"):
            value = getattr(self, name)
            if not 0 < value <= 1:
                raise OptionError(f"schedule.{name} is {value!r}; it must lie in (0, 1]")
        if not self.every >= 1:
            raise OptionError(f"schedule.every is {self.every!r}; it must be at least 1 epoch")
        for name in ("final", "initial"):
            if not 0 <= getattr(self, name) <= 1:
                raise OptionError(f"schedule.{name} is {getattr(self, name)!r}; it must lie in [0, 1]")
        if not 0 < self.rise < 1:
            raise OptionError(f"schedule.rise is {self.rise!r}; it must lie in (0, 1)")
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
        elif self.kind == "coslog4":
            factors = 0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * np.minimum(at / epochs, 1))))
        elif self.kind == "one_cycle":
            share = np.minimum(at / epochs, 1)
            up = 0.5 * (1 - np.cos(np.pi * np.minimum(share / self.rise, 1)))
            down = 0.5 * (1 + np.cos(np.pi * np.maximum(share - self.rise, 0) / (1 - self.rise)))
            start, end = self.initial + (1 - self.initial) * up, self.final + (1 - self.final) * down
            factors = np.where(share < self.rise, start, end)
        else:
            factors = np.ones(steps)
        if self.warmup > 0:
            factors = factors * np.minimum(1, (at + 1 / steps) / self.warmup)
        return factors
