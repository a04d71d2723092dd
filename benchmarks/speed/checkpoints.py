"""What checkpoints of half-trained chunks cost: the share of a training's wall time that writing them takes.

    .venv/bin/python -m benchmarks.speed.checkpoints [--seconds 40]

Chunks as the planner makes them, from small networks of which many go into one to a single wide one, with the interval
that `descent run` uses. Prints one JSON object.
"""

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed.machine import describe_machine
from descent import ml
from descent.flows.cache.executor import SECONDS
from descent.ml.chunks import chunk_size
from descent.ml.fleets import resuming

SHAPES = {"16-8": (16, 8), "64-32": (64, 32), "256-256": (256, 256), "1024-1024": (1024, 1024)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=40.0)
    arguments = parser.parse_args()
    figures = [measure(name, hidden, arguments.seconds) for name, hidden in SHAPES.items()]
    print(json.dumps({"machine": describe_machine(), "interval": SECONDS, "chunks": figures}, indent=2))


def measure(name: str, hidden: tuple[int, ...], seconds: float) -> dict[str, Any]:
    """One chunk, trained for so many seconds."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 30)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int64)
    rows, model = ml.Arrays(x, y, x[:4000], y[:4000]), ml.Model(30, hidden, 1, "binary")
    variants = chunk_size(model, 128)
    writes: list[float] = []
    write = resuming.save_training

    def timed(*arguments: Any) -> None:
        began = time.perf_counter()
        write(*arguments)
        writes.append(time.perf_counter() - began)

    resuming.save_training = timed
    try:
        with tempfile.TemporaryDirectory() as folder:
            path, began = Path(folder) / "state.safetensors", time.perf_counter()
            ml.train(
                model, "adam", [ml.Settings(seed=seed) for seed in range(variants)], rows,
                batch=128, epochs=5000, checkpoint=path, checkpoint_seconds=SECONDS,
                callback=lambda _: time.perf_counter() - began > seconds,
            )  # fmt: skip
            ran, size = time.perf_counter() - began, path.stat().st_size
    finally:
        resuming.save_training = write
    return {
        "network": name,
        "variants": variants,
        "seconds": round(ran, 1),
        "checkpoints": len(writes),
        "megabytes of one": round(size / 1e6, 2),
        "milliseconds of one": round(1e3 * sum(writes) / max(1, len(writes)), 1),
        "share of the time": round(sum(writes) / ran, 5),
    }


if __name__ == "__main__":
    main()
