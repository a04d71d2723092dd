"""k folds inside train + cv, by the same principle as the split."""

import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit

from .errors import SplitError
from .inference import Inference
from .splits import Indices, parse_dates_or_numbers


def fold_rows(frame: pd.DataFrame, inference: Inference, folds: int, seed: int = 0) -> list[tuple[Indices, Indices]]:
    """Pairs (rows to fit on, rows held out), row numbers of ``frame``.

    random: stratified for classes. group: whole groups. time: every fold is fitted on what came before it, so the
    first rows are never held out.

    Raises:
        SplitError: fewer rows or groups than folds.
    """
    rows = np.arange(len(frame))
    if inference.split_by == "group":
        groups = pd.factorize(frame[inference.group], use_na_sentinel=False)[0]
        if len(np.unique(groups)) < folds:
            raise SplitError(f"validate.folds is {folds}, but train and cv have {len(np.unique(groups))} groups")
        return list(GroupKFold(folds, shuffle=True, random_state=seed).split(rows, groups=groups))
    if len(rows) <= folds:
        raise SplitError(f"validate.folds is {folds}, but train and cv have {len(rows)} rows")
    if inference.split_by == "time":
        order = np.argsort(parse_dates_or_numbers(frame[inference.time]), kind="stable")
        return [(order[fit], order[held]) for fit, held in TimeSeriesSplit(folds).split(rows)]
    if inference.task == "regression":
        return list(KFold(folds, shuffle=True, random_state=seed).split(rows))
    codes = pd.Index(inference.classes).get_indexer(pd.Index(frame[inference.target]))
    with warnings.catch_warnings():  # a class with fewer rows than folds is missing in some: known and accepted
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, codes))
