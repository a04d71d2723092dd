"""Columns that know too much: what reproduces the target is seldom known before it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.data.finding import Finding, joined_names, leak
from descent.data.findings.examined import Examined
from descent.data.findings.matrix import glance
from descent.data.findings.telling import telling_columns

ALONE = 0.9
"""|correlation| of one column with the target from which the question is asked."""
TOGETHER = 0.95
"""R² of a linear combination of all numeric columns from which the question is asked."""
EXACT = 1 - 1e-9
"""R² from which a combination is the target itself, but for rounding; every column that it needs is then named."""
FLAGGED = 20
"""Rows that a flag must be raised in before it is called certain."""
RARE = 0.5
"""Share of the positive label below which such a flag is no accident."""
RARE_FLAG = 0.05
"""Share of rows up to which a flag counts as rare."""
SHARE = 0.05
"""A column belongs to a combination if leaving it out costs this much of R²."""

Array = NDArray[np.float64]


def target_leakage(seen: Examined) -> list[Finding]:
    """Columns to ask about, from the training rows alone: those that tell the target alone or together.

    A correlation is no proof: the user decides, so nothing is left out here.
    """
    if len(seen.train) < 2 * FLAGGED:
        return []
    found = [] if seen.inference.task == "multiclass" else _linear(seen)
    return found + telling_columns(seen, [name for finding in found for name in finding.columns])


def _linear(seen: Examined) -> list[Finding]:
    """Columns that correlate with a number or two classes, flags that never err, and combinations."""
    frame, inference = seen.train, seen.inference
    if inference.task == "binary":
        y = (frame[inference.target] == inference.classes[1]).to_numpy(np.float64)
    else:
        y = frame[inference.target].to_numpy(np.float64)
    names = list(inference.of_role("numeric"))
    found: list[Finding] = []
    alone: list[str] = []
    if not names or np.ptp(y) == 0:
        return found
    positive, y = y > 0, _scaled(y)
    for name in names:
        r = _correlation(frame[name].to_numpy(np.float64), y)
        if abs(r) >= ALONE:
            alone.append(name)
            found.append(leak([name], f"{name} alone follows the target (correlation {r:.2f})"))
    if inference.task == "binary":
        found += _certain(frame, names, positive)
    full = [name for name in names if frame[name].notna().all()]
    x = np.empty((len(full), len(y))).T
    for place, name in enumerate(full):
        x[:, place] = _scaled(frame[name].to_numpy(np.float64))
    varying = np.ptp(x, axis=0) > 0
    x = x if varying.all() else x[:, varying]
    return found + _together([n for n, v in zip(full, varying, strict=True) if v], x, y, alone)


def _scaled(values: Array) -> Array:
    """Centred and of length about 1 per row, so that large and small columns are treated alike."""
    values = values - values.mean()
    spread = np.abs(values).max()
    return values / spread if spread > 0 else values


def _correlation(x: Array, y: Array) -> float:
    """Pearson's, over the rows where x is known; 0 if those are few or do not vary."""
    known = np.isfinite(x)
    if known.sum() < FLAGGED or np.ptp(x[known]) == 0 or np.ptp(y[known]) == 0:
        return 0.0
    a, b = _scaled(x[known]), _scaled(y[known])
    return float(a @ b / np.sqrt((a @ a) * (b @ b)))


def _certain(frame: pd.DataFrame, names: list[str], positive: NDArray[np.bool_]) -> list[Finding]:
    """Flags that never err: whenever such a column has its rarer value, the target has one and the same label.

    Where there are several, rare flags right beside them in the table are named as well: one that errs or is hardly
    ever raised, among causes of failure, is still one of them.
    """
    flags: list[str] = []
    sure: list[str] = []
    few = glance(len(frame))
    for name in names:
        if frame[name].iloc[few].nunique() > 2:  # counting a column of measurements takes long
            continue
        counts = frame[name].value_counts()
        if len(counts) != 2:
            continue
        if counts.iloc[1] < RARE_FLAG * len(frame):
            flags.append(name)
        raised = (frame[name] == counts.index[1]).to_numpy()
        if counts.iloc[1] >= FLAGGED and positive[raised].all() and positive.mean() < RARE:
            sure.append(name)
    if not sure:
        return []
    beside = _beside([str(name) for name in frame.columns], sure, flags) if len(sure) > 1 else []
    one = len(sure) == 1
    evidence = (
        f"{joined_names(sure)} {'is a flag that is never wrong' if one else 'are flags that are never wrong'}: "
        f"wherever {'it' if one else 'one'} is set, the target is positive"
    )
    if beside:
        evidence += f"; {joined_names(beside)} is a rare flag like them, placed among them"
    return [leak([name for name in names if name in sure or name in beside], evidence)]


def _beside(order: list[str], sure: list[str], flags: list[str]) -> list[str]:
    """Flags that an unbroken row of flags in the table's order joins to one that is sure."""
    joined: list[str] = []
    run: list[str] = []
    for name in [*order, ""]:
        if name in flags or name in sure:
            run.append(name)
            continue
        if sum(member in sure for member in run) > 1:
            joined += [member for member in run if member not in sure]
        run = []
    return joined


def _together(names: list[str], x: Array, y: Array, alone: list[str]) -> list[Finding]:
    """The smallest set of columns that a linear combination of all of them needs; unless one alone says it all."""
    if len(names) < 2 or len(y) <= 2 * len(names):
        return []
    gram, moments, total = x.T @ x, x.T @ y, float(y @ y)
    whole = _r2(gram, moments, total)
    if whole < TOGETHER:
        return []
    part = _needed(names, x, y, whole)
    if len(part) < 2 or set(part) <= set(alone):
        return []
    said = f"R² {whole:.3f}" if whole < EXACT else "exactly, R² 1"
    return [leak(part, f"{joined_names(part)} together determine the target ({said})")]


def _needed(names: list[str], x: Array, y: Array, whole: float) -> list[str]:
    """Backward elimination: the column that costs least goes, as long as the rest still says it."""
    floor = EXACT if whole >= EXACT else whole * (1 - SHARE)
    left = list(range(len(names)))
    gram, moments, total = x.T @ x, x.T @ y, float(y @ y)
    while len(left) > 1:
        without = [_r2(*_chosen(gram, moments, [k for k in left if k != j]), total) for j in left]
        best = int(np.argmax(without))
        if without[best] < floor:
            break
        del left[best]
    return [names[j] for j in left]


def _chosen(gram: Array, moments: Array, columns: list[int]) -> tuple[Array, Array]:
    return gram[np.ix_(columns, columns)], moments[columns]


def _r2(gram: Array, moments: Array, total: float) -> float:
    """R² of least squares from XᵀX, Xᵀy and yᵀy."""
    weights = np.linalg.lstsq(gram, moments, rcond=None)[0]
    return float(2 * weights @ moments - weights @ gram @ weights) / total
