"""Rows in an order that means something, and dates that a random split ignores."""

import numpy as np
import pandas as pd

from descent.data.cells import to_dates, to_labels
from descent.data.finding import Finding, joined_names
from descent.data.findings.alone import Array
from descent.data.findings.examined import Examined
from descent.data.findings.matrix import inputs_of, target_of
from descent.data.options import setting
from descent.data.roles.inference import Inference

ALIKE = 0.3
"""Likeness of neighbouring rows in a column from which the rows are in an order of it."""
TARGET_ALIKE = 0.1
"""The same for the target."""
SURE = 5.0
"""Standard errors above no likeness: a chance of 3e-7 where there is none."""
FEWEST = 50
MOST = 20_000


def sorted_rows(seen: Examined) -> list[Finding]:
    """Neighbouring rows of the file that are alike: sorted by the target, by a column, or by a time that is not told.

    For a random split alone: one by time or group minds the order.
    """
    inference = seen.inference
    rows = seen.in_order(MOST)
    if not inference.by_chance or len(rows) < FEWEST:
        return []
    if (how := _sorted_by_target(rows, inference)) is not None:
        action = "the random split shuffles them, so there is nothing to do; a split by hand or in order would be wrong"
        return [Finding("sorted-rows", "note", (inference.target,), f"the rows are {how} {inference.target}", action)]
    numeric = set(inference.of_role("numeric"))
    size = {name: likeness(_values(rows[name], name in numeric)) for name in inputs_of(inference)}
    columns = [name for name, (r, z) in size.items() if r >= ALIKE and z >= SURE]
    r, z = likeness(_target_values(rows, inference))
    moves = r >= TARGET_ALIKE and z >= SURE
    if not columns and not moves:
        return []
    named = sorted(columns, key=lambda name: -size[name][0])
    alike = joined_names([*([inference.target] if moves else []), *named], 5)
    if moves:
        action = (
            "if the rows are in time order, a random split lets models learn from the future: add a column with "
            "the time, or the row's number, and name it in data.time; if they are sorted by something else, there "
            "is nothing to do"
        )
    else:
        action = "the random split shuffles them; if that is time order, name a column in data.time"
    return [
        Finding(
            "sorted-rows",
            "warning" if moves else "note",
            tuple(named),
            f"the rows are in some order: neighbours are similar in {alike}",
            action,
        )
    ]


def time_ignored(seen: Examined) -> list[Finding]:
    """Dates by which the rows are not split, though the target of rows close in time is alike."""
    inference = seen.inference
    rows = seen.in_order(MOST)
    if inference.split_by == "time" or len(rows) < FEWEST:
        return []
    found = []
    for name in inference.dates:
        dates = to_dates(rows[name])[0]
        known = dates.notna().to_numpy(bool)
        if known.sum() < FEWEST:
            continue
        order = np.argsort(dates.to_numpy()[known], kind="stable")
        r, z = likeness(_target_values(rows[known], inference)[order])
        matters = r >= TARGET_ALIKE and z >= SURE
        evidence = f"{name} holds dates, by which the rows are not split"
        if matters:
            evidence += f", and {inference.target} is similar in rows close in time (similarity {r:.2f} of 1)"
        found.append(
            Finding(
                "time-ignored",
                "warning" if matters else "note",
                (name,),
                evidence,
                f"to predict the future, test on the future: --set split.by=time {setting('data.time', name)}",
            )
        )
    return found


def likeness(values: Array) -> tuple[float, float]:
    """How alike neighbours are, 0 by chance and 1 at most, and how many standard errors that is above 0.

    Numbers (m,): the correlation of ranks of neighbours. Codes (m,) of integers: the share of equal neighbours beyond
    that of a random order, as a share of what is beyond it at most.
    """
    if len(values) < FEWEST:
        return 0.0, 0.0
    if values.dtype.kind == "f":
        known = values[np.isfinite(values)]
        if len(known) < FEWEST or np.ptp(known) == 0:
            return 0.0, 0.0
        ranks = pd.Series(known).rank().to_numpy()
        ranks = (ranks - ranks.mean()) / ranks.std()
        r = float((ranks[1:] * ranks[:-1]).mean())
        return r, r * np.sqrt(len(known))
    shares = np.bincount(values) / len(values)
    chance = float((shares**2).sum())
    if chance > 0.99:
        return 0.0, 0.0
    equal = float((values[1:] == values[:-1]).mean())
    error = np.sqrt(chance * (1 - chance) / len(values))
    return (equal - chance) / (1 - chance), float((equal - chance) / error)


def _values(column: pd.Series, numeric: bool) -> Array:
    if numeric:
        return column.to_numpy(np.float64)
    return np.asarray(pd.factorize(to_labels(column, ""))[0], np.int64)


def _target_values(rows: pd.DataFrame, inference: Inference) -> Array:
    y = target_of(rows, inference)
    return y if inference.task == "regression" else y.astype(np.int64)


def _sorted_by_target(rows: pd.DataFrame, inference: Inference) -> str | None:
    y = target_of(rows, inference)
    if inference.task != "regression":
        return "sorted by" if int((np.diff(y) != 0).sum()) < 2 * len(inference.classes) else None
    r = np.corrcoef(pd.Series(y).rank().to_numpy(), np.arange(len(y)))[0, 1] if np.ptp(y) > 0 else 0.0
    return "sorted by" if abs(r) > 0.95 else None
