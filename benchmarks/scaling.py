"""How a sweep scales: Dask workers, variants, and what it will cost on clusters that are not there.

    .venv/bin/python -m benchmarks.scaling [--rows 50000] [--repeat 1] [--model-only]

Writes benchmarks/SCALING.md. (1) `descent run benchmarks/scaling.yaml` on the Dask engine, whole processes, every run
with ``--fresh``: 128 variants on one worker and on two; 64, 128, 256 and 512 variants on two. What counts is the
training stage; everything before and after it is told apart. The recording process needs the same processors, 30 ms
for each variant whatever it trained on, so the table is of a size with which one trains for 0.4 s. What the
machine can give at best is measured beside it: two processes that train the same chunk at once, against one. (2)
The cost model (benchmarks/cost_model.py), fitted to chunks measured here and checked on others. (3) Scheduler round
trips of the Dask engine. (4) The simulation (benchmarks/cluster_simulation.py) of 1 to 1,000 workers and up to 1e9 rows
with the fitted model.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from .cluster_simulation import Cluster, simulate
from .cost_model import CHECKED, FITTED, CostModel, Measured, Work, fit, measure, side_by_side
from .machine import describe_machine
from .tables import write_table

HERE = Path(__file__).parent
DESCENT = Path(sys.executable).with_name("descent")
FASTER, MOST, WITHIN = 1.8, 1.05, 0.25
COUNTS = (64, 128, 256, 512)
WORKERS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1000)
SWEEPS = {
    "512 variants, 20,000 rows": Work(20_000, 20, (32, 16), 512, 200),
    "1,000 variants, 1e6 rows": Work(1_000_000, 20, (32, 16), 1000, 50),
    "1,000 variants, 1e8 rows": Work(100_000_000, 20, (32, 16), 1000, 10),
    "1,000 variants, 1e9 rows": Work(1_000_000_000, 20, (32, 16), 1000, 3),
    "10,000 variants, 1e9 rows": Work(1_000_000_000, 20, (32, 16), 10_000, 3),
}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--model-only", action="store_true", help="leave (1) out, whose times need an idle machine")
    parser.add_argument("--output", type=Path, default=HERE / "SCALING.md")
    given = parser.parse_args()
    runs: dict[tuple[int, int], dict[str, float]] = {}
    if not given.model_only:
        with tempfile.TemporaryDirectory() as scratch:
            runs = sweeps(Path(scratch), given.rows, given.repeat)
    found = {
        "runs": runs,
        "best": at_best(),
        "fitted": measure(FITTED),
        "checked": measure(CHECKED),
        "message": message_seconds(),
    }
    found["load"] = os.getloadavg()[1]
    given.output.write_text(report(found, " ".join(sys.argv[1:])), encoding="utf-8")


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
        done = subprocess.run(command, env=environment, cwd=HERE.parent, stdout=subprocess.PIPE, text=True, check=True)
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
        subprocess.run([str(DESCENT), "down"], env=environment, cwd=HERE.parent, check=False, capture_output=True)
    return {
        key: {part: median(one[part] for one in several) for part in ("train", "rest")}
        for key, several in found.items()
    }


def at_best(repeat: int = 3) -> float:
    """How much faster two chunks train in two processes than one after the other: what this machine has to give."""
    chunk = Work(60_000, 20, (32, 16), 32, 20)
    return median(2 * side_by_side(chunk, 1) / side_by_side(chunk, 2) for _ in range(repeat))


def message_seconds(count: int = 2000) -> float:
    """Seconds of a processor that the scheduler spends on a message: half of those on a call that does nothing."""
    from flows.dask_cluster import connected

    with connected(None, 1) as cluster:
        cluster.submit(int).result()
        before = cluster._client.run_on_scheduler(time.process_time)
        for future in [cluster.submit(int) for _ in range(count)]:
            future.result()
        return float(cluster._client.run_on_scheduler(time.process_time) - before) / count / 2


def growth(runs: dict[tuple[int, int], dict[str, float]]) -> list[tuple[int, int, float]]:
    """(variants, twice as many, time of the training stage as a multiple of linear)."""
    return [(few, many, runs[2, many]["train"] / runs[2, few]["train"] / 2) for few, many in pairwise(COUNTS)]


def report(found: dict[str, Any], arguments: str) -> str:
    """The Markdown text."""
    model = fit(found["fitted"])
    command = " ".join(("python -m benchmarks.scaling", arguments)).strip()
    lines = [
        "# Scaling", "", f"Measured by `{command}`; its docstring says what.", "",
        "## Workers and variants", "", *sweep_lines(found["runs"], found["best"]),
        "", "## Cost model", "", *cost_lines(model, found["fitted"], found["checked"]),
        "", "## 1 to 1,000 workers", "", *plan_lines(model, found["message"]),
        "", "## Machine", "", f"- load in the last five minutes of measuring: {found['load']:.0f}",
        *(f"- {name}: {words}" for name, words in describe_machine().items()),
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def sweep_lines(runs: dict[tuple[int, int], dict[str, float]], best: float) -> list[str]:
    """What was measured of whole runs."""
    if not runs:
        return ["Not measured here."]
    faster = runs[1, 128]["train"] / runs[2, 128]["train"]
    return [
        "| Dask workers | variants | training, s | all else, s |", "|---|---|---|---|",
        *(f"| {w} | {v} | {one['train']:.2f} | {one['rest']:.2f} |" for (w, v), one in sorted(runs.items())), "",
        f"- 2 workers against 1, 128 variants: {faster:.2f}× ({verdict(faster >= FASTER)}; asked ≥ {FASTER}); "
        f"two processes that do nothing but train a chunk, against one: {best:.2f}×",
        *(f"- {few} → {many} variants: {factor:.2f}× linear ({verdict(factor <= MOST)}; asked ≤ {MOST})"
          for few, many, factor in growth(runs)),
    ]  # fmt: skip


def verdict(reached: bool) -> str:
    """Of a figure."""
    return "reached" if reached else "MISSED"


def cost_lines(model: CostModel, fitted: Sequence[Measured], checked: Sequence[Measured]) -> list[str]:
    """Coefficients, and predictions beside measurements."""
    a, b, c, d, e, f = (value * 1e6 for value in model.time)
    base, rows, weights, units = model.memory
    lines = [
        "A chunk of v variants with L hidden layers, U units and M weights each, m training rows in batches of 128, "
        "E epochs, on one processor:", "",
        f"- microseconds = E · ({a:.1f} + {b:.1f}·L) · m/128 "
        f"+ m·v · [ E · ({c:.4f} + {d:.5f}·U + {e:.6f}·M) + {f:.5f}·U ]",
        f"- memory beyond an idle worker = {base / 1e6:.1f} MB + {rows:.2f} · bytes of the rows "
        f"+ v · ({weights:.0f}·M + {units:.0f}·U) bytes",
        "- bytes moved = rows once per worker + results", "",
        "| chunk | used to | s, predicted | measured | off | MB, predicted | measured | off "
        "| MB sent, predicted | measured | kB back, predicted | measured |",
        "|" + "---|" * 12,
    ]  # fmt: skip
    worst = {"seconds": 0.0, "memory": 0.0, "moved": 0.0}
    for name, some in (("fit", fitted), ("check", checked)):
        for one in some:
            work = one.work
            said, held = model.seconds(work), model.bytes(work)
            off, off_memory = said / one.seconds - 1, held / max(one.memory, 1) - 1
            if name == "check":
                moved = (work.data + work.result) / (one.data + one.result) - 1
                for part, value in (("seconds", off), ("memory", off_memory), ("moved", moved)):
                    worst[part] = max(worst[part], abs(value))
            layers = "-".join(map(str, work.layers)) or "linear"
            lines.append(
                f"| {work.rows:,} × {work.features}, {layers}, {work.variants} variants, {work.epochs} epochs | "
                f"{name} | {said:.3f} | {one.seconds:.3f} | {off:+.0%} | {held / 1e6:.1f} | {one.memory / 1e6:.1f} | "
                f"{off_memory:+.0%} | {work.data / 1e6:.2f} | {one.data / 1e6:.2f} | {work.result / 1e3:.1f} | "
                f"{one.result / 1e3:.1f} |"
            )
    lines += ["", "The largest error on chunks that it was not fitted to: " + "; ".join(
        f"{part} {value:.0%} ({verdict(value <= WITHIN)})" for part, value in worst.items()
    ) + f" (asked: within {WITHIN:.0%})."]  # fmt: skip
    return lines


def plan_lines(model: CostModel, message: float) -> list[str]:
    """The simulation's tables."""
    from ml import Model, chunk_size

    lines = [
        f"Simulated with the model above, {message * 1e3:.2f} ms of the scheduler per message (measured here), "
        "and assumed: a link of 10 Gbit/s that all workers share, 4 GB of memory per worker for rows, processors like "
        "this one.",
    ]
    for name, sweep in SWEEPS.items():
        most = chunk_size(Model(sweep.features, sweep.layers), 128)
        lines += ["", f"**{name}** × {sweep.features} features, 32-16, {sweep.epochs} epochs "
                  f"({sweep.data / 1e9:.3g} GB of rows):", "",
                  "| workers | time | faster than 1 | efficiency | rows on their way | training | held back by |",
                  "|---|---|---|---|---|---|---|"]  # fmt: skip
        alone = None
        for workers in WORKERS:
            one = simulate(sweep, most, model, Cluster(workers, scheduler=message))
            alone = alone or one.seconds
            gain = alone / one.seconds
            lines.append(
                f"| {workers:,} | {duration(one.seconds)} | {gain:.1f}× | {gain / workers:.0%} "
                f"| {duration(one.shipping)} | {one.busy:.0%} | {one.bound} |"
            )
    return lines


def duration(seconds: float) -> str:
    """In words."""
    for unit, size in (("d", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.2g} s"


if __name__ == "__main__":
    main()
