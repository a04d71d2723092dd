"""Whether cv and test rows are like the training rows, and fresh rows like those of before."""

from math import sqrt

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier

from descent.data.finding import Finding
from descent.data.findings.alone import Halves, area, score_alone
from descent.data.findings.examined import Examined
from descent.data.findings.matrix import inputs_of, matrix, spaced
from descent.data.names import listed
from descent.data.roles.inference import Inference

ROWS = 1500
"""Rows of each side that the classifier sees."""
FEWEST = 40
"""Rows of a side below which nothing is said."""
VISIBLE = 0.6
"""Area under the ROC curve from which a difference is worth a word; 0.5 is none."""
SURE = 4.5
"""Standard errors away from no difference: a chance of 3e-6 where there is none."""
TARGET = 0.2
"""Standard deviations of the target between train and cv that are worth a word."""


def drift(seen: Examined) -> list[Finding]:
    """A classifier two-sample test: can training rows be told from cv and test rows by their inputs?

    Trees are grown on half of the rows of both sides; on the other half, the area under their ROC curve is compared
    with 1/2, its standard error being that of the Mann-Whitney statistic. Lopez-Paz and Oquab, "Revisiting classifier
    two-sample tests" (2017), with that area in place of the accuracy.
    """
    target = seen.inference.target
    others = pd.concat([seen.cv.drop(columns=target), seen.test])
    told = told_apart(seen.inference, seen.train.drop(columns=target), others)
    if told is None:
        return []
    size, columns = told
    by = seen.inference.split_by
    if by == "group":
        severity, action = (
            "note",
            "other groups are other rows, and the split keeps groups whole: this is the honest test",
        )
    elif by == "time":
        severity = "warning"
        action = (
            "the future differs from the past: expect J_cv and J_test above J_train, and retrain when new rows arrive"
        )
    else:
        severity, action = "warning", "the parts should be alike: check how the rows were chosen and ordered"
    evidence = f"cv and test rows can be told from training rows (ROC AUC {size:.2f}), mostly by {listed(columns, 3)}"
    return [Finding("drift", severity, tuple(columns), evidence, action)]  # type: ignore[arg-type]


def told_apart(inference: Inference, first: pd.DataFrame, second: pd.DataFrame) -> tuple[float, list[str]] | None:
    """How well two sets of rows are told apart, and by which columns; None if they are not, for sure."""
    names = [name for name in inputs_of(inference) if name in first and name in second]
    if not names or min(len(first), len(second)) < FEWEST:
        return None
    rows = pd.concat([spaced(first, ROWS), spaced(second, ROWS)])
    side = np.arange(len(rows)) >= min(len(first), ROWS)
    question = Halves.halves(side.astype(np.intp), 2)
    x, fit, held = matrix(rows, inference, names), question.fit, question.held
    trees = ExtraTreesClassifier(60, min_samples_leaf=3, random_state=0).fit(x[fit], side[fit])
    if trees.n_classes_ < 2:
        return None
    size = area(side[held], trees.predict_proba(x[held])[:, 1])
    ones = int(side[held].sum())
    zeros = len(held) - ones
    if not ones or not zeros:
        return None
    error = sqrt((ones + zeros + 1) / (12 * ones * zeros))
    if size < VISIBLE or (size - 0.5) / error < SURE:
        return None
    numeric = set(inference.of_role("numeric"))
    scores = {name: score_alone(rows[name], name in numeric, question) for name in names}
    columns = sorted(names, key=lambda name: -scores[name])[:3]
    return size, [name for name in columns if scores[name] >= (1 + size) / 3] or columns[:1]


def drift_since(before: pd.DataFrame, now: pd.DataFrame, inference: Inference) -> list[Finding]:
    """The same test between rows that a model has learned from and fresh ones, and the same for their target.

    No test rows belong in either: their labels are not to be looked at.
    """
    target, found = inference.target, []
    told = told_apart(inference, before.drop(columns=target), now.drop(columns=target))
    if told is not None:
        size, columns = told
        evidence = f"fresh rows can be told from earlier ones (ROC AUC {size:.2f}), mostly by {listed(columns, 3)}"
        action = (
            "these rows are unlike those that the champion was trained on: check whether they were collected as before"
        )
        found.append(Finding("drift", "warning", tuple(columns), evidence, action))
    if min(len(before), len(now)) >= FEWEST and (moved := _target_moved(before, now, inference)) is not None:
        what, old, new = moved
        evidence = f"{what} goes from {old:.4g} in earlier rows to {new:.4g} in the fresh ones"
        action = "check whether the target is still measured as before"
        found.append(Finding("target-drift", "warning", (target,), evidence, action))
    return found


def target_drift(seen: Examined) -> list[Finding]:
    """Whether the target of the cv rows lies elsewhere than that of the training rows; test rows are not looked at."""
    inference = seen.inference
    if min(len(seen.train), len(seen.cv)) < FEWEST or inference.split_by == "group":
        return []
    if (moved := _target_moved(seen.train, seen.cv, inference)) is None:
        return []
    what, before, after = moved
    return [
        Finding(
            "target-drift",
            "warning",
            (inference.target,),
            f"{what} goes from {before:.4g} in the training rows to {after:.4g} in the cv rows",
            "what is learned from earlier rows does not hold for later ones: add a column with the time, or train on "
            "recent rows only",
        )
    ]


def _target_moved(train: pd.DataFrame, cv: pd.DataFrame, inference: Inference) -> tuple[str, float, float] | None:
    """What of the target lies elsewhere, before and after; None if nothing does, for sure."""
    first, second = train[inference.target], cv[inference.target]
    labels = [None] if inference.task == "regression" else list(inference.classes)
    found = [(label, *_moved(first, second, label)) for label in labels]
    label, size, before, after = max(found, key=lambda one: abs(one[1]))
    if abs(size) < TARGET or abs(size) / sqrt(1 / len(train) + 1 / len(cv)) < SURE:
        return None
    name = inference.target
    return f"the mean of {name}" if label is None else f"the share of {name} = {label}", before, after


def _moved(train: pd.Series, cv: pd.Series, label: object) -> tuple[float, float, float]:
    """Difference in standard deviations of the training rows, and both means."""
    before, after = (
        part.to_numpy(np.float64) if label is None else (part == label).to_numpy(np.float64) for part in (train, cv)
    )
    spread = float(before.std())
    difference = float(after.mean() - before.mean())
    return (difference / spread if spread > 0 else 0.0), float(before.mean()), float(after.mean())
