"""All checks of a table that is cut in three, in the order in which a reader should learn of them."""

from collections.abc import Callable

import pandas as pd

from ..inference import Inference
from ..splits import Split
from .copies import duplicate_rows, duplicates_across_splits
from .examined import Examined
from .finding import Finding, ordered
from .leakage import target_leakage

CHECKS: tuple[Callable[[Examined], list[Finding]], ...] = (target_leakage, duplicates_across_splits, duplicate_rows)


def examine(frame: pd.DataFrame, inference: Inference, split: Split) -> tuple[Finding, ...]:
    """What is noticed about the table: warnings and notes. What makes a run hopeless was refused by `infer`.

    Deterministic, and blind to the target of the test rows. Large tables are looked at in samples of rows.
    """
    seen = Examined.of(frame, inference, split)
    return ordered([finding for check in CHECKS for finding in check(seen)])
