"""What a sweep will cost on clusters that are not there: a cost model of training, and a simulation with it.

    .venv/bin/python -m benchmarks.clusters.planning

Writes benchmarks/clusters/PLANNING.md. (1) The cost model (benchmarks/clusters/cost_model.py), fitted to chunks
measured here and checked on others. (2) Scheduler round trips of the Dask engine. (3) The simulation
(benchmarks/clusters/cluster_simulation.py) of 1 to 1,000 workers and up to 1e9 rows with the fitted model.
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.clusters.cluster_simulation import Cluster, simulate
from benchmarks.clusters.cost_model import CHECKED, FITTED, CostModel, Measured, Work, fit, measure
from benchmarks.clusters.scaling import verdict
from benchmarks.speed.machine import describe_machine

WITHIN = 0.25
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
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("PLANNING.md"))
    given = parser.parse_args()
    measured = measure([*FITTED, *CHECKED])
    fitted, checked = measured[: len(FITTED)], measured[len(FITTED) :]
    model, load = fit(fitted), os.getloadavg()[1]
    lines = [
        "# Planning",
        "",
        "Measured by `python -m benchmarks.clusters.planning`; its docstring says what.",
        "",
        "## Cost model",
        "",
        *cost_lines(model, fitted, checked),
        "",
        "## 1 to 1,000 workers",
        "",
        *plan_lines(model, message_seconds()),
        "",
        "## Machine",
        "",
        f"- load in the last five minutes of measuring: {load:.0f}",
        *(f"- {name}: {words}" for name, words in describe_machine().items()),
    ]
    given.output.write_text("\n".join(lines) + "\n", encoding="utf-8")


def message_seconds(count: int = 2000) -> float:
    """Seconds of a processor that the scheduler spends on a message: half of those on a call that does nothing."""
    from descent.flows.workers.dask_cluster import connected

    with connected(None, 1) as cluster:
        cluster.submit(int).result()
        before = cluster._client.run_on_scheduler(time.process_time)
        for future in [cluster.submit(int) for _ in range(count)]:
            future.result()
        return float(cluster._client.run_on_scheduler(time.process_time) - before) / count / 2


def cost_lines(model: CostModel, fitted: Sequence[Measured], checked: Sequence[Measured]) -> list[str]:
    """Coefficients, and predictions beside measurements."""
    a, b, c, d, e, f = (value * 1e6 for value in model.time)
    base, rows, weights, units = model.memory
    lines = [
        "A chunk of v variants with L hidden layers, U units and M weights each, m training rows in batches of 128, "
        "E epochs, on one processor:",
        "",
        f"- microseconds = E · ({a:.1f} + {b:.1f}·L) · m/128 "
        f"+ m·v · [ E · ({c:.4f} + {d:.5f}·U + {e:.6f}·M) + {f:.5f}·U ]",
        f"- memory beyond an idle worker = {base / 1e6:.1f} MB + {rows:.2f} · bytes of the rows "
        f"+ v · ({weights:.0f}·M + {units:.0f}·U) bytes",
        "- bytes moved = rows once per worker + results",
        "",
        "| chunk | used to | s, predicted | measured | off | MB, predicted | measured | off "
        "| MB sent, predicted | measured | kB back, predicted | measured |",
        "|" + "---|" * 12,
    ]
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
    lines += [
        "",
        "The largest error on chunks that it was not fitted to: "
        + "; ".join(f"{part} {value:.0%} ({verdict(value <= WITHIN)})" for part, value in worst.items())
        + f" (asked: within {WITHIN:.0%}).",
    ]
    return lines


def plan_lines(model: CostModel, message: float) -> list[str]:
    """The simulation's tables."""
    from descent.ml import Model, chunk_size

    lines = [
        f"Simulated with the model above, {message * 1e3:.2f} ms of the scheduler per message (measured here), "
        "and assumed: a link of 10 Gbit/s that all workers share, 4 GB of memory per worker for rows, processors like "
        "this one.",
    ]
    for name, sweep in SWEEPS.items():
        most = chunk_size(Model(sweep.features, sweep.layers), 128)
        lines += [
            "",
            f"**{name}** × {sweep.features} features, 32-16, {sweep.epochs} epochs "
            f"({sweep.data / 1e9:.3g} GB of rows):",
            "",
            "| workers | time | faster than 1 | efficiency | rows on their way | training | held back by |",
            "|---|---|---|---|---|---|---|",
        ]
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
