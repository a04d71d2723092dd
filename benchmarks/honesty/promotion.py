"""How often a promotion is wrong: 1,000 simulated retrainings each, through `flows.promotion.decision.decide`.

    python -m benchmarks.honesty.promotion

A retraining gives a challenger whose errors resemble the champion's: both learned from most of the same rows. Where
the challenger is no better, both have the same expected loss; where it is better, its expected loss is lower by two
standard errors of the champion's own loss on as many test rows. Then thirty nights on the same test rows, with a
challenger each that is no better. Writes benchmarks/honesty/PROMOTION.md.
"""

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from benchmarks.speed.machine import describe_machine
from descent.flows.promotion.decision import decide

Array = NDArray[Any]
RETRAININGS = 1000
SERIES, NIGHTS = 100, 30
ALIKE = 0.8
"""Correlation of the two models' errors of estimation."""
CASES = (
    ("regression", "rmse", "normal errors", 200),
    ("regression", "rmse", "heavy-tailed errors", 400),
    ("binary", "log_loss", "balanced", 400),
    ("multiclass", "accuracy", "four classes", 400),
)

SMALL = (
    ("regression", "rmse", "normal errors", 30),
    ("regression", "rmse", "heavy-tailed errors", 30),
    ("regression", "rmse", "rare large losses", 30),
    ("regression", "rmse", "rare large losses", 400),
    ("binary", "log_loss", "one in ten", 30),
)


def main() -> None:
    with ProcessPoolExecutor() as pool:
        asked = [(case, [pool.submit(share, case, better) for better in (False, True)]) for case in CASES]
        small = [(case, pool.submit(share, case, False)) for case in SMALL]
        nights = [pool.submit(changes, seed) for seed in range(SERIES)]
        rows = [(*case, *(future.result() for future in futures)) for case, futures in asked]
        few = [(*case, future.result()) for case, future in small]
        months = np.array([future.result() for future in nights])
    (Path(__file__).parent / "PROMOTION.md").write_text(page(rows, few, months), encoding="utf-8")


def share(case: tuple[str, str, str, int], better: bool) -> float:
    """Share of retrainings in which the challenger is promoted."""
    task, metric, kind, count = case
    rng = np.random.default_rng(0)
    gain = 0.0 if not better else needed(case)
    promoted = 0
    for number in range(RETRAININGS):
        y, old, new = drawn(task, kind, count, gain, rng)
        promoted += is_promoted(task, metric, y, old, new, number)
    return promoted / RETRAININGS


def is_promoted(task: str, metric: str, y: Array, old: Array, new: Array, seed: int) -> bool:
    """The decision; not asked for where Student's t at a lower level says no, as the bound is never above Student's."""
    gains = losses(task, metric, y, old) - losses(task, metric, y, new)
    error = gains.std(ddof=1) / np.sqrt(len(gains))
    return (
        bool(gains.mean() > t.ppf(0.94, len(gains) - 1) * error)
        and decide(task, metric, y, old, new, seed=seed).promote
    )


