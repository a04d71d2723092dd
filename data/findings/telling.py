"""Single columns that tell too much of the target, in any shape: for numbers, two and several classes."""

import numpy as np
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

from descent.data.finding import Finding, leak
from descent.data.findings.alone import Halves, score_alone, shares
from descent.data.findings.examined import Examined
from descent.data.findings.matrix import inputs_of, matrix, spaced, target_of

NEARLY_ALL = {"regression": 0.9, "binary": 0.98, "multiclass": 0.98}
"""R², or area under the ROC curve, of one column from which it is asked whether it is the target in disguise."""
MUCH = {"regression": 0.6, "binary": 0.75, "multiclass": 0.75}
"""The same from which a column is suspicious, if all others together tell less."""
ENOUGH = 100
FEWEST = 8
"""Other columns that there must be: where few are, one honest column often tells most."""


def telling_columns(seen: Examined, known: list[str]) -> list[Finding]:
    """Near-perfect columns (target-leakage), or one that is suspicious: it tells more than all others together.

    One column seldom does: what is recorded after the fact, such as the duration of a call, often does. Columns in
    ``known`` were named before. Learned on half of the training rows and seen on the other half.
    """
    inference = seen.inference
    rows = spaced(seen.train)
    names = [name for name in inputs_of(inference) if name not in known]
    if len(rows) < ENOUGH or not names:
        return []
    classes = len(inference.classes) if inference.task != "regression" else 0
    groups = rows[inference.group] if inference.split_by == "group" and inference.group else None
    question = Halves.halves(target_of(rows, inference), classes, groups)
    numeric = set(inference.of_role("numeric"))
    scores = {name: score_alone(rows[name], name in numeric, question) for name in names}
    measure = "ROC AUC" if classes else "R²"
    found, task = [], inference.task
    perfect = [name for name in names if scores[name] >= NEARLY_ALL[task]]
    for name in perfect:
        found.append(leak([name], f"{name} alone determines the target almost entirely ({measure} {scores[name]:.3f})"))
    if perfect or known:  # beside a copy of the target, all others tell little
        return found
    best = max(names, key=lambda name: scores[name])
    if len(names) <= FEWEST or scores[best] < MUCH[task]:
        return found
    others = _score_of_others(seen, best, question)
    if scores[best] <= others:
        return found
    return [
        leak(
            [best],
            f"{best} is suspicious: alone it says more about the target ({measure} {scores[best]:.2f}) than all "
            f"{len(names) - 1} other columns together ({others:.2f})",
            "suspicious-predictor",
        )
    ]


def _score_of_others(seen: Examined, name: str, question: Halves) -> float:
    """The score of a forest over every column but one; in one thread, as workers start beside it."""
    rows, names = spaced(seen.train), inputs_of(seen.inference)
    x = np.delete(matrix(rows, seen.inference), names.index(name), axis=1)
    kind = ExtraTreesClassifier if question.classes else ExtraTreesRegressor
    model = kind(100, min_samples_leaf=4, max_features=0.5, random_state=0).fit(
        x[question.fit], question.y[question.fit]
    )
    held = x[question.held]
    return question.score(shares(model, held, question.classes) if question.classes else model.predict(held))
