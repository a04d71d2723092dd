"""Does the advice come true? The first advice with a predicted gain is followed, and J_cv measured again.

    .venv/bin/python -m benchmarks.honesty.advice TABLES --write benchmarks/honesty/ADVICE.md

TABLES is the folder with the ten open tables and their catalog.json. Two starts on each, that a beginner might make:
one linear model on up to 1,500 training rows, and one large network without any regularisation on 250; and generated
problems of benchmarks/honesty/verdict_problems.py (the held-out set, one in three) whose family is not named good or
stiff. A setting is followed with exactly the variants that `diagnose.follow` trains, more rows by twice the training
rows.

**Room.** A case has room to improve if any open change, or twice the rows, lowers J_cv by more than two standard errors
of the paired difference: nothing that the advice predicted goes into that. **Success**: the first advice lowers J_cv by
more than one standard error (paired, over the cv rows). Folds are off: both sides meet on the cv rows.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.honesty.inprocess import pose, study_of, sweep
from benchmarks.honesty.verdict_problems import held, linear, network
from benchmarks.honesty.verdicts import machine
from descent.flows.diagnosis.diagnose import judged
from descent.flows.diagnosis.evidence import costs_of
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.ml.diagnosis.advice import Advice

Array = NDArray[Any]
MOST = 1500
FEW = 250
CV = 600


@dataclass(frozen=True)
class Case:
    """A start, its first advice, what that was predicted to gain and gained; costs relative to the winner's J_cv."""

    name: str
    verdict: str
    advice: str
    cost: float
    predicted: tuple[float, float, float]
    confidence: float
    realised: float
    se: float
    se_cost: float
    room: float

    @property
    def has_room(self) -> bool:
        """Whether any open change gains more than two standard errors."""
        return self.room > 2

    @property
    def success(self) -> bool:
        """Whether the advice lowered J_cv by more than one standard error."""
        return self.realised > self.se


def starts(tables: Path | None) -> Iterator[str]:
    """The names of all cases."""
    if tables is not None:
        for entry in json.loads((tables / "catalog.json").read_text(encoding="utf-8")):
            yield f"{entry['name']}, linear"
            yield f"{entry['name']}, network on {FEW} rows"
    for number, problem in enumerate(held()):
        if number % 3 == 0 and not problem.family.startswith(("good", "noise: stiff")):
            yield f"generated {number}: {problem.family}"


