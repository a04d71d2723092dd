"""One setting trained on several disjoint parts of the training rows: its cost, and how much of that is variance.

Models that differ in nothing but their rows disagree; that disagreement is the variance, measured without knowing the
truth. For any cost convex in the outputs (½ squared error and every log loss from logits), with z̄ the mean output,

    E J(z_k) = J(z̄) + V,    V = E J(z_k) − J(z̄) ≥ 0

which for squared error is the ambiguity decomposition (Krogh & Vedelsby 1995, *Neural network ensembles, cross
validation, and active learning*), for log losses that of Heskes (1998, *Bias/variance decompositions for
likelihood-based estimators*): V is the mean Kullback-Leibler divergence from the normalised geometric mean. A mean of
R models still holds V/R, so the measured difference is multiplied by R/(R − 1), exact for squared error.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from descent.ml.errors import OptionError
from descent.ml.statistics.rows import Costs, row_costs

Array = NDArray[Any]


@dataclass(frozen=True)
class Replicates:
    """Models of one setting, trained on R parts of ``rows`` rows that no other part has.

    ``costs`` (m,) is the mean of their costs on every cv row, ``variance`` (m,) what of it is variance, unbiased, and
    ``chance`` (m,) what of that models of the same rows have, whose random numbers differ: 0 where there was one
    for each part. ``spread`` is the standard deviation of J_cv between parts; ``train`` the mean of their J_train.
    """

    rows: int
    count: int
    train: float
    costs: Costs
    variance: Costs
    chance: Costs
    spread: float

    @property
    def cost(self) -> float:
        """J_cv at this number of rows."""
        return float(self.costs.mean())

    @property
    def cost_of_variance(self) -> float:
        """The part of it that is variance, not below 0."""
        return max(0.0, float(self.variance.mean()))

    @property
    def beyond(self) -> Costs:
        """What is left on every row without the variance (m,): bias and noise."""
        return self.costs - self.variance


def replicates(
    task: str,
    y: ArrayLike,
    outputs: Sequence[ArrayLike],
    rows: int,
    train: Sequence[float],
    unit: float = 1.0,
    seeds: int = 1,
) -> Replicates:
    """Cost and variance of models of R ≥ 2 parts on the same cv rows; ``unit`` turns costs into the target's units.

    ``outputs`` are those of ``seeds`` models of the first part, of the second and so on. The law of total variance:
    models of the same rows about their mean, and these means about theirs.

    Raises:
        OptionError: fewer than two parts.
    """
    parts = len(outputs) // seeds
    if parts < 2:
        raise OptionError(f"outputs holds {parts} models; variance shows between at least 2")
    stack = np.asarray(outputs, dtype=np.float64)
    stack = stack.reshape(parts, seeds, *stack.shape[1:])
    each = np.stack([np.mean([row_costs(task, y, z) for z in part], axis=0) for part in stack]) * unit
    chance = np.mean([_within(task, y, part) for part in stack], axis=0) * unit
    between = _within(task, y, stack.mean(axis=1)) * unit
    by_part = each.mean(axis=1)
    return Replicates(
        rows=rows,
        count=parts,
        train=float(np.mean(train)) * unit,
        costs=each.mean(axis=0),
        variance=between + chance * (1 - 1 / seeds),
        chance=chance,
        spread=float(by_part.std(ddof=1)),
    )


def of_chance(task: str, y: ArrayLike, outputs: Sequence[ArrayLike], unit: float = 1.0) -> Costs:
    """What models that learned from the same rows have in variance (m,); 0 of one model."""
    return _within(task, y, np.asarray(outputs, dtype=np.float64)) * unit


def _within(task: str, y: ArrayLike, outputs: Array) -> Costs:
    """Unbiased variance of outputs (R, m) or (R, m, K) about their mean, per row (m,)."""
    count = len(outputs)
    if count < 2:
        return np.zeros(outputs.shape[1])
    costs = np.mean([row_costs(task, y, z) for z in outputs], axis=0)
    return np.asarray((costs - row_costs(task, y, outputs.mean(axis=0))) * count / (count - 1))


def disjoint_parts(strata: ArrayLike, groups: ArrayLike | None, parts: int, seed: int) -> list[NDArray[np.intp]]:
    """Row numbers of ``parts`` disjoint parts of equal size, drawn at random.

    ``strata`` (m,) class codes, which every part then has in the same shares (anything constant for none); with
    ``groups`` (m,) codes, all rows of a group stay together instead. The same arguments give the same parts.
    """
    labels = np.asarray(strata)
    rng = np.random.Generator(np.random.PCG64([seed, parts]))
    if groups is not None:
        names, member = np.unique(np.asarray(groups), return_inverse=True)
        share = np.empty(len(names), np.intp)
        share[rng.permutation(len(names))] = np.arange(len(names)) % parts
        place = share[member]
    else:
        order = rng.permutation(len(labels))
        order = order[np.argsort(labels[order], kind="stable")]
        place = np.empty(len(labels), np.intp)
        place[order] = np.arange(len(labels)) % parts
    return [np.flatnonzero(place == part) for part in range(parts)]
