"""k folds inside train + cv, by the same principle as the split."""

import warnings

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupKFold, KFold, StratifiedKFold, TimeSeriesSplit

from descent.data.errors import SplitError
from descent.data.roles.inference import Inference
from descent.data.splits.splits import Indices, parse_dates_or_numbers


def fold_rows(frame: pd.DataFrame, inference: Inference, folds: int, seed: int = 0) -> list[tuple[Indices, Indices]]:
    """Pairs (rows to fit on, rows held out), row numbers of ``frame``, the train and cv rows.

    random: by chance. stratified: by chance, with the shares of the classes. group: whole groups. time: every fold is
    fitted on what came before it, half of the rows or more, and rows of one moment stay together.
    column: what the column calls train and cv is one pool, drawn by whole groups where there is a group column, else
    by chance, stratified for classes.

    Raises:
        SplitError: fewer rows, groups or moments than folds.
    """
    rows = np.arange(len(frame))
    by = _principle(inference)
    if by == "group":
        groups = pd.factorize(frame[inference.group], use_na_sentinel=False)[0]
        if len(np.unique(groups)) < folds:
            raise SplitError(
                f"validate.folds is {folds}, but train and cv have {len(np.unique(groups))} groups. Lower it"
            )
        return list(GroupKFold(folds, shuffle=True, random_state=seed).split(rows, groups=groups))
    if len(rows) <= folds:
        raise SplitError(f"validate.folds is {folds}, but train and cv have {len(rows)} rows. Lower it")
    if by == "time":
        return _in_time(parse_dates_or_numbers(frame[inference.time]), folds)
    if by == "random":
        return list(KFold(folds, shuffle=True, random_state=seed).split(rows))
    codes = pd.Index(inference.classes).get_indexer(pd.Index(frame[inference.target]))
    if (largest := int(np.bincount(codes).max())) < folds:
        raise SplitError(
            f"validate.folds is {folds}, but no class has more than {largest} rows in train and cv. Lower it"
        )
    with warnings.catch_warnings():  # a class with fewer rows than folds is missing in some: known and accepted
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        return list(StratifiedKFold(folds, shuffle=True, random_state=seed).split(rows, codes))


def _principle(inference: Inference) -> str:
    if inference.split_by != "column":
        return inference.split_by
    if inference.group is not None:
        return "group"
    return "random" if inference.task == "regression" else "stratified"


def _in_time(ranks: Indices, folds: int) -> list[tuple[Indices, Indices]]:
    """scikit-learn's expanding window, its cuts moved back to where a moment begins.

    Each fold holds out a part of the newer half, so that none of its models has learned from a few old rows: how those
    compare says little of models of all rows. Where moments are too few for that, the first cut lies further back.
    """
    order = np.argsort(ranks, kind="stable")
    in_order = ranks[order]
    for size in (len(order) // (2 * folds), len(order) // (folds + 1)):
        if size == 0:
            continue
        starts = [int(held[0]) for _, held in TimeSeriesSplit(folds, test_size=size).split(order)]
        cuts = [int(np.searchsorted(in_order, in_order[start], side="left")) for start in starts]
        ends = [*cuts[1:], len(order)]
        if all(0 < cut < end for cut, end in zip(cuts, ends, strict=True)):
            return [(order[:cut], order[cut:end]) for cut, end in zip(cuts, ends, strict=True)]
    raise SplitError(
        f"validate.folds is {folds}, but too many rows of train and cv share one moment to be cut that often. "
        "Lower validate.folds (0 turns it off)"
    )
