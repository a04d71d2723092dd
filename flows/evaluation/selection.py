"""Which finalist wins, and which are averaged: compared row by row on what they said of rows they had not learned from.

A comparison of two models on the same rows has the error of their *differences*: a fold that is hard is hard for both.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt
from statistics import fmean, stdev
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.flows.evaluation.ensemble import TrainedMember
from descent.flows.search.leaderboard import Entry
from descent.ml.ensembles import blend, greedy_weights, temperature
from descent.ml.statistics.comparison import row_losses

Array = NDArray[Any]

PARTS = 5
"""Number of parts into which units are divided; each judges the weights that the others chose."""


@dataclass(frozen=True, eq=False)
class Finalist:
    """An entry with its metric on every fold, but for those on which it exploded.

    ``outputs`` (m,) or (m, K) are out-of-fold: what the model of a fold says of the rows that it was not trained on, in
    the target's units or as logits, the mean of several where folds were drawn several times (``repeats``), NaN for a
    row that no fold held out; ``losses`` (m,) those of the selection metric,
    None where that is no mean over rows. ``models`` are the folds' own, None for one that exploded, and ``epochs``
    those after which each was best.
    """

    entry: Entry
    folds: tuple[float, ...]
    outputs: Array | None = field(default=None, repr=False)
    losses: Array | None = field(default=None, repr=False)
    models: tuple[TrainedMember | None, ...] = field(default=(), repr=False)
    epochs: tuple[int, ...] = ()
    repeats: int = 1

    @property
    def mean(self) -> float:
        """Mean of the metric over the folds; the metric on the cv set where no folds were asked for."""
        return fmean(self.folds)

    @property
    def se(self) -> float | None:
        """Standard error of that mean, s/√k; None for a single value. Folds drawn again hold out the same rows, and
        make k no larger."""
        return stdev(self.folds) / sqrt(len(self.folds) / self.repeats) if len(self.folds) > 1 else None

    @property
    def known(self) -> Array:
        """Whether each row (m,) was held out by a fold on which it did not explode."""
        return np.asarray(np.isfinite(_rows(self.outputs)).all(axis=1))

    @property
    def is_linear(self) -> bool:
        """Whether it has no hidden layer."""
        return not self.entry.variant.layers


@dataclass(frozen=True, eq=False)
class Selection:
    """The winner, and what the final model is made of: finalists with their weights, which sum to 1."""

    winner: Finalist
    members: tuple[tuple[Finalist, float], ...]
    calibration: "Calibration | None" = None


@dataclass(frozen=True)
class Calibration:
    """The temperature of the final model's logits, and its log loss out of fold with 1 in its place and with it."""

    temperature: float
    before: float
    after: float


