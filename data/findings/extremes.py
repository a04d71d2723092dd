"""Numbers far from all others."""

import numpy as np
import pandas as pd

from descent.data.finding import Finding
from descent.data.findings.examined import Examined
from descent.data.options import setting

FAR = 50.0
"""Times the distance between the quartiles beyond which a number is extreme; one in 10^4 of a heavy tail is."""
ABSURD = 1000.0
"""The same beyond which it is hardly a measurement."""
SENTINEL = 5
"""Times that one and the same extreme number stands in a column, from which it looks like a mark."""
MARKS = frozenset({9.0, 99.0, 999.0, 9999.0, 99999.0, 999999.0, 1e9 - 1})


def extreme_outliers(seen: Examined) -> list[Finding]:
    """Columns with numbers more than `FAR` times the distance between the quartiles away from them."""
    found: list[Finding] = []
    for name in _numeric(seen):
        values = seen.train[name].to_numpy(np.float64)
        values = values[np.isfinite(values)]
        if len(values) < 50:
            continue
        low, high = np.quantile(values, [0.25, 0.75])
        if high == low:
            continue
        distance = np.maximum(values - high, low - values) / (high - low)
        far = distance > FAR
        if not far.any():
            continue
        worst = values[int(np.argmax(distance))]
        counts = pd.Series(values[far]).value_counts()
        mark = counts.index[0] if counts.iloc[0] >= SENTINEL and abs(counts.index[0]) in MARKS else None
        if mark is not None:
            action = f"it looks like a code for a missing value: {setting('data.missing', [f'{mark:.0f}'])}"
        else:
            action = "correct errors; if the column is skewed, add its logarithm, or set features.scale: robust"
        found.append(
            Finding(
                "extreme-outliers",
                "warning" if distance.max() > ABSURD or mark is not None else "note",
                (name,),
                f"{name} has {int(far.sum()):,} numbers far from the rest, up to {worst:.6g}, where half of the "
                f"rows lie between {low:.6g} and {high:.6g}",
                action,
            )
        )
    return found


def _numeric(seen: Examined) -> list[str]:
    names = list(seen.inference.of_role("numeric"))
    return [*names, seen.inference.target] if seen.inference.task == "regression" else names
