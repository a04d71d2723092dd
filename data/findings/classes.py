"""Classes of few rows."""

import numpy as np
import pandas as pd

from descent.data.finding import Finding, joined_names
from descent.data.findings.examined import Examined

RARE = 0.05
"""Share of the rarest class of two below which accuracy says nothing."""
SEVERAL = 0.02
"""The same for several classes."""
LESS = 0.2
"""Share of what a class would have if all were equally frequent, below which it is rare among many."""
FEWEST = 15
"""Rows of a class that three parts and five folds need, for each to have one or more."""


def small_classes(seen: Examined) -> list[Finding]:
    """Classes with too few rows for every part and fold to have some."""
    if seen.inference.task == "regression":
        return []
    counts = _counts(seen)
    few = counts[counts < FEWEST]
    if few.empty:
        return []
    named = joined_names([f"{label} ({count})" for label, count in few.items()], 6)
    return [
        Finding(
            "small-class",
            "warning",
            (seen.inference.target,),
            f"{'a class has' if len(few) == 1 else f'{len(few)} classes have'} fewer than {FEWEST} rows for training "
            f"and cv: {named}",
            "parts and folds may lack it, and its metrics are mostly noise: collect more rows, or merge it with "
            "another class",
        )
    ]


def class_imbalance(seen: Examined) -> list[Finding]:
    """A class that is so rare that always saying the other looks good."""
    inference = seen.inference
    if inference.task == "regression":
        return []
    counts = _counts(seen)
    share = counts / counts.sum()
    rare = share[share < (RARE if inference.task == "binary" else min(SEVERAL, LESS / len(share)))]
    if rare.empty:
        return []
    named = joined_names(
        [f"{label} ({'<0.1%' if part < 0.0005 else f'{part:.1%}'})" for label, part in rare.items()], 6
    )
    metrics = "average_precision or f1_macro" if inference.task == "binary" else "f1_macro"
    return [
        Finding(
            "class-imbalance",
            "warning",
            (inference.target,),
            f"severe imbalance: {named} of the rows",
            f"always predicting {share.idxmax()} has an accuracy of {share.max():.1%}: choose models by log_loss (the "
            f"default) or {metrics}, in select.metric",
        )
    ]


def classes_not_in_parts(seen: Examined) -> list[Finding]:
    """Classes of which a part has no row, as happens where whole groups or stretches of time are drawn.

    Of the test rows it is known how many each class has only as what is left of all rows.
    """
    inference = seen.inference
    if inference.task == "regression" or sum(inference.counts) != seen.rows:
        return []
    labels = list(inference.classes)
    train, cv = (
        part[inference.target].value_counts().reindex(labels, fill_value=0).to_numpy() for part in (seen.train, seen.cv)
    )
    test = np.array(inference.counts) - train - cv
    lacking = {
        name: [str(label) for label, count in zip(labels, part, strict=True) if count == 0]
        for name, part in (("train", train), ("cv", cv), ("test", test))
    }
    told = [f"the {name} part has no row of {joined_names(found, 6)}" for name, found in lacking.items() if found]
    if not told:
        return []
    otherwise = {
        "group": "another split.seed draws other groups",
        "time": "later rows have other classes than earlier ones",
        "column": "mark rows of each class for each part",
    }.get(inference.split_by, "another split.seed draws other rows")
    return [
        Finding(
            "class-not-in-part",
            "warning",
            (inference.target,),
            "; ".join(told),
            "a class that is not in train cannot be learned, and one that is not in cv or test is not evaluated: "
            f"{otherwise}",
        )
    ]


def _counts(seen: Examined) -> pd.Series:
    labels = pd.concat([seen.train[seen.inference.target], seen.cv[seen.inference.target]])
    counts: pd.Series = labels.value_counts().reindex(list(seen.inference.classes), fill_value=0).sort_values()
    return counts