@dataclass(frozen=True)
class Judge:
    """How finalists are compared: ``rule`` and ``metric`` of the configuration, ``y`` of all rows of the frame (numbers
    in their own units, or codes), and ``units`` (m,): rows of one unit (a group, a block of time) are correlated."""

    task: str
    metric: str
    rule: str
    greater_is_better: bool
    y: Array
    units: Array

    def choose(self, finalists: Sequence[Finalist]) -> Finalist:
        """The winner.

        ``best`` takes the best mean. ``one-standard-error`` takes the simplest finalist that is not worse than the best
        by more than one standard error of the difference between the two (Breiman, Friedman, Olshen & Stone 1984,
        *Classification and Regression Trees*, §3.4.3, with the error of the paired difference; Hastie, Tibshirani &
        Friedman 2009, *The Elements of Statistical Learning*, §7.10). Simplest: fewest parameters (a higher degree has
        more, and so has a wider or deeper network), then fewest hidden layers, then the largest λ.
        """
        sign = -1.0 if self.greater_is_better else 1.0
        best = min(finalists, key=lambda one: sign * one.mean)
        if all(one.losses is not None for one in finalists):
            best = self._lowest(finalists)
        if self.rule == "best" or best.se is None:
            return best
        within = [one for one in finalists if one is best or not self._clearly_worse(one, best)]
        return min(
            within,
            key=lambda f: (f.entry.parameters, len(f.entry.variant.layers), -f.entry.variant.lambda_, sign * f.mean),
        )

    def select(self, finalists: Sequence[Finalist], picks: int) -> Selection:
        """The winner, and the average of several finalists where that is better by the same rule.

        The weights are greedy (`ml.ensembles.greedy_weights`); ``picks`` is how many votes are given out. The
        average is compared on rows that did not choose its weights (`_unseen`): on the same rows, weights of nine
        models that are worth nothing seem to gain more than their standard error in a third of all draws
        (`tests/flows/evaluation/test_selection.py`).
        """
        winner = self.choose(finalists)
        averaged = picks > 1 and not winner.is_linear  # the models of its folds; else one, trained again on all rows
        if picks < 2 or winner.outputs is None:
            return self._alone(winner, averaged)
        known = winner.known  # another that exploded on a fold would keep the rows of that fold from all
        usable = [one for one in finalists if one.outputs is not None and one.known[known].all()]
        if len(usable) < 2:
            return self._alone(winner, averaged)
        outputs = [np.asarray(one.outputs)[known] for one in usable]
        weights = greedy_weights(self.task, self.y[known], outputs, picks)
        members = tuple((one, weight) for one, weight in zip(usable, weights, strict=True) if weight > 0)
        whole = self._unseen(outputs, known, picks)
        metric = self.metric if row_losses(self.task, self.metric, self.y[known], whole) else "log_loss"
        mine = row_losses(self.task, metric, self.y[known], np.asarray(winner.outputs)[known])
        theirs = row_losses(self.task, metric, self.y[known], whole)
        assert mine is not None and theirs is not None
        gain, se = paired(mine[1] - theirs[1], self.units[known])
        if len(members) > 1 and gain > (0.0 if self.rule == "best" else se):
            return Selection(winner, members, self.calibrated(members, averaged=True))
        return self._alone(winner, averaged)

    def _unseen(self, outputs: Sequence[Array], known: Array, picks: int) -> Array:
        """The average's outputs, for each part of the units with the weights that the other parts choose."""
        parts = np.unique(self.units[known], return_inverse=True)[1] % PARTS
        y, found = self.y[known], np.empty_like(outputs[0])
        for part in np.unique(parts):
            here, others = parts == part, parts != part
            chosen = others if others.any() else here
            weights = greedy_weights(self.task, y[chosen], [z[chosen] for z in outputs], picks)
            found[here] = blend(self.task, [z[here] for z in outputs], weights)
        return found

    def _alone(self, winner: Finalist, averaged: bool) -> Selection:
        members = ((winner, 1.0),)
        return Selection(winner, members, self.calibrated(members, averaged=averaged))

    def calibrated(self, members: Sequence[tuple[Finalist, float]], *, averaged: bool) -> Calibration | None:
        """The temperature that lowers the log loss on out-of-fold rows by more than two standard errors.

        None where none does, and for numbers. Out of fold one model speaks for each row, and averaging takes away what
        it is too sure of: made less sure once more, averages had 0.99 to 1.7 times their log loss on the cv rows of
        seven tables (`benchmarks.accuracy.ingredients`). So an average may only be made surer.
        """
        if self.task == "regression" or any(one.outputs is None for one, _ in members):
            return None
        known = np.all([one.known for one, _ in members], axis=0)
        y, units = self.y[known], self.units[known]
        whole = blend(self.task, [np.asarray(one.outputs)[known] for one, _ in members], [w for _, w in members])
        found = temperature(self.task, y, whole)
        if averaged and found > 1:
            return None
        before, after = (row_losses(self.task, "log_loss", y, z) for z in (whole, whole / found))
        assert before is not None and after is not None
        gain, se = paired(before[1] - after[1], units)
        if gain <= 2 * se:
            return None
        return Calibration(found, float(before[1].mean()), float(after[1].mean()))

    def _lowest(self, finalists: Sequence[Finalist]) -> Finalist:
        """The lowest mean loss: among those known on most rows first, then against each that exploded on a fold."""
        best, *others = sorted(finalists, key=lambda one: (-int(one.known.sum()), float(np.nanmean(_losses(one)))))
        for one in others:
            both = one.known & best.known
            if both.any() and _losses(one)[both].mean() < _losses(best)[both].mean():
                best = one
        return best

    def _clearly_worse(self, one: Finalist, best: Finalist) -> bool:
        if one.losses is not None and best.losses is not None:
            if (best.known & ~one.known).any():  # it exploded where the best did not
                return True
            difference = one.losses - best.losses
            known = np.isfinite(difference)
            worse, se = paired(difference[known], self.units[known])
            return worse > se
        sign = -1.0 if self.greater_is_better else 1.0
        if len(one.folds) != len(best.folds):  # one exploded on a fold
            return sign * one.mean > sign * best.mean + (best.se or 0.0)
        worse, se = paired(sign * (np.array(one.folds) - np.array(best.folds)), np.arange(len(one.folds)))
        return worse > se


def paired(differences: Array, units: Array) -> tuple[float, float]:
    """Mean of the differences of rows (m,) and its standard error; rows of one unit are not independent.

    The error is that of a ratio of sums over units (Cochran 1977, *Sampling Techniques*, §6.3); infinite for one unit.
    """
    if len(differences) == 0:
        return 0.0, float("inf")
    _, code = np.unique(units, return_inverse=True)
    count = int(code.max()) + 1
    mean = float(differences.mean())
    if count < 2:
        return mean, float("inf")
    sums = np.bincount(code, differences - mean, minlength=count)
    return mean, float(np.sqrt(count / (count - 1) * (sums**2).sum()) / len(differences))


def _losses(finalist: Finalist) -> Array:
    assert finalist.losses is not None
    return finalist.losses


def _rows(outputs: Array | None) -> Array:
    found = np.asarray(outputs)
    return found[:, None] if found.ndim == 1 else found
