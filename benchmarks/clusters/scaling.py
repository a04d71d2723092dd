"""How a sweep scales with Dask workers and with variants, in whole runs.

    .venv/bin/python -m benchmarks.clusters.scaling [--rows 50000] [--repeat 1]

Writes benchmarks/clusters/SCALING.md. `descent run benchmarks/clusters/scaling.yaml` on the Dask engine, whole
processes, every run with
``--fresh``: 128 variants on one worker and on two; 64, 128, 256 and 512 variants on two. What counts is the training
stage; everything before and after it is told apart. The recording process needs the same processors, 30 ms for each
variant whatever it trained on, so the table is of a size with which one trains for 0.4 s. What the machine can give at
best is measured beside it: two processes that train the same chunk at once, against one. What more workers than are
here would do is for benchmarks/clusters/planning.py.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from statistics import median

from benchmarks.clusters.cost_model import Work, side_by_side
from benchmarks.runs.tables import write_table
from benchmarks.speed.machine import describe_machine

HERE = Path(__file__).parent
DESCENT = Path(sys.executable).with_name("descent")
FASTER, MOST = 1.8, 1.05
COUNTS = (64, 128, 256, 512)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--output", type=Path, default=HERE / "SCALING.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        runs = sweeps(Path(scratch), given.rows, given.repeat)
    load = os.getloadavg()[1]
    lines = [
        "# Scaling",
        "",
        f"Measured by `{' '.join(('python -m benchmarks.clusters.scaling', *sys.argv[1:]))}`; its docstring says what.",
        "",
        *sweep_lines(runs, at_best()),
        "",
        "## Machine",
        "",
        f"- load in the last five minutes of measuring: {load:.0f}",
        *(f"- {name}: {words}" for name, words in describe_machine().items()),
    ]
    given.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def sweeps(scratch: Path, rows: int, repeat: int) -> dict[tuple[int, int], dict[str, float]]:
    """(workers, variants) → seconds of the training stage and of the rest, medians of the repetitions."""
    environment, table = os.environ | {"DESCENT_HOME": str(scratch / "descent")}, scratch / "table.parquet"
    write_table(table, rows, 21)
    found: dict[tuple[int, int], list[dict[str, float]]] = {}

    def once(workers: int, variants: int) -> dict[str, float]:
        command = [str(DESCENT), "run", str(HERE / "scaling.yaml"), "--fresh", "--json"]
        lam = f'{{"log": [0.001, 10], "count": {variants}}}'
        for pair in (f"data.source={table}", f"compute.workers={workers}", f"search.models[0].lambda={lam}"):
            command += ["--set", pair]
        began = time.perf_counter()
        done = subprocess.run(
            command, env=environment, cwd=HERE.parents[1], stdout=subprocess.PIPE, text=True, check=True
        )
        seconds = time.perf_counter() - began
        train = json.loads(done.stdout.splitlines()[-1])["seconds"]["train"]
        print(f"{workers} workers, {variants} variants: {train:.2f} s of {seconds:.2f}", file=sys.stderr, flush=True)
        return {"train": train, "rest": seconds - train}

    try:
        once(2, 2)  # starts the server
        for _ in range(repeat):
            for workers, variants in ((1, 128), *((2, variants) for variants in COUNTS)):
                found.setdefault((workers, variants), []).append(once(workers, variants))
    finally:
        subprocess.run([str(DESCENT), "down"], env=environment, cwd=HERE.parents[1], check=False, capture_output=True)
    return {
        key: {part: median(one[part] for one in several) for part in ("train", "rest")}
        for key, several in found.items()
    }


def at_best(repeat: int = 3) -> float:
    """How much faster two chunks train in two processes than one after the other: what this machine has to give."""
    chunk = Work(60_000, 20, (32, 16), 32, 20)
    return median(2 * side_by_side(chunk, 1) / side_by_side(chunk, 2) for _ in range(repeat))


def growth(runs: dict[tuple[int, int], dict[str, float]]) -> list[tuple[int, int, float]]:
    """(variants, twice as many, time of the training stage as a multiple of linear)."""
    return [(few, many, runs[2, many]["train"] / runs[2, few]["train"] / 2) for few, many in pairwise(COUNTS)]


def sweep_lines(runs: dict[tuple[int, int], dict[str, float]], best: float) -> list[str]:
    """What was measured of whole runs."""
    faster = runs[1, 128]["train"] / runs[2, 128]["train"]
    return [
        "| Dask workers | variants | training, s | all else, s |",
        "|---|---|---|---|",
        *(f"| {w} | {v} | {one['train']:.2f} | {one['rest']:.2f} |" for (w, v), one in sorted(runs.items())),
        "",
        f"- 2 workers against 1, 128 variants: {faster:.2f}× ({verdict(faster >= FASTER)}; asked ≥ {FASTER}); "
        f"two processes that do nothing but train a chunk, against one: {best:.2f}×",
        *(
            f"- {few} → {many} variants: {factor:.2f}× linear ({verdict(factor <= MOST)}; asked ≤ {MOST})"
            for few, many, factor in growth(runs)
        ),
    ]


def verdict(reached: bool) -> str:
    """Of a figure."""
    return "reached" if reached else "MISSED"


if __name__ == "__main__":
    main()
