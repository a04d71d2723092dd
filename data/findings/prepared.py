"""Columns that were prepared with rows of all parts before the table came here: that leaks, and no split mends it."""

import numpy as np

from descent.data.finding import Finding, joined_names
from descent.data.findings.alone import Array
from descent.data.findings.examined import Examined
from descent.data.findings.matrix import glance
from descent.data.options import exclude

MEAN, SPREAD = 1e-6, 1e-4
"""How close mean and standard deviation of the whole table come to 0 and 1 if it was standardised; by chance, of m
numbers, they stay about 1/√m away."""
ALIKE = 3
"""Columns from 0 to 1 exactly that there must be: one may be a share by nature."""
SMOOTHING = (0, 1, 2, 5, 10, 20, 50, 100)
"""Rows of the overall mean that may be mixed into each mean."""
LEVELS = 5
AS_CLOSE = 2.0
"""Mean square of (value − mean target of its rows) over what is expected if the means were taken over all rows, test
rows included; an encoding by other rows has 1 + 1/(share of test rows) or more: 6 for a fifth."""
FOLLOWS = 0.8
"""Correlation of values and mean targets below which they have nothing to do with each other."""
FEWEST = 200


def scaled_before_split(seen: Examined) -> list[Finding]:
    """Columns whose mean is 0 and whose deviation is 1 over the whole table, test rows included, to many digits; or
    several that go from 0 to 1 exactly.
    """
    numeric = seen.inference.of_role("numeric")
    names, how = [name for name in numeric if _is_standardised(seen.numbers(name))], "mean 0, deviation 1"
    if not names:
        names, how = [name for name in numeric if _is_from_0_to_1(seen.numbers(name))], "from 0 to 1 exactly"
        if len(names) < ALIKE:
            return []
    return [
        Finding(
            "scaled-before-split",
            "warning",
            tuple(names),
            f"{joined_names(names)} {'was' if len(names) == 1 else 'were'} scaled over all rows, test rows included "
            f"({how})",
            "give the values as measured: scales are learned here, on training rows only",
        )
    ]


def target_encoded(seen: Examined) -> list[Finding]:
    """Columns whose every value is the mean target of the rows that have it, themselves included, or near it by a known
    rule: mixed with the overall mean.

    Means over all rows differ from those over train and cv only by the labels of the test rows, so by far less than an
    encoding that was learned from other rows would.
    """
    inference = seen.inference
    target = seen.worked(inference.target)
    if inference.task == "multiclass" or len(target) < FEWEST:
        return []
    y = (target if inference.task == "regression" else target == inference.classes[1]).to_numpy(np.float64)
    share = len(seen.test) / seen.rows
    names = [
        name
        for name in inference.of_role("numeric")
        if _is_mean_target(seen.worked(name).to_numpy(np.float64), y, share)
    ]
    if not names:
        return []
    return [
        Finding(
            "target-encoded",
            "warning",
            tuple(names),
            f"every value of {joined_names(names)} is the mean of {inference.target} over the rows that have it, each "
            "row's own included",
            f"give the category itself, which is encoded here without the row's target; leave out: {exclude(names)}",
        )
    ]


def _is_standardised(values: Array) -> bool:
    known = values[np.isfinite(values)]
    if len(known) < FEWEST or np.ptp(known) == 0:
        return False
    mean, spreads = float(known.mean()), (float(known.std()), float(known.std(ddof=1)))
    return abs(mean) < MEAN and any(abs(spread - 1) < SPREAD for spread in spreads)


def _is_from_0_to_1(values: Array) -> bool:
    known = values[np.isfinite(values)]
    if len(known) < FEWEST or float(known.min()) != 0.0 or float(known.max()) != 1.0:
        return False
    return len(np.unique(known)) > 20


def _correlation(a: Array, b: Array, weights: Array) -> float:
    """Pearson's, weighted; 0 where one does not vary."""
    a, b = a - np.average(a, weights=weights), b - np.average(b, weights=weights)
    spread = float(np.sqrt((weights * a * a).sum() * (weights * b * b).sum()))
    return float((weights * a * b).sum()) / spread if spread > 0 else 0.0


def _is_mean_target(x: Array, y: Array, share: float) -> bool:
    known = np.isfinite(x)
    x, y = x[known], y[known]
    some = x[glance(len(x))]
    if len(np.unique(some)) == len(some):  # a mean over some rows stands in each of them
        return False
    values, codes = np.unique(x, return_inverse=True)
    sizes = np.bincount(codes) if len(values) else np.zeros(0)
    if len(values) < LEVELS or len(x) < FEWEST or len(x) < 2.5 * len(values):
        return False
    means = np.bincount(codes, weights=y) / sizes
    within = float(((y - means[codes]) ** 2).sum()) / (len(x) - len(values))
    if within <= 0 or np.var(values) == 0:
        return False
    several = sizes >= 2
    if several.sum() < LEVELS or _correlation(values[several], means[several], sizes[several]) < FOLLOWS:
        return False
    expected = within * share / sizes  # the variance of a mean over some of the rows about that over all of them
    rows = sizes / (1 - share)
    for mixed in SMOOTHING:
        own = rows / (rows + mixed)
        error = values - (own * means + (1 - own) * y.mean())
        if float(np.mean(error[several] ** 2 / (expected * own**2)[several])) < AS_CLOSE:
            return True
    return False
