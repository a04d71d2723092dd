"""How often a promotion is wrong: 1,000 simulated retrainings each, through `flows.promotion.decision.decide`.

    python -m benchmarks.promotion

A retraining gives a challenger whose errors resemble the champion's: both learned from most of the same rows. Where
the challenger is no better, both have the same expected loss; where it is better, its expected loss is lower by two
standard errors of the champion's own loss on as many test rows. Writes benchmarks/PROMOTION.md.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flows.promotion.decision import decide

from .machine import describe_machine

Array = NDArray[Any]
RETRAININGS = 1000
ALIKE = 0.8
"""Correlation of the two models' errors of estimation."""
CASES = (
    ("regression", "rmse", "normal errors", 200), ("regression", "rmse", "heavy-tailed errors", 400),
    ("binary", "log_loss", "balanced", 400), ("multiclass", "accuracy", "four classes", 400),
)  # fmt: skip


def main() -> None:
    rows = []
    for case in CASES:
        false, true = (share(case, better) for better in (False, True))
        rows.append((*case, false, true))
        print(*rows[-1], flush=True)
    (Path(__file__).parent / "PROMOTION.md").write_text(page(rows), encoding="utf-8")


def share(case: tuple[str, str, str, int], better: bool) -> float:
    """Share of retrainings in which the challenger is promoted."""
    task, metric, kind, count = case
    rng = np.random.default_rng(0)
    gain = 0.0 if not better else needed(case)
    promoted = 0
    for number in range(RETRAININGS):
        y, old, new = drawn(task, kind, count, gain, rng)
        promoted += decide(task, metric, y, old, new, seed=number).promote
    return promoted / RETRAININGS


def drawn(task: str, kind: str, rows: int, gain: float, rng: np.random.Generator) -> tuple[Array, Array, Array]:
    """Targets, and the outputs of champion and challenger, whose error of estimation is less by the share ``gain``."""
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
    from ml.comparison import row_losses

    found = row_losses(task, metric, y, outputs)
    assert found is not None
    return found[1]


def page(rows: list[tuple[Any, ...]]) -> str:
    lines = [
        f"| {task} | {metric} | {kind} | {count:,} | {100 * false:.1f} % | {100 * true:.1f} % |"
        for task, metric, kind, count, false, true in rows
    ]
    machine = "\n".join(f"| {name} | {words} |" for name, words in describe_machine().items())
    return f"""# How often a promotion is wrong

`python -m benchmarks.promotion`: {RETRAININGS:,} simulated retrainings per cell, at 95 % confidence. Wanted: at most
5 % of challengers promoted that are no better, and at least 80 % of those that are better by two standard errors of the
champion's own loss on so many test rows. The errors of the two models have a correlation of {ALIKE}. Of 1,000, 5 % are
50 give or take 7.

| task | metric | errors | test rows | no better, promoted | better by 2 SE, promoted |
|---|---|---|---|---|---|
{chr(10).join(lines)}

A comparison of two models on the same rows has a smaller standard error than either model's loss, because rows that are
hard are hard for both; that is why two standard errors of a loss are enough. Two standard errors of the *difference*
would be found in 64 % of cases by any test that errs in 5 %.

| measured on | |
|---|---|
{machine}
"""


if __name__ == "__main__":
    main()
