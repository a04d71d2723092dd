"""Whether cv and test rows are like the training rows."""

from math import sqrt

import numpy as np
import pandas as pd
from sklearn.ensemble import ExtraTreesClassifier

from ..names import listed
from .alone import Question, area, score_alone
from .examined import Examined
from .finding import Finding
from .matrix import inputs_of, matrix, spaced

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
    told = told_apart(seen, seen.train.drop(columns=target), others)
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
            "the future differs from the past: expect J_cv and J_test above J_train, and train anew when rows come in"
        )
    else:
        severity, action = "warning", "the parts should be alike: look at how the rows were chosen and ordered"
    evidence = f"cv and test rows can be told from training rows (ROC AUC {size:.2f}), most by {listed(columns, 3)}"
    return [Finding("drift", severity, tuple(columns), evidence, action)]  # type: ignore[arg-type]


def told_apart(seen: Examined, first: pd.DataFrame, second: pd.DataFrame) -> tuple[float, list[str]] | None:
    """How well two sets of rows are told apart, and by which columns; None if they are not, for sure."""
    names = inputs_of(seen.inference)
    if not names or min(len(first), len(second)) < FEWEST:
        return None
    rows = pd.concat([spaced(first, ROWS), spaced(second, ROWS)])
    side = np.arange(len(rows)) >= min(len(first), ROWS)
    question = Question.halves(side.astype(np.intp), 2)
    x, fit, held = matrix(rows, seen.inference), question.fit, question.held
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
    numeric = set(seen.inference.of_role("numeric"))
    scores = {name: score_alone(rows[name], name in numeric, question) for name in names}
    columns = sorted(names, key=lambda name: -scores[name])[:3]
    return size, [name for name in columns if scores[name] >= (1 + size) / 3] or columns[:1]


def target_drift(seen: Examined) -> list[Finding]:
    """Whether the target of the cv rows lies elsewhere than that of the training rows; test rows are not looked at."""
    inference = seen.inference
    if min(len(seen.train), len(seen.cv)) < FEWEST or inference.split_by == "group":
        return []
    train, cv = seen.train[inference.target], seen.cv[inference.target]
    labels = [None] if inference.task == "regression" else list(inference.classes)
    found = [(label, *_moved(train, cv, label)) for label in labels]
    label, size, before, after = max(found, key=lambda one: abs(one[1]))
    if abs(size) < TARGET or abs(size) / sqrt(1 / len(train) + 1 / len(cv)) < SURE:
        return []
    what = f"the mean of {inference.target}" if label is None else f"the share of {inference.target} = {label}"
    return [
        Finding(
            "target-drift",
            "warning",
            (inference.target,),
            f"{what} goes from {before:.4g} in the training rows to {after:.4g} in the cv rows",
            "what is learned from earlier rows is off for later ones: add a column that tells when, or train on recent "
            "rows only",
        )
    ]


def _moved(train: pd.Series, cv: pd.Series, label: object) -> tuple[float, float, float]:
    """Difference in standard deviations of the training rows, and both means."""
    before, after = (
        part.to_numpy(np.float64) if label is None else (part == label).to_numpy(np.float64) for part in (train, cv)
    )
    spread = float(before.std())
    difference = float(after.mean() - before.mean())
    return (difference / spread if spread > 0 else 0.0), float(before.mean()), float(after.mean())
