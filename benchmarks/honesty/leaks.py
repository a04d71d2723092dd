"""How many planted leaks the checks before training catch, and how often they cry wolf on clean tables.

    python benchmarks/honesty/leaks.py > benchmarks/honesty/LEAKS.md

Tables are drawn anew for every seed: 300 to 3,000 rows, 4 to 20 columns of numbers and categories of many shapes, some
missing, a target of numbers, two or several classes of which the columns tell a part. Thresholds were not set on
them. Into 30 of them a leak is planted, in each of six ways; it is caught if a warning of its name is given, and names
the planted columns where it is about columns. A clean table gives a false alarm if there is any warning at all.
"""

import platform
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from descent.data import Finding, Table, examine, infer, split_rows

IMPOSSIBLE = """
Two of the six cannot happen inside descent, whatever the table: scaling before the split, and target encoding without
cross-fit. Features are fitted on training rows alone, anew in every fold, and an encoded training row never sees its
own label (`tests/flows/table/test_question.py`). The figures above are about tables that were prepared so before they
came here, which no split can mend."""
TABLES = 30
CLEAN = 100
FIRST_SEED = 3000
TASKS = ("regression", "binary", "multiclass")
Rng = np.random.Generator


@dataclass(frozen=True)
class Planted:
    """A table with a leak, and what must be said of it."""

    frame: pd.DataFrame
    columns: tuple[str, ...]
    options: dict[str, Any]


def signal_of(rng: Rng, rows: int, columns: int) -> tuple[pd.DataFrame, np.ndarray]:
    """Columns of many shapes, and a smooth function of some of them with spread 1."""
    made: dict[str, Any] = {}
    signal = np.zeros(rows)
    for index in range(columns):
        weight = rng.normal() if rng.random() < 0.7 else 0.0
        kind = rng.choice(["normal", "skewed", "whole", "category", "flag"], p=[0.4, 0.15, 0.15, 0.2, 0.1])
        if kind == "category":
            levels = int(rng.integers(3, 12))
            codes = rng.integers(0, levels, rows)
            made[f"c{index}"] = np.array([f"level {k}" for k in range(levels)])[codes]
            signal += weight * rng.normal(size=levels)[codes]
            continue
        x = {
            "normal": lambda: rng.normal(size=rows),
            "skewed": lambda: rng.lognormal(0, rng.uniform(0.5, 1.5), rows),
            "whole": lambda: rng.poisson(8, rows).astype(float),
            "flag": lambda: (rng.random(rows) < rng.uniform(0.2, 0.8)).astype(float),
        }[str(kind)]()
        if kind == "normal" and made and rng.random() < 0.3:  # correlated with the column before
            before = pd.Series(list(made.values())[-1])
            x = x + (2 * before.rank(pct=True).fillna(0.5).to_numpy() if before.dtype.kind == "f" else 0)
        z = (x - x.mean()) / x.std()
        signal += weight * (z if rng.random() < 0.7 else np.tanh(z) + 0.3 * z**2)
        made[f"n{index}"] = (
            np.where(rng.random(rows) < 0.05, np.nan, x * 10.0 ** rng.integers(-2, 4))
            if (rng.random() < 0.3)
            else x * 10.0 ** rng.integers(-2, 4)
        )
    spread = signal.std()
    return pd.DataFrame(made), (signal - signal.mean()) / spread if spread > 0 else signal


def with_target(frame: pd.DataFrame, score: np.ndarray, task: str, rng: Rng) -> pd.DataFrame:
    """The score as a target of numbers in some unit, or cut into classes of unequal size."""
    if task == "regression":
        return frame.assign(y=score * 10.0 ** rng.integers(-1, 4) + rng.integers(0, 100))
    cuts = [0.3, 1] if task == "binary" else [0.25, 0.6, 1]
    labels = np.array(["no", "yes"]) if task == "binary" else np.array(["low", "mid", "top"])
    ranks = pd.Series(score).rank(pct=True).to_numpy()
    return frame.assign(y=labels[np.minimum(np.searchsorted(cuts, ranks), len(labels) - 1)])


