"""A sample of a table that is larger than memory: what roles, checks and curves are seen on."""

from dataclasses import replace

import numpy as np
import pandas as pd

from descent.data.reading.large import RUN, Indices, LargeTable
from descent.data.reading.tables import Table

FEWEST, MOST = 20_000, 500_000
"""Rows of a sample: enough for every check, and no more than curves need."""
SHARE = 32
"""The part of the budget that a sample may take: features, curves and their temporaries are several times its size."""
LABELS, EACH = 1000, 3
"""Of a target with at most so many values, so many rows of each are in the sample: all labels are seen, and how few
rows they have."""


def sampled(whole: LargeTable, target: str, budget: int, seed: int) -> Table:
    """A table whose frame is a sample of the rows that have a target: drawn evenly, and some of every label.

    ``budget`` is in bytes; ``seed`` draws the rows.
    """
    names = [field.name for field in whole.schema]
    column = whole.columns([target])[target] if target in names else pd.Series(0.0, range(whole.rows))
    known = np.flatnonzero(column.notna().to_numpy())
    if len(known) == 0:  # the same message as for any table
        known = np.arange(min(whole.rows, FEWEST))
    rows = _drawn(column.iloc[known], known, _most(whole, budget), seed)
    left_out, complete = whole.rows - len(known), len(rows) == len(known)
    seen, compared = (", folds and curves", "") if complete else (" and curves", ", and there are no folds of a sample")
    notes = [
        f"a run with this table in memory would take about {RUN * whole.bytes / 1e9:.3g} GB, more than data.memory: it "
        f"is read some rows at a time. Roles, checks{seen} use {len(rows):,} of its {len(known):,} rows; "
        f"training, J_cv, refit and test use all{compared}"
    ]
    if left_out:
        notes.append(f"{left_out:,} rows without a value of the target {target} are left out")
    table = Table(whole.take(rows), whole.digest(), whole.path, whole.missing, tuple(notes))
    return replace(table, whole=whole, rows=rows, complete=complete)


def _most(whole: LargeTable, budget: int) -> int:
    return int(np.clip(budget / SHARE / max(1, whole.bytes / whole.rows), FEWEST, MOST))


def _drawn(column: pd.Series, known: Indices, most: int, seed: int) -> Indices:
    rng = np.random.default_rng(seed)
    if len(known) <= most:
        return known
    drawn = [known[np.sort(rng.choice(len(known), most, replace=False))]]
    codes, labels = pd.factorize(column)
    if len(labels) <= LABELS and EACH * len(labels) <= most:
        place = pd.Series(codes).groupby(codes, sort=False).cumcount().to_numpy()  # in one pass, however many labels
        drawn.append(known[place < EACH])
    return np.unique(np.concatenate(drawn))
