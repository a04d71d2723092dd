"""Columns that know too much: what reproduces the target is seldom known before it."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .inference import Inference

ONE = 0.9
"""|correlation| of one column with the target from which the question is asked."""
TOGETHER = 0.95
"""R² of a linear combination of all numeric columns from which the question is asked."""
FLAGGED = 20
"""Rows that a flag must be raised in before it is called certain."""
RARE = 0.5
"""Share of the positive label below which such a flag is no accident."""
SHARE = 0.05
"""A column belongs to the combination if leaving it out costs this much of R²."""


def suspect_leaks(frame: pd.DataFrame, inference: Inference) -> list[str]:
    """Questions to ask about columns, from ``frame``, the training rows alone. For numbers and two classes.

    A correlation is no proof: the user decides, so nothing is left out here.
    """
    if inference.task == "multiclass":
        return []
    if inference.task == "binary":
        y = (frame[inference.target] == inference.classes[1]).to_numpy(np.float64)
    else:
        y = frame[inference.target].to_numpy(np.float64)
    names = [name for name in inference.of_role("numeric") if frame[name].notna().all()]
    if not names or np.ptp(y) == 0:
        return []
    x = frame[names].to_numpy(np.float64)
    x, y = x - x.mean(axis=0), y - y.mean()
    with np.errstate(invalid="ignore", divide="ignore"):
        r = np.nan_to_num((x * y[:, None]).sum(axis=0) / np.sqrt((x * x).sum(axis=0) * (y * y).sum()))
    found = [
        f"{name} alone follows the target (correlation {value:.2f}): is it known before? {_exclude([name])}"
        for name, value in zip(names, r, strict=True)
        if abs(value) >= ONE
    ]
    certain = [] if inference.task != "binary" else _certain(frame[names], y > 0)
    return found + certain + _together(names, x, y)


def _certain(frame: pd.DataFrame, positive: NDArray[np.bool_]) -> list[str]:
    """Flags that never err: whenever such a column has its rarer value, the target has one and the same label."""
    sure = []
    for name in frame.columns:
        counts = frame[name].value_counts()
        if len(counts) != 2 or counts.iloc[1] < FLAGGED:
            continue
        labels = positive[(frame[name] == counts.index[1]).to_numpy()]
        if labels.all() and positive.mean() < RARE:
            sure.append(name)
    if not sure:
        return []
    many = "these columns" if len(sure) > 1 else "this column"
    return [
        f"{', '.join(sure)}: wherever {many} raises a flag, the target has one label: known before? {_exclude(sure)}"
    ]


def _together(names: list[str], x: NDArray[np.float64], y: NDArray[np.float64]) -> list[str]:
    if len(y) <= 2 * len(names):
        return []
    whole = _r2(x, y)
    if whole < TOGETHER:
        return []
    part = [name for index, name in enumerate(names) if whole - _r2(np.delete(x, index, axis=1), y) > SHARE * whole]
    if not part:
        return []
    return [f"{' and '.join(part)} together give the target (R² {whole:.3f}): are they known before? {_exclude(part)}"]


def _r2(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    if x.shape[1] == 0:
        return 0.0
    weights = np.linalg.lstsq(x, y, rcond=None)[0]
    return float(1 - ((y - x @ weights) ** 2).sum() / (y * y).sum())


def _exclude(names: list[str]) -> str:
    return f"If not: --set 'data.exclude=[{', '.join(map(repr, names))}]'"