def clean(rng: Rng, task: str, noise: float | None = None) -> tuple[pd.DataFrame, np.ndarray]:
    """A table whose columns tell a part of its target, and the score behind that target."""
    frame, signal = signal_of(rng, int(rng.integers(300, 3000)), int(rng.integers(4, 21)))
    score = signal + (rng.uniform(0.4, 2.0) if noise is None else noise) * rng.normal(size=len(frame))
    return with_target(frame, score, task, rng), score


def copied(rng: Rng, task: str) -> Planted:
    """A copy of the target in another unit, with errors and holes; of classes, other names for them."""
    frame, score = clean(rng, task)
    if task == "regression":
        copy = score * 3 + rng.normal(size=len(frame)) * 0.2 + 5
        copy[rng.random(len(frame)) < 0.1] = np.nan
        return Planted(frame.assign(after=copy), ("after",), {})
    names = {"no": "A", "yes": "B", "low": "C", "mid": "D", "top": "E"}
    copy = frame["y"].map(names)
    wrong = rng.random(len(frame)) < 0.01
    copy[wrong] = rng.choice(copy.unique(), int(wrong.sum()))
    return Planted(frame.assign(after=copy), ("after",), {})


def scaled(rng: Rng, task: str) -> Planted:
    """All columns of numbers standardised, or brought to 0 to 1, over all rows."""
    frame, _ = clean(rng, task)
    frame = frame.assign(extra=rng.normal(50, 9, len(frame)))
    names = [
        str(name)
        for name in frame.columns
        if name != "y" and frame[name].dtype.kind == "f" and frame[name].nunique() > 2
    ]
    if len(names) < 3 or rng.random() < 0.5:
        done = {name: (frame[name] - frame[name].mean()) / frame[name].std(ddof=0) for name in names}
    else:
        done = {name: (frame[name] - frame[name].min()) / (frame[name].max() - frame[name].min()) for name in names}
    return Planted(frame.assign(**done), ("extra",), {})


