"""All checks of a table that is cut in three, in the order in which a reader should learn of them."""

from collections.abc import Callable

import pandas as pd

from descent.data.finding import Finding, ordered
from descent.data.findings.classes import class_imbalance, classes_not_in_parts, small_classes
from descent.data.findings.columns import constant_columns, free_text, identifiers, missing_target, mostly_missing
from descent.data.findings.copies import duplicate_rows, duplicates_across_splits
from descent.data.findings.examined import Examined
from descent.data.findings.extremes import extreme_outliers
from descent.data.findings.groups import group_ignored, hidden_groups
from descent.data.findings.leakage import target_leakage
from descent.data.findings.order import sorted_rows, time_ignored
from descent.data.findings.prepared import scaled_before_split, target_encoded
from descent.data.findings.shift import drift, target_drift
from descent.data.findings.totals import totals_row
from descent.data.roles.inference import Inference
from descent.data.splits.splits import Split

CHECKS: tuple[Callable[[Examined], list[Finding]], ...] = (
    target_leakage,
    target_encoded,
    scaled_before_split,
    duplicates_across_splits,
    group_ignored,
    hidden_groups,
    time_ignored,
    drift,
    target_drift,
    sorted_rows,
    class_imbalance,
    small_classes,
    classes_not_in_parts,
    totals_row,
    duplicate_rows,
    missing_target,
    extreme_outliers,
    mostly_missing,
    constant_columns,
    identifiers,
    free_text,
)


def examine(frame: pd.DataFrame, inference: Inference, split: Split) -> tuple[Finding, ...]:
    """What is noticed about the table: warnings and notes. What makes a run hopeless was refused by `infer`.

    Deterministic, and blind to the target of the test rows. Large tables are looked at in samples of rows.
    """
    seen = Examined.of(frame, inference, split)
    return ordered([*inference.findings, *(finding for check in CHECKS for finding in check(seen))])