def drawn(task: str, kind: str, rows: int, gain: float, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Targets, and the outputs of champion and challenger, whose error of estimation is less by the share ``gain``."""
    if kind == "rare large losses":
        return rarely_bad(rows, rng)
    outputs = 4 if task == "multiclass" else 1
    truth = rng.normal(-2.5 if kind == "one in ten" else 0, 1.5, (rows, outputs))
    common, first, second = rng.normal(0, 1, (3, rows, outputs))
    errors = [np.sqrt(ALIKE) * common + np.sqrt(1 - ALIKE) * own for own in (first, second)]
    old, new = truth + errors[0], truth + (1 - gain) * errors[1]
    if task == "regression":
        noise = rng.standard_t(3, (rows, 1)) if kind == "heavy-tailed errors" else rng.normal(size=(rows, 1))
        return (truth + noise)[:, 0], old[:, 0], new[:, 0]
    if task == "binary":
        y = (rng.random(rows) < 1 / (1 + np.exp(-truth[:, 0]))).astype(int)
        return y, old[:, 0], new[:, 0]
    chances = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    y = (rng.random((rows, 1)) > np.cumsum(chances, axis=1)).sum(axis=1)
    return np.minimum(y, outputs - 1), old, new


def rarely_bad(rows: int, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """A challenger that is a little better in all rows but one in a hundred, where it fails; no better on the whole."""
    y, champion = rng.normal(size=rows), rng.normal(size=rows)
    fails = rng.random(rows) < 0.01
    better = np.sqrt(0.9)
    worse = np.sqrt(1 + 0.1 * 99)  # 0.99 x 0.9 + 0.01 x 10.9 = 1
    return y, y + champion, y + np.where(fails, worse, better) * champion


def changes(seed: int) -> int:
    """How often the champion changes in `NIGHTS` nights on the same 200 test rows, no challenger being better."""
    rng = np.random.default_rng(seed)
    truth, common = rng.normal(0, 1, (2, 200))
    y, count = truth + rng.normal(size=200), 0

    def model() -> Array:
        found: Array = truth + np.sqrt(ALIKE) * common + np.sqrt(1 - ALIKE) * rng.normal(size=200)
        return found

    champion = model()
    for night in range(NIGHTS):
        challenger = model()
        if is_promoted("regression", "rmse", y, champion, challenger, night):
            champion, count = challenger, count + 1
    return count


def needed(case: tuple[str, str, str, int]) -> float:
    """The share by which the error of estimation must shrink for a gain of two standard errors; found by halving."""
    task, metric, kind, count = case
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        y, old, new = drawn(task, kind, 200_000, middle, np.random.default_rng(1))
        before, after = losses(task, metric, y, old), losses(task, metric, y, new)
        if before.mean() - after.mean() < 2 * before.std() / np.sqrt(count):
            low = middle
        else:
            high = middle
    return high


def losses(task: str, metric: str, y: Array, outputs: Array) -> Array:
    from descent.ml.statistics.comparison import row_losses

    found = row_losses(task, metric, y, outputs)
    assert found is not None
    return found[1]


def page(rows: list[tuple[Any, ...]], few: list[tuple[Any, ...]], months: Array) -> str:
    lines = [
        f"| {task} | {metric} | {kind} | {count:,} | {100 * false:.1f} % | {100 * true:.1f} % |"
        for task, metric, kind, count, false, true in rows
    ]
    small = [
        f"| {task} | {metric} | {kind} | {count:,} | {100 * false:.1f} % |" for task, metric, kind, count, false in few
    ]
    changed = 100 * (months > 0).mean()
    machine = "\n".join(f"| {name} | {words} |" for name, words in describe_machine().items())
    return f"""# How often a promotion is wrong

`python -m benchmarks.honesty.promotion`: {RETRAININGS:,} simulated retrainings per cell, at 95 % confidence. Wanted: at
most 5 % of challengers promoted that are no better, and at least 80 % of those that are better by two standard errors
of the champion's own loss on so many test rows. The errors of the two models have a correlation of {ALIKE}. Of 1,000, 5
% are 50 give or take 7.

| task | metric | errors | test rows | no better, promoted | better by 2 SE, promoted |
|---|---|---|---|---|---|
{chr(10).join(lines)}

A comparison of two models on the same rows has a smaller standard error than either model's loss, because rows that are
hard are hard for both; that is why two standard errors of a loss are enough. Two standard errors of the *difference*
would be found in 64 % of cases by any test that errs in 5 %. The bound takes 85 % of the error that the confidence
leaves (`SPENT` in [ml/statistics/comparison.py](../../ml/statistics/comparison.py)): taken whole, the share of false
promotions would be 5 %, and every second measurement of it above.

## Where it is hard

The fewest rows that are compared, and losses that are rare and large: the challenger is surely better in 99 rows of
100, and in the hundredth so much worse that it is no better on the whole. No bound sees what has not happened.

| task | metric | errors | test rows | no better, promoted |
|---|---|---|---|---|
{chr(10).join(small)}

## Many nights

{SERIES} series of {NIGHTS} nights on the same 200 test rows, a challenger each night that is no better than any other:
the champion changed {months.mean():.2f} times a series, at least once in {changed:.0f} % of them, at most
{months.max()} times.

| measured on | |
|---|---|
{machine}
"""


if __name__ == "__main__":
    main()