def encoded(rng: Rng, task: str) -> Planted:
    """A category of 20 levels or more (down to 4 rows each) replaced by the mean target of its rows, all rows included;
    sometimes mixed with ten rows of the overall mean.
    """
    frame, score = clean(rng, "regression")
    town = rng.integers(0, int(rng.integers(20, len(frame) // 4)), len(frame))
    score = score + rng.normal(size=len(frame))[town] * 0.5
    frame = with_target(frame.drop(columns="y"), score, "regression" if task == "multiclass" else task, rng)
    y = frame["y"] if frame["y"].dtype.kind == "f" else (frame["y"] == "yes").astype(float)
    mixed = float(rng.choice([0.0, 10.0]))
    sums, counts = y.groupby(town).transform("sum"), y.groupby(town).transform("count")
    return Planted(frame.assign(town=(sums + mixed * y.mean()) / (counts + mixed)), ("town",), {})


def doubled(rng: Rng, task: str) -> Planted:
    """5 to 30 % of the rows once more, in random order."""
    frame, _ = clean(rng, task)
    frame = frame.assign(size=rng.normal(size=len(frame)))
    again = frame.sample(frac=rng.uniform(0.05, 0.3), random_state=int(rng.integers(1 << 31)))
    both = pd.concat([frame, again]).sample(frac=1, random_state=int(rng.integers(1 << 31)), ignore_index=True)
    return Planted(both, (), {})


def shared(rng: Rng, task: str) -> Planted:
    """3 to 12 rows of each customer, whose targets are alike, split by chance."""
    frame, score = clean(rng, task)
    each = int(rng.integers(3, 13))
    who = rng.permutation(np.arange(len(frame)) // each)
    own = rng.normal(size=int(who.max()) + 1)[who]
    frame = with_target(frame.drop(columns="y"), score + own * score.std(), task, rng)
    name = str(rng.choice(["customer_id", "patient", "member no", "Device ID"]))
    return Planted(frame.assign(**{name: who}), (name,), {"by": "random"})


def timed(rng: Rng, task: str) -> Planted:
    """Rows of a year whose target drifts and swings, shuffled."""
    frame, score = clean(rng, task)
    rows = len(frame)
    steps = np.cumsum(rng.normal(size=rows))
    slow = (steps - steps.mean()) / steps.std()
    days = pd.Timestamp("2023-01-01") + pd.to_timedelta(np.linspace(0, 500, rows), unit="D")
    frame = with_target(frame.drop(columns="y"), score + slow * score.std(), task, rng).assign(day=days)
    return Planted(frame.sample(frac=1, random_state=int(rng.integers(1 << 31)), ignore_index=True), ("day",), {})


LEAKS: dict[str, tuple[str, frozenset[str], Callable[[Rng, str], Planted]]] = {
    "copied target": ("a copy of the target", frozenset({"target-leakage"}), copied),
    "scaling before the split": ("columns scaled over all rows", frozenset({"scaled-before-split"}), scaled),
    "target encoding without cross-fit": (
        "a category replaced by its mean target",
        frozenset({"target-encoded", "target-leakage"}),
        encoded,
    ),
    "duplicates across splits": ("5 to 30 % of the rows twice", frozenset({"duplicates-across-splits"}), doubled),
    "groups shared": ("customers on both sides", frozenset({"group-ignored"}), shared),
    "time shuffled": ("a drifting target, rows shuffled", frozenset({"time-ignored"}), timed),
}


def warnings_of(frame: pd.DataFrame, **options: Any) -> list[Finding]:
    """What `descent check` warns of."""
    rows, inference = infer(Table(frame, "", "table"), "y", **options)
    found = examine(rows, inference, split_rows(rows, inference))
    return [finding for finding in found if finding.severity == "warning"]


def is_caught(planted: Planted, names: frozenset[str]) -> bool:
    """Whether a warning of the right name is about the planted columns."""
    return any(
        finding.name in names and set(planted.columns) <= set(finding.columns)
        for finding in warnings_of(planted.frame, **planted.options)
    )


def main() -> None:
    print("# Planted leaks and false alarms\n")
    print("`python benchmarks/honesty/leaks.py > benchmarks/honesty/LEAKS.md`")
    print(
        f"({platform.machine()}, Python {platform.python_version()}, NumPy {np.__version__}; nothing depends on time)\n"
    )
    print("| planted leak | how | caught | of |\n|---|---|---|---|")
    total = 0
    for title, (how, names, plant) in LEAKS.items():
        caught = [
            is_caught(plant(np.random.default_rng(FIRST_SEED + seed), TASKS[seed % 3]), names) for seed in range(TABLES)
        ]
        total += sum(caught)
        missed = ", ".join(str(FIRST_SEED + seed) for seed, hit in enumerate(caught) if not hit)
        print(f"| {title} | {how} | {sum(caught)}{missed and f' (missed: seeds {missed})'} | {TABLES} |")
    print(f"| **all** | | **{total} ({total / TABLES / len(LEAKS):.1%})** | {TABLES * len(LEAKS)} |\n")
    alarms: list[str] = []
    for seed in range(CLEAN):
        task = TASKS[seed % 3]
        frame, _ = clean(np.random.default_rng(FIRST_SEED + 500 + seed), task)
        if found := warnings_of(frame):
            alarms.append(f"seed {FIRST_SEED + 500 + seed} ({task}): {found[0].name}: {found[0].evidence}")
    print(f"False alarms: **{len(alarms)} of {CLEAN}** clean tables have a warning ({len(alarms) / CLEAN:.1%}).\n")
    for alarm in alarms:
        print(f"- {alarm}")
    print(IMPOSSIBLE)


if __name__ == "__main__":
    main()
