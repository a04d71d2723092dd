"""Successive halving: at how many epochs variants are compared, and how many go on.

Jamieson & Talwalkar (2016), "Non-stochastic best arm identification and hyperparameter optimization", AISTATS, in the
form with a resource per variant that grows by η while their number falls by it (one bracket of Li et al. 2018,
"Hyperband", JMLR 18). The resource is epochs. All variants train for ``first`` epochs; the better 1/η of those that
still train go on to η times the epochs, from where they stand; the last rung ends at ``epochs``. A grid is the same
with a single rung.
"""

from math import ceil

from schemas import SearchConfig

CUTS = 2
"""Rungs before the last where ``first`` is not given: the first rung is then epochs / η²."""


def rungs(search: SearchConfig, variants: int) -> tuple[int, ...]:
    """Epochs at the end of every rung, rising to ``search.epochs``; ``variants`` is the number that start.

    No rung cuts where a single variant is left; if there are few, it is the early rungs that are left out, unless the
    first is given.
    """
    eta, first, epochs = search.halving.eta, search.halving.first, search.epochs
    if search.strategy != "halving":
        return (epochs,)
    found = [first or max(1, round(epochs / eta**CUTS))]
    while found[-1] * eta * eta <= epochs * 1.1:  # rounding must not cost a rung
        found.append(found[-1] * eta)
    found = [rung for rung in found if rung < epochs]
    cuts = 0
    while variants > 1 and cuts < len(found):
        variants, cuts = survivors(variants, eta), cuts + 1
    kept = found[:cuts] if first is not None else found[len(found) - cuts :]
    return (*kept, epochs)


def survivors(variants: int, eta: int) -> int:
    """How many of the variants that still train go on: the better 1/η, at least one."""
    return ceil(variants / eta)


def affordable(rung: int, reached: int, variants: int, left: int | None) -> int:
    """The epoch up to which ``variants`` that stand at epoch ``reached`` can go, with ``left`` epochs to share out."""
    return rung if left is None or not variants else min(rung, reached + left // variants)
