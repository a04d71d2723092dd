"""Successive halving against the full grid, on real tables: the winner's J_cv, and where the time goes.

    .venv/bin/python -m benchmarks.runs.halving FOLDER [--epochs 120] [--write benchmarks/runs/HALVING.md]

FOLDER holds the tables. Both train the same variants (network 32 and 32-16, 4 λ × 6 learning rates) on the same rows in
the same processes, in turn, as the flow's stage `train` does, without Prefect and MLflow: the median of some
repetitions after one that does not count. Seconds are of the wall clock, and of the processors (which other work on the
machine does not lengthen as much). Beside them what was estimated before training, which is for an otherwise idle
machine and variants that do not stop early.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.speed.machine import describe_machine
from descent.flows.cache.executor import SECONDS
from descent.flows.run.study import Study
from descent.flows.search.cost import Estimate, estimate
from descent.flows.search.leaderboard import Entry
from descent.flows.search.plan import Plan, plan_of
from descent.flows.search.race import Race, Trained
from descent.flows.search.work import entries_of, work_of
from descent.flows.table.question import ask
from descent.flows.table.split import cut
from descent.flows.workers.engine import processes
from descent.flows.workers.processes import count_workers
from descent.ml.chunks import Chunk, ChunkResult, train_chunk
from descent.schemas import ExperimentConfig, config_from

TABLES: dict[str, dict[str, Any]] = {
    "magic_gamma.csv.gz": {"target": "class"},
    "bike_sharing_hour.csv.gz": {"target": "cnt", "exclude": ["casual", "registered", "instant"]},
    "wine_quality.csv": {"target": "quality", "task": "regression"},
    "concrete_strength.csv": {"target": "Concrete compressive strength(MPa, megapascals) "},
}


@dataclass(frozen=True)
class Round:
    """The training of one rung: variants, those of each chunk, epochs of each, seconds."""

    stacks: tuple[int, ...]
    epochs: int
    wall: float
    cpu: float

    @property
    def each(self) -> float:
        """Seconds of a processor per epoch of a variant."""
        return self.cpu / (sum(self.stacks) * self.epochs)


@dataclass(frozen=True)
class Run:
    """One training of a search: the best variant, seconds, epochs of all variants, and the estimate before it."""

    best: Entry
    wall: float
    rounds: tuple[Round, ...]
    epochs: int
    estimated: float

    @property
    def cpu(self) -> float:
        """Seconds of the processors."""
        return sum(one.cpu for one in self.rounds)


def measure(source: Path, given: dict[str, Any], search: dict[str, Any], executor: Executor, workers: int) -> Run:
    """Train a search on a table."""
    config = config_from({"data": {**given, "source": str(source)}, "search": search, "select": {"rule": "best"}})
    with TemporaryDirectory() as name:
        study = study_of(config, Path(name), executor, workers)
        plan = plan_of(study)
        np.save(study.progress, np.zeros(len(plan.variants)))
        cost = estimate(plan, study)
        began = time.perf_counter()
        race, rounds = _train(plan, cost, study)
        wall = time.perf_counter() - began
    best = min((entry for entry in race.entries if entry.usable), key=lambda entry: entry.cost_cv)
    spent = race.result()["epochs"]
    assert isinstance(spent, int)
    return Run(best, wall, tuple(rounds), spent, cost.train)


def study_of(config: ExperimentConfig, folder: Path, executor: Executor, workers: int) -> Study:
    """A study whose features are made."""
    posed = ask(config)
    study = Study(posed.question, cut(posed.question, posed.take(), folder), executor, folder, workers)
    for settings in posed.question.settings:
        study.swept(settings)
    return study


def _train(plan: Plan, cost: Estimate, study: Study) -> tuple[Race, list[Round]]:
    """The flow's stage of training."""
    race = Race(plan, study, cost)
    rounds: list[Round] = []
    reached = 0
    while race.chunks:
        chunks, began, cpu = race.chunks, time.perf_counter(), 0.0
        waiting = []
        for chunk in chunks:
            work = work_of(
                chunk.fleet.model,
                chunk.variants,
                study.swept(chunk.fleet.features).sources,
                dtype="float32",
                pause=chunk.pause,
                states=chunk.states,
                share=chunk.share,
                deadline=race.deadline,
                checkpoint=study.folder / f"{chunk.name}.safetensors",
                checkpoint_seconds=SECONDS,
            )
            waiting.append((chunk, study.executor.submit(_timed, work)))
        trained: list[Trained] = []
        for chunk, future in waiting:
            result, seconds = future.result()
            cpu += seconds
            target = study.swept(chunk.fleet.features).target
            entries = entries_of(chunk.variants, chunk.fleet.number, result, target)
            trained += [Trained(*one) for one in zip(entries, chunk.slots, result.states, strict=True)]
        race.advance(trained)
        until = chunks[0].epochs
        stacks = tuple(sorted((len(chunk.variants) for chunk in chunks), reverse=True))
        rounds.append(Round(stacks, until - reached, time.perf_counter() - began, cpu))
        reached = until
    return race, rounds


