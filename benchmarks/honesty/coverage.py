"""How often a 95 % interval of `ml.statistics.bootstrap` holds the true value of a metric, by size of the test set.

    python -m benchmarks.honesty.coverage > benchmarks/honesty/COVERAGE.md

Models with a known error: predictions y + noise (regression, normal and heavy-tailed), logits that separate two and
three classes partly. The true metric is that of a million rows. Share of 400 samples whose interval holds it; the
standard error of such a share is about 1 %.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.machine import describe_machine
from descent.ml.statistics import bootstrap, metrics

SIZES = (40, 100, 400)
SAMPLES = 400
TRUTH = 1_000_000
Draw = Callable[[np.random.Generator, int], tuple[NDArray[Any], NDArray[Any]]]


def normal(rng: np.random.Generator, rows: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Regression with normal errors, R² about 0.8."""
    y = rng.normal(size=rows)
    return y, y + 0.45 * rng.normal(size=rows)


def heavy(rng: np.random.Generator, rows: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Regression with errors of Student's t with 5 degrees of freedom."""
    y = rng.normal(size=rows)
    return y, y + 0.35 * rng.standard_t(5, size=rows)


def two(rng: np.random.Generator, rows: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Two classes, one in five positive."""
    y = (rng.random(rows) < 0.2).astype(np.intp)
    return y, 2.0 * y - 2 + 1.2 * rng.normal(size=rows)


def three(rng: np.random.Generator, rows: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Three classes of unequal size."""
    y = rng.choice(3, rows, p=[0.5, 0.3, 0.2])
    return y, rng.normal(size=(rows, 3)) + 1.5 * np.eye(3)[y]


CASES: dict[str, tuple[str, Draw]] = {
    "regression, normal errors": ("regression", normal),
    "regression, heavy tails": ("regression", heavy),
    "two classes": ("binary", two),
    "three classes": ("multiclass", three),
}


def covered(task: str, draw: Draw, rows: int, truth: dict[str, float], rng: np.random.Generator) -> dict[str, float]:
    """Share of samples whose interval holds the true value, by metric."""
    held: dict[str, list[bool]] = {name: [] for name in truth}
    for seed in range(SAMPLES):
        y, outputs = draw(rng, rows)
        for name, (low, high) in bootstrap.intervals(task, y, outputs, seed=seed).items():
            held[name].append(low <= truth[name] <= high)
    return {name: float(np.mean(hits)) for name, hits in held.items()}


def main() -> None:
    """Print the table."""
    print("# Coverage of the 95 % intervals of the test metrics\n")
    print(
        "Made by `python -m benchmarks.honesty.coverage > benchmarks/honesty/COVERAGE.md`; "
        "what is simulated stands there. "
        f"{', '.join(describe_machine().values())}; nothing depends on time.\n"
    )
    print("| case | metric | " + " | ".join(f"{rows} test rows" for rows in SIZES) + " |")
    print("|---|---" + "|---" * len(SIZES) + "|")
    for name, (task, draw) in CASES.items():
        truth = metrics.evaluate(task, None, *draw(np.random.default_rng(99), TRUTH))
        found = [covered(task, draw, rows, truth, np.random.default_rng(rows)) for rows in SIZES]
        for metric in truth:
            print(f"| {name} | {metric} | " + " | ".join(f"{share[metric]:.1%}" for share in found) + " |", flush=True)


if __name__ == "__main__":
    main()