def case_of(name: str, tables: Path | None) -> Case | None:
    """Follow the first advice of one start; None where no advice has a predicted gain."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        question, frame, rows = _generated(name, place) if name.startswith("generated") else _table(name, tables, place)
        order = np.random.default_rng(0).permutation(len(frame)) if not name.startswith("generated") else None
        frame = frame if order is None else frame.iloc[order].reset_index(drop=True)
        cv = np.arange(min(CV, len(frame) // 4))
        train = np.arange(len(cv), min(len(cv) + rows, len(frame)))
        more = np.arange(len(cv), min(len(cv) + 2 * len(train), len(frame)))
        if question.inference.group is not None:  # whole groups on one side
            cv, train, more = _by_group(frame[question.inference.group].to_numpy(), rows)
        parts = parts_of(frame, train, cv)
        run = sweep(question, parts, place)
        gathered = run.gathered()
        found = judged(gathered.seen, run.winner.entry, run.board, gathered.changes)
        first = next((one for one in found.diagnosis.advice if one.gain is not None), None)
        falls: dict[str, Array] = {}
        for remedy, change in gathered.changes.items():
            trained = [found.costs - costs_of(one, run.study) for one in change.variants]
            falls[remedy] = max(trained, key=lambda fall: float(fall.mean()))
        if len(more) > 1.5 * len(train):
            wider = study_of(question, parts_of(frame, more, cv), place)
            falls["rows"] = found.costs - costs_of(run.winner.entry.variant, wider)
        if first is None or (first.remedy or "rows") not in falls:
            return None
        return _case(name, found.diagnosis.verdict, first, falls, found.costs)


def _case(name: str, verdict: str, first: Advice, falls: dict[str, Array], costs: Array) -> Case:
    cost, fall = float(costs.mean()), falls[first.remedy or "rows"]
    room = max(float(one.mean()) / _error(one) for one in falls.values())
    assert first.gain is not None
    gain = (first.gain.value / cost, first.gain.low / cost, first.gain.high / cost)
    return Case(
        name,
        verdict,
        first.remedy or "more rows",
        cost,
        gain,
        first.confidence or 0.0,
        float(fall.mean()) / cost,
        _error(fall) / cost,
        _error(costs) / cost,
        room,
    )


def _error(values: Array) -> float:
    return float(max(values.std(ddof=1), 1e-12) / np.sqrt(len(values)))


def parts_of(frame: pd.DataFrame, train: Array, cv: Array) -> Parts:
    """Train and cv rows as they are named; no test rows, no folds."""
    sizes = {"train": len(train), "cv": len(cv), "test": 0}
    return Parts(frame, train, cv, (), None, sizes, ())  # type: ignore[arg-type]


def _by_group(groups: Array, rows: int) -> tuple[Array, Array, Array]:
    names = list(dict.fromkeys(groups))
    held_out, later = set(names[: len(names) // 4]), set(names[len(names) // 4 :])
    cv = np.flatnonzero([group in held_out for group in groups])[:CV]
    rest = np.flatnonzero([group in later for group in groups])
    return cv, rest[:rows], rest[: 2 * rows]


def _generated(name: str, folder: Path) -> tuple[Question, pd.DataFrame, int]:
    problem = list(held())[int(name.split()[1].rstrip(":"))]
    problem = replace(problem, seed=problem.seed + 500)
    frame = problem.frame(np.random.default_rng([problem.seed, 5]), 2 * problem.rows + CV)
    return (*pose(frame, problem.settings, folder), problem.rows)


def _table(name: str, tables: Path | None, folder: Path) -> tuple[Question, pd.DataFrame, int]:
    assert tables is not None
    title, _, start = name.partition(", ")
    entries = json.loads((tables / "catalog.json").read_text(encoding="utf-8"))
    entry = next(one for one in entries if one["name"] == title)
    task, few = entry["task"], start.startswith("network")
    frame = pd.read_csv(tables / entry["path"], na_values=entry["missing"], low_memory=False)
    frame = frame.rename(columns=str.strip).dropna(subset=[entry["target"].strip()])
    if len(frame) > 4 * MOST:
        frame = frame.sample(4 * MOST, random_state=0).reset_index(drop=True)
    settings = {
        "data": {
            "target": entry["target"].strip(),
            "task": task,
            "exclude": [one.strip() for one in entry["drop"]],
            **({"group": entry["group"]} if entry["group"] else {}),
        },
        "split": {"by": "group" if entry["group"] else "random"},
        "features": {"degree": 1},
        "search": {"epochs": 60, "early_stopping": None, "models": network(64, 64) if few else linear(task, 0.1)},
        "validate": {"folds": 0},
    }
    return (*pose(frame, settings, folder), FEW if few else MOST)


def report(cases: Sequence[Case], silent: Sequence[str], seconds: float) -> str:
    """Everything as Markdown."""
    room = [case for case in cases if case.has_room]
    wins, inside = (
        sum(case.success for case in room),
        sum(c.predicted[1] <= c.realised <= c.predicted[2] for c in cases),
    )
    strict = sum(case.realised > case.se_cost for case in room)
    lines = [
        "# Does the advice come true?",
        "",
        f"`python -m benchmarks.honesty.advice TABLES --write …`, {seconds:.0f} s. {machine()}",
        "",
        *(__doc__ or "").split("\n\n", 2)[2].strip().splitlines(),
        "",
        "| figure | value |",
        "|---|---|",
        f"| cases with an advice, of them with room | {len(cases)}, {len(room)} |",
        f"| **with room, the first advice lowers J_cv by more than one SE (paired)** | {_share(wins, len(room))} |",
        f"| … by more than one SE of J_cv itself | {_share(strict, len(room))} |",
        f"| all cases, J_cv falls | {_share(sum(c.realised > 0 for c in cases), len(cases))} |",
        f"| mean confidence of those | {np.mean([c.confidence for c in cases]):.0%} |",
        f"| realised gain inside the predicted 80 % interval | {_share(inside, len(cases))} |",
        f"| mean predicted and realised gain, share of J_cv | {np.mean([c.predicted[0] for c in cases]):.3f}, "
        f"{np.mean([c.realised for c in cases]):.3f} |",
        f"| correlation of predicted and realised | "
        f"{np.corrcoef([c.predicted[0] for c in cases], [c.realised for c in cases])[0, 1]:.2f} |",
        f"| starts without an advice that has a predicted gain | {len(silent)} |",
        "",
        "## Every case",
        "",
        "Gains are shares of the winner's J_cv. ✓ success, ✗ none, – no room.",
        "",
        "| start | verdict | first advice | predicted (80 %) | realised ± SE | |",
        "|---|---|---|---|---|---|",
    ]
    for case in cases:
        mark = "–" if not case.has_room else "✓" if case.success else "✗"
        value, low, high = case.predicted
        lines.append(
            f"| {case.name} | {case.verdict} | {case.advice} | {value:.3f} ({low:.3f} to {high:.3f}) "
            f"| {case.realised:.3f} ± {case.se:.3f} | {mark} |"
        )
    return "\n".join([*lines, "", *(f"No predicted gain: {name}." for name in silent), ""])


def _share(hits: int, total: int) -> str:
    return f"{hits} of {total} ({hits / max(total, 1):.0%})"


def main() -> None:
    """Follow every case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("tables", type=Path, nargs="?")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    began = time.perf_counter()
    names = list(starts(arguments.tables))
    cases, silent = [], []
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        for name, case in zip(names, pool.map(case_of, names, [arguments.tables] * len(names)), strict=True):
            print(name, case, file=sys.stderr, flush=True)
            if case is None:
                silent.append(name)
            else:
                cases.append(case)
    text = report(cases, silent, time.perf_counter() - began)
    print(text)
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
