"""How often a halving's winner is worse than the full grid's, for several rungs; real tables, split by several seeds.

    .venv/bin/python -m benchmarks.runs.rungs FOLDER [--seeds 0 1 2] [--write benchmarks/runs/RUNGS.md]

The grid of `benchmarks.runs.halving` is trained once per table and seed. What goes on in a halving ends with the bits
of the grid, so its curves of J_cv say which variants any rungs would have kept, and what the winner would have been.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.runs.halving import TABLES, search
from benchmarks.speed.machine import describe_machine
from descent.flows.search import planning, work
from descent.flows.search.halving import rungs, survivors
from descent.flows.table import question as inputs
from descent.flows.workers.engine import processes
from descent.flows.workers.processes import count_workers
from descent.ml.chunks import train_chunk
from descent.schemas import SearchConfig, config_from

EPOCHS = 120
MORE: dict[str, dict[str, Any]] = {
    "ai4i2020_maintenance.csv": {
        "target": "Machine failure",
        "exclude": ["TWF", "HDF", "PWF", "OSF", "RNF", "UDI", "Product ID"],
    },
    "arrhythmia.csv": {"target": "class"},
    "parkinsons_telemonitoring.csv": {"target": "total_UPDRS", "exclude": ["motor_UPDRS"]},
    "penguins_raw.csv": {"target": "Species"},
}
TRIED: tuple[dict[str, int], ...] = (
    {}, {"eta": 2}, {"eta": 2, "first": 8}, {"eta": 3}, {"eta": 3, "first": 4}, {"first": 7}, {"eta": 6},
)  # fmt: skip


def curves(source: Path, given: dict[str, Any], seed: int, executor: Any, workers: int) -> NDArray[np.float64]:
    """The least J_cv of every variant up to every epoch, (variants, epochs)."""
    config = config_from({
        "data": {**given, "source": str(source)}, "split": {"seed": seed},
        "search": search(EPOCHS, early_stopping=None),
    })  # fmt: skip
    question, frame = inputs.pose(config, inputs.load(config))
    with TemporaryDirectory() as name:
        folder = Path(name)
        parts = inputs.cut(question, frame, folder)
        matrices = {
            one: inputs.featurise(one, question, parts, parts.train, parts.cv, folder / f"features-{number}")
            for number, one in enumerate(question.settings)
        }
        works = [
            work.work_of(
                chunk.fleet.model, chunk.variants, matrices[chunk.fleet.features].sources, dtype="float32", metrics=()
            )
            for chunk in planning.planned(question, matrices, workers).chunks
        ]
        outcomes = [one for result in executor.map(train_chunk, works) for one in result.outcomes]
    found = np.full((len(outcomes), EPOCHS), np.inf)
    for row, one in zip(found, outcomes, strict=True):
        curve = np.where(np.isfinite(one.curve_cv), one.curve_cv, np.inf)
        row[: len(curve)] = curve
    return np.minimum.accumulate(found, axis=1)


def halved(best: NDArray[np.float64], given: dict[str, int]) -> tuple[float, float]:
    """By what share the winner's J_cv is above the grid's, and the share of the grid's epochs that were trained."""
    config = SearchConfig.model_validate({"strategy": "halving", "epochs": EPOCHS, "halving": given})
    on = np.arange(len(best))
    reached = spent = 0
    eta = config.halving.eta
    for rung in rungs(config, len(best)):
        spent, reached = spent + len(on) * (rung - reached), rung
        if rung < EPOCHS:
            on = on[np.argsort(best[on, rung - 1], kind="stable")[: survivors(len(on), eta)]]
    return float(best[on, -1].min() / best[:, -1].min() - 1), spent / best.size


def row(given: dict[str, int], found: Sequence[NDArray[np.float64]]) -> str:
    """The line of one choice of rungs."""
    config = SearchConfig.model_validate({"strategy": "halving", "epochs": EPOCHS, "halving": given})
    ends = rungs(config, len(found[0]))
    counts = [len(found[0])]
    for _ in ends[1:]:
        counts.append(survivors(counts[-1], config.halving.eta))
    worse, spent = np.array([halved(best, given) for best in found]).T
    said = ", ".join(f"{count} to {end}" for count, end in zip(counts, ends, strict=True))
    name = ", ".join(f"{key} {value}" for key, value in given.items()) or "**default**"
    return (
        f"| {name} | {said} | {spent.mean():.2f} | {np.sum(worse <= 0.01)} of {len(worse)} | {np.sum(worse == 0)} | "
        f"{100 * np.median(worse):.2f} % | {100 * worse.mean():.2f} % | {100 * worse.max():.1f} % |"
    )


def main() -> None:
    """Train the grids, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", nargs="*", type=int, default=list(range(3)))
    parser.add_argument("--tables", nargs="*", default=[*TABLES, *MORE])
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    workers = count_workers("auto")
    by_table: dict[str, list[NDArray[np.float64]]] = {}
    with processes(workers, print) as executor:
        for name in arguments.tables:
            by_table[name] = [
                curves(arguments.folder / name, {**TABLES, **MORE}[name], seed, executor, workers)
                for seed in arguments.seeds
            ]
            print(name, [round(100 * halved(best, {})[0], 2) for best in by_table[name]], flush=True)
    every = [best for found in by_table.values() for best in found]
    head = (
        "| halving | variants to epoch | share of the epochs | within 1 % | the same winner | median | mean | worst |"
    )
    each = "| table | default: J_cv of the winner above the grid's, by seed |"
    seeds = " ".join(map(str, arguments.seeds))
    lines = [
        "# Rungs: how often a halving misses the grid's winner", "",
        f"Measured by `python -m benchmarks.runs.rungs FOLDER --seeds {seeds}` (what is compared, its docstring says).",
        "", head, "|---" * (head.count("|") - 1) + "|", *(row(given, every) for given in TRIED), "", each, "|---|---|",
        *(f"| {name} | {', '.join(f'{100 * halved(best, {})[0]:.1f} %' for best in found)} |"
          for name, found in by_table.items()),
        "", "Machine:", "", *(f"- {name}: {words}" for name, words in describe_machine().items()), "",
    ]  # fmt: skip
    print("\n".join(lines))
    if arguments.write:
        arguments.write.write_text("\n".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
