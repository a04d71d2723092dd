"""What λ costs: the same fleet under ever larger λ, with subnormal numbers and without.

    .venv/bin/python -m benchmarks.speed.regularized [--epochs 100] [--rows 30000]

Writes benchmarks/speed/REGULARIZED.md. Where λ empties units, numbers shrink until processors compute them slowly
(`ml.machine.subnormals`). Processor seconds of one process; the two ways take turns.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path
from time import process_time

import numpy as np

from benchmarks.speed.machine import describe_machine
from descent import ml
from descent.ml.machine import arithmetic
from descent.ml.machine.subnormals import no_subnormals

HERE = Path(__file__).parent
RANGES = ((0.001, 0.01), (0.01, 0.1), (0.1, 1), (1, 10), (10, 100), (100, 1000))
VARIANTS, FEATURES, LAYERS = 16, 20, (32, 16)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--output", type=Path, default=HERE / "REGULARIZED.md")
    given = parser.parse_args()
    data = rows(given.rows)
    lines = []
    for low, high in RANGES:
        without = seconds(data, low, high, given.epochs, flush=True)
        having = seconds(data, low, high, given.epochs, flush=False)
        lines.append(f"| {low:g} to {high:g} | {without:.2f} | {having:.2f} | {having / without:.1f}× |")
        print(lines[-1], flush=True)
    fleet = f"{VARIANTS} variants of {FEATURES} → 32 → 16 → 1, Adam, {given.rows:,} rows, {given.epochs} epochs"
    text = [
        "# What λ costs", "",
        f"Measured by `python -m benchmarks.speed.regularized`: {fleet}. Seconds of a processor.", "",
        "| λ | subnormal numbers as zeros | subnormal numbers kept | kept / zeros |", "|---|---|---|---|",
        *lines, "", "## Machine", "", *(f"- {name}: {value}" for name, value in describe_machine().items()), "",
    ]  # fmt: skip
    given.output.write_text("\n".join(text), encoding="utf-8")


def rows(count: int) -> ml.Arrays:
    """A regression with an interaction: training rows, and a third as many for cross-validation."""
    random = np.random.default_rng(0)
    x = random.standard_normal((count + count // 3, FEATURES), np.float32)
    y = x[:, 0] - x[:, 1] * x[:, 2] + 0.3 * random.standard_normal(len(x), np.float32)
    return ml.Arrays(x[:count], y[:count], x[count:], y[count:])


def seconds(data: ml.Arrays, low: float, high: float, epochs: int, flush: bool) -> float:
    """Of a processor, for one training of the fleet."""
    settings = [ml.Settings(lam=float(lam), learning_rate=5e-3) for lam in np.geomspace(low, high, VARIANTS)]
    arithmetic.no_subnormals = no_subnormals if flush else nullcontext
    began = process_time()
    ml.train(ml.Model(FEATURES, LAYERS), "adam", settings, data, batch=128, epochs=epochs)
    return process_time() - began


if __name__ == "__main__":
    main()