def _timed(work: Chunk) -> tuple[ChunkResult, float]:
    began = time.process_time()
    return train_chunk(work), time.process_time() - began


def search(epochs: int, **more: Any) -> dict[str, Any]:
    """48 networks."""
    network = {
        "kind": "network",
        "layers": [[32], [32, 16]],
        "lambda": {"log": [0.01, 10], "count": 4},
        "batch": 128,
        "optimizer": {"kind": "adam", "learning_rate": {"log": [0.0003, 0.03], "count": 6}},
    }
    return {"epochs": epochs, "models": [network], **more}


HEAD = (
    "| table | J_cv of the winner, grid | halving | difference | wall s, grid | halving | share | CPU s, grid | "
    "halving | share | epochs, grid | halving | share | estimate s, grid | halving |"
)
PROFILE = (
    "| table | until epoch | variants in each chunk | epochs of a variant, share of the grid's | CPU ms per epoch of a "
    "variant | times the grid's | processors at work |"
)


def row(name: str, grid: Sequence[Run], halved: Sequence[Run]) -> str:
    """A table's line: medians."""

    def median(runs: Sequence[Run], value: Callable[[Run], float]) -> float:
        return statistics.median(map(value, runs))

    cells = [name, f"{grid[0].best.cost_cv:.5g}", f"{halved[0].best.cost_cv:.5g}"]
    cells.append(f"{100 * (halved[0].best.cost_cv / grid[0].best.cost_cv - 1):+.2f} %")
    for value, form in ((lambda run: run.wall, ".2f"), (lambda run: run.cpu, ".2f"), (lambda run: run.epochs, "g")):
        both = median(grid, value), median(halved, value)
        cells += [format(both[0], form), format(both[1], form), f"{both[1] / both[0]:.2f}"]
    cells += [f"{median(runs, lambda run: run.estimated):.2f}" for runs in (grid, halved)]
    return f"| {' | '.join(cells)} |"


def profile(name: str, grid: Sequence[Run], halved: Sequence[Run], workers: int) -> list[str]:
    """Where the time of the median halving goes, rung by rung."""
    run = sorted(halved, key=lambda one: one.wall)[len(halved) // 2]
    usual = statistics.median(one.rounds[0].each for one in grid)
    lines, until = [], 0
    for one in run.rounds:
        until += one.epochs
        stacks = ", ".join(map(str, one.stacks))
        share = sum(one.stacks) * one.epochs / grid[0].epochs
        busy = one.cpu / (workers * one.wall)
        cells = f"{share:.3f} | {1e3 * one.each:.3f} | {one.each / usual:.2f} | {busy:.0%}"
        lines.append(f"| {name} | {until} | {stacks} | {cells} |")
    return lines


def page(rows: Sequence[str], profiles: Sequence[str], command: str) -> str:
    """The figures as Markdown."""
    machine = "\n".join(f"- {name}: {words}" for name, words in describe_machine().items())
    lines = [
        "# Successive halving against the full grid",
        "",
        f"Measured by `{command}` (what is compared, its docstring says).",
        "",
        HEAD,
        "|---" * (HEAD.count("|") - 1) + "|",
        *rows,
        "",
        "Where the halving's time goes (the median run of each table):",
        "",
        PROFILE,
        "|---" * (PROFILE.count("|") - 1) + "|",
        *profiles,
        "",
        "Machine:",
        "",
        machine,
        "",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--epochs", type=int, default=120)
    parser.add_argument("--patience", type=int, default=0, help="of early stopping; 0: none")
    parser.add_argument("--repetitions", type=int, default=3)
    parser.add_argument("--tables", nargs="*", default=list(TABLES))
    parser.add_argument("--write", type=Path)
    arguments = parser.parse_args()
    stopping = {"patience": arguments.patience} if arguments.patience else None
    workers = count_workers("auto")
    rows, profiles = [], []
    with processes(workers, print) as executor:
        for name in arguments.tables:
            runs: dict[str, list[Run]] = {"grid": [], "halving": []}
            for repetition in range(arguments.repetitions + 1):
                for strategy, found in runs.items():
                    asked = search(arguments.epochs, early_stopping=stopping, strategy=strategy)
                    one = measure(arguments.folder / name, TABLES[name], asked, executor, workers)
                    if repetition:
                        found.append(one)
            rows.append(row(name, runs["grid"], runs["halving"]))
            profiles += profile(name, runs["grid"], runs["halving"], workers)
            print("\n".join([rows[-1], *profiles[-len(runs["halving"][0].rounds) :]]), flush=True)
    options = f" --epochs {arguments.epochs}" + (f" --patience {arguments.patience}" if stopping else "")
    if arguments.tables != list(TABLES):
        options += " --tables " + " ".join(arguments.tables)
    text = page(rows, profiles, f"python -m benchmarks.runs.halving FOLDER{options}")
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
