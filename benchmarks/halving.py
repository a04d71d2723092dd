"""Successive halving against the full grid, on real tables: the winner's J_cv, and the time of the training.

    .venv/bin/python -m benchmarks.halving FOLDER [--epochs 100] [--write benchmarks/HALVING.md]

FOLDER holds the tables. Both train the same variants (network 32 and 32-16, 4 λ × 6 learning rates) on the same rows in
the same processes, in turn, as the flow's stage `train` does, without Prefect and MLflow. Seconds are of the wall
clock, and of the processors (which other work on the machine does not lengthen as much). Beside them what was
estimated before training, which is for a full grid in which no variant stops early and an otherwise idle machine, and
how far a budget of a quarter of the grid's time was overrun.
"""

import argparse
import time
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from flows import inputs, planning, training
from flows.engines import processes
from flows.estimate import Estimate, estimate
from flows.plan import Plan
from flows.race import Race, Trained
from flows.selection import Entry
from flows.workers import count_workers
from ml.chunks import Chunk, ChunkResult, train_chunk
from schemas import config_from

from .machine import describe_machine

TABLES: dict[str, dict[str, Any]] = {
    "magic_gamma.csv.gz": {"target": "class"},
    "bike_sharing_hour.csv.gz": {"target": "cnt", "exclude": ["casual", "registered", "instant"]},
    "wine_quality.csv": {"target": "quality", "task": "regression"},
    "concrete_strength.csv": {"target": "Concrete compressive strength(MPa, megapascals) "},
}


@dataclass(frozen=True)
class Run:
    """One training of a search: the best variant, seconds, epochs of all variants, and the estimate before it."""

    best: Entry
    wall: float
    cpu: float
    epochs: int
    estimated: float
    by_status: dict[str, int]


def measure(source: Path, given: dict[str, Any], search: dict[str, Any], executor: Executor, workers: int) -> Run:
    """Train a search on a table."""
    config = config_from({"data": {**given, "source": str(source)}, "search": search, "select": {"rule": "best"}})
    question, frame = inputs.pose(config, inputs.load(config))
    with TemporaryDirectory() as name:
        folder = Path(name)
        parts = inputs.cut(question, frame, folder)
        matrices = {
            one: inputs.featurise(one, question, parts, parts.train, parts.cv, folder / f"features-{number}")
            for number, one in enumerate(question.settings)
        }
        plan = planning.planned(question, matrices, workers)
        cost = estimate(plan, question, matrices, workers, executor.map)
        began = time.perf_counter()
        race, cpu = _train(plan, cost, question, matrices, folder, executor, workers)
        wall = time.perf_counter() - began
    usable = [entry for entry in race.entries if entry.usable]
    best = min(usable, key=lambda entry: entry.cost_cv)
    result = race.result()
    spent, statuses = result["epochs"], result["statuses"]
    assert isinstance(spent, int) and isinstance(statuses, dict)
    return Run(best, wall, cpu, spent, cost.train, dict(statuses))


def _train(
    plan: Plan, cost: Estimate, question: inputs.Question, matrices: Any, folder: Path, executor: Executor, workers: int
) -> tuple[Race, float]:
    """The flow's stage of training."""
    race = Race(plan, question.config, question.metric, question.greater_is_better, cost, workers)
    cpu = 0.0
    while race.chunks:
        waiting = []
        for chunk in race.chunks:
            state = folder / f"{chunk.name}.safetensors"
            work = training.work_of(
                chunk.fleet.model, chunk.variants, matrices[chunk.fleet.features].sources, dtype="float32",
                pause=chunk.pause, states=chunk.states, share=chunk.share, deadline=race.deadline,
                checkpoint=state if chunk.pause or chunk.states else None,
            )  # fmt: skip
            waiting.append((chunk, state, executor.submit(_timed, work)))
        trained: list[Trained] = []
        for chunk, state, future in waiting:
            result, seconds = future.result()
            cpu += seconds
            target = matrices[chunk.fleet.features].target
            entries = training.entries_of(chunk.variants, chunk.fleet.number, result, target)
            trained += [
                Trained(entry, slot, (state, place))
                for place, (entry, slot) in enumerate(zip(entries, chunk.slots, strict=True))
            ]
        race.advance(trained)
    return race, cpu


def _timed(work: Chunk) -> tuple[ChunkResult, float]:
    began = time.process_time()
    return train_chunk(work), time.process_time() - began


def search(epochs: int, **more: Any) -> dict[str, Any]:
    """48 networks."""
    network = {
        "kind": "network", "layers": [[32], [32, 16]], "lambda": {"log": [0.01, 10], "count": 4}, "batch": 128,
        "optimizer": {"kind": "adam", "learning_rate": {"log": [0.0003, 0.03], "count": 6}},
    }  # fmt: skip
    return {"epochs": epochs, "models": [network], **more}


def page(rows: Sequence[str], command: str) -> str:
    """The figures as Markdown."""
    machine = "\n".join(f"- {name}: {words}" for name, words in describe_machine().items())
    lines = [
        "# Successive halving against the full grid", "",
        f"Measured by `{command}` (what is compared, its docstring says).", "",
        "| table | J_cv of the winner, grid | halving | difference | wall s, grid | halving | share | CPU s, grid | "
        "halving | share | epochs, grid | halving | estimate, grid s | budget | took |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
        *rows, "", "Machine:", "", machine, "",
    ]  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--patience", type=int, default=0, help="of early stopping; 0: none")
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    stopping = {"patience": arguments.patience} if arguments.patience else None
    workers = count_workers("auto")
    rows = []
    with processes(workers, print) as executor:
        for name in arguments.tables:
            source = arguments.folder / name

            def run(source: Path = source, name: str = name, **more: Any) -> Run:
                return measure(
                    source, TABLES[name], search(arguments.epochs, early_stopping=stopping, **more), executor, workers
                )

            grid, halved = run(), run(strategy="halving")
            minutes = grid.wall / 4 / 60
            budget = run(budget={"minutes": minutes})
            rows.append(
                f"| {name} | {grid.best.cost_cv:.5g} | {halved.best.cost_cv:.5g} | "
                f"{100 * (halved.best.cost_cv / grid.best.cost_cv - 1):+.2f} % | {grid.wall:.2f} | {halved.wall:.2f} | "
                f"{halved.wall / grid.wall:.2f} | {grid.cpu:.2f} | {halved.cpu:.2f} | {halved.cpu / grid.cpu:.2f} | "
                f"{grid.epochs} | {halved.epochs} | {grid.estimated:.2f} | {60 * minutes:.2f} s | {budget.wall:.2f} s |"
            )
            print(rows[-1], flush=True)
    options = f" --epochs {arguments.epochs}" + (f" --patience {arguments.patience}" if stopping else "")
    text = page(rows, f"python -m benchmarks.halving FOLDER{options}")
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
