"""Rows that belong together and are torn apart by a random split."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import f as fisher

from descent.data.finding import Finding, joined_names
from descent.data.findings.alone import Array
from descent.data.findings.examined import Examined
from descent.data.findings.matrix import glance, target_of
from descent.data.options import setting
from descent.data.roles.inference import Inference
from descent.data.roles.roles import THINGS

NAME = re.compile(rf"(?:^|[ _.-])(?:{THINGS}|id|ids|uid|uuid|code|no|nr|key)s?(?:$|[ _.#-])", re.IGNORECASE)
"""Names of columns that call things by a number."""
FEWEST = 10
"""Groups below which nothing is said."""
EACH = 1.5
"""Rows of a group, on average."""
ALIKE = 0.05
"""Share of the target's variance that lies between groups (the intraclass correlation) from which it matters."""
SURE = 1e-6
MANY_VALUES = 20
"""Different values of a column of numbers that make it a mark of its row."""
MANY = 0.05
"""The same as a share of the rows; four such columns are never equal by chance."""
MOSTLY = 0.3
"""Share of rows that equal another but for one column, from which they look like measurements of the same things."""


def group_ignored(seen: Examined) -> list[Finding]:
    """Columns that name things of several rows each, where the split is by chance."""
    inference = seen.inference
    if not inference.by_chance:
        return []
    y = target_of(seen.worked(inference.target).to_frame(), inference)
    found = []
    for column in inference.columns:
        name = column.name
        named = column.role == "group" or bool(NAME.search(name.replace("#", "_id")))
        if not (named or column.role == "identifier") or column.role in ("excluded", "constant", "text"):
            continue
        values = seen.worked(name)
        present = values.dropna()
        if column.role == "numeric" and not bool((present % 1 == 0).all()):
            continue
        distinct = present.nunique()
        if distinct < FEWEST or len(present) < EACH * distinct:
            continue
        share, chance = between_groups(values, y, inference)
        matters = share >= ALIKE and chance < SURE
        evidence = f"{distinct:,} values of {name} in {len(present):,} rows, which the split separates"
        if matters:
            evidence += f"; rows of one value are similar in {inference.target} (intraclass correlation {share:.2f})"
        found.append(
            Finding(
                "group-ignored",
                "warning" if matters else "note",
                (name,),
                evidence,
                "if one value is one thing, keep its rows on one side: --set split.by=group "
                + setting("data.group", name),
            )
        )
    return found


def between_groups(groups: pd.Series, y: Array, inference: Inference) -> tuple[float, float]:
    """Intraclass correlation of the target, and the chance of such an F if groups did not matter (one-way analysis of
    variance). Classes: the largest over the classes, each as 0 and 1.
    """
    known = groups.notna().to_numpy(bool)
    codes = pd.factorize(groups[known])[0]
    sizes = np.bincount(codes)
    k, n = len(sizes), len(codes)
    if k < 2 or n <= k:
        return 0.0, 1.0
    columns = [y[known]] if inference.task == "regression" else [(y[known] == c) * 1.0 for c in np.unique(y[known])]
    each = (n - float((sizes**2).sum()) / n) / (k - 1)
    best = (0.0, 1.0)
    for values in columns:
        means = np.bincount(codes, weights=values) / sizes
        between = float((sizes * (means - values.mean()) ** 2).sum()) / (k - 1)
        within = float(((values - means[codes]) ** 2).sum()) / (n - k)
        if within <= 0:
            best = max(best, (1.0, 0.0)) if between > 0 else best
            continue
        share = (between - within) / (between + (each - 1) * within)
        if share > best[0]:
            best = (share, float(fisher.sf(between / within, k - 1, n - k)) * len(columns))
    return best


def hidden_groups(seen: Examined) -> list[Finding]:
    """Rows that equal others in every number but one: the same things, measured several times."""
    inference = seen.inference
    names = list(inference.of_role("numeric"))
    if not inference.by_chance or len(names) < 4:
        return []
    few = glance(seen.rows)
    some = _without_one({name: seen.numbers(name)[few] for name in names})
    if not any(_repeated(values) for values in some.values()):
        return []
    columns = {name: seen.numbers(name) for name in names}
    many = max(MANY_VALUES, MANY * seen.rows)
    marks = [name for name in names if len(pd.unique(columns[name])) - np.isnan(columns[name]).any() >= many]
    if len(marks) < 4 or _repeated(np.sum(list(_hashed(columns).values()), axis=0, dtype=np.uint64)) >= MOSTLY:
        return []
    others_of = _without_one(columns)
    repeated = {name: _repeated(values) for name, values in others_of.items()}
    best = max(names, key=lambda name: repeated[name])
    share = repeated[best]
    if share < MOSTLY:
        return []
    things = len(np.unique(others_of[best]))
    others = joined_names([name for name in names if name != best], 3)
    return [
        Finding(
            "hidden-groups",
            "warning",
            (best,),
            f"{share:.0%} of the rows equal another in every number but {best} ({others}): {things:,} things, measured "
            "several times, which the split separates",
            "a model may recognise a thing instead of learning a pattern: add a column that numbers the things and "
            "name it in data.group",
        )
    ]


def _hashed(columns: Mapping[str, Any]) -> dict[str, Any]:
    """(m,) 64-bit hashes of each column's cells, no two columns alike; they are summed to hash several."""
    return {
        name: pd.util.hash_array(column) * np.uint64(2 * position + 3)
        for position, (name, column) in enumerate(columns.items())
    }


def _without_one(columns: Mapping[str, Any]) -> dict[str, Any]:
    """For each column the hashes of the rows without it, (m,)."""
    mixed = _hashed(columns)
    total = np.sum(list(mixed.values()), axis=0, dtype=np.uint64)
    return {name: total - own for name, own in mixed.items()}


def _repeated(values: Any) -> float:
    return float(pd.Series(values).duplicated(keep=False).mean())
