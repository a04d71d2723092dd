"""A last row that sums up the others."""

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.data.finding import Finding, joined_names
from descent.data.findings.examined import Examined

WORDS = re.compile(
    r"(?:(?:grand|sub)[ -]?)?(?:totals?|sums?|averages?|means?)|overall|gesamt|summe|insgesamt|mittelwert|"
    r"total général|somme|totale|suma|razem|итого",
    re.IGNORECASE,
)
FEWEST = 10
CLOSE = 1e-6
"""How near a cell comes to the sum, or the mean, of those above it, as a share of it."""


def totals_row(seen: Examined) -> list[Finding]:
    """A last row whose numbers are sums or means of all others, or that says so; blind to the target."""
    inference = seen.inference
    names = [c.name for c in inference.columns if c.role not in ("excluded", "split")]
    if seen.rows < FEWEST or not names:
        return []
    number = max(int(part.index.max()) for part in (seen.train, seen.cv, seen.test))
    part = next(part for part in (seen.train, seen.cv, seen.test) if number in part.index)
    last = part.loc[number, names]
    told = [name for name in names if isinstance(last[name], str) and WORDS.fullmatch(last[name].strip(" :=."))]
    said = [name for name in told if int((seen.whole(name) == last[name]).sum()) == 1]
    at = np.concatenate([part.index.to_numpy() for part in (seen.train, seen.cv, seen.test)]) == number
    summed = [name for name in inference.of_role("numeric") if _sums_up(seen.numbers(name), at)]
    if not said and len(summed) < 2:
        return []
    how = f"says {last[said[0]]!r} in {said[0]}" if said else f"holds the sum or mean of {joined_names(summed, 4)}"
    return [
        Finding(
            "totals-row",
            "warning",
            tuple(name for name in names if name in {*said, *summed}),
            f"the last row {how}: it sums up the others",
            "remove it from the table, or models are trained or tested on it like on any other row",
        )
    ]


def _sums_up(values: NDArray[Any], at: NDArray[np.bool_]) -> bool:
    value, others = float(values[at][0]), values[~at]
    others = others[np.isfinite(others)]
    if not np.isfinite(value) or value == 0 or len(others) < FEWEST - 1 or np.ptp(others) == 0:
        return False
    return any(abs(value - whole) <= CLOSE * abs(whole) for whole in (float(others.sum()), float(others.mean())))
