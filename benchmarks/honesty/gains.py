"""How wide must an interval of a predicted gain be? Every gain that is predicted on the tuning problems is realised.

    .venv/bin/python -m benchmarks.honesty.gains

Problems are those of `benchmarks.honesty.verdict_problems.tuning`, each with another seed and twice the rows; what is
found here sets `ml.diagnosis.measured.GAIN_WIDER` and `ml.diagnosis.power_law.GAIN_WIDER`. How often the intervals then
hold is measured on other problems and on real tables: benchmarks/honesty/ADVICE.md.

An interval is the mean ± 1.28 standard deviations. The table says by how much the standard deviation must be multiplied
for 80 % of the realised gains to lie inside: of every change of a setting, and of twice the rows. 1 is right.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.honesty.advice import CV, parts_of
from benchmarks.honesty.inprocess import pose, study_of, sweep
from benchmarks.honesty.verdict_problems import tuning
from benchmarks.honesty.verdicts import machine
from descent.flows.diagnosis.diagnose import judged
from descent.flows.diagnosis.evidence import costs_of
from descent.ml.diagnosis.power_law import Projected


@dataclass(frozen=True)
class Gain:
    """One gain as predicted and as realised, in the unit of J_cv; ``kind`` says what was changed, ``first`` whether it
    is what was advised first."""

    kind: str
    predicted: Projected
    realised: float
    first: bool

    @property
    def factor(self) -> float:
        """By how much the half-width must be multiplied to reach the realised gain."""
        half = max((self.predicted.high - self.predicted.low) / 2, 1e-300)
        return abs(self.realised - self.predicted.value) / half


def gains_of(number: int) -> list[Gain]:
    """Realise every gain that is predicted on one problem."""
    problem = list(tuning())[number]
    problem = replace(problem, seed=problem.seed + 500)
    frame = problem.frame(np.random.default_rng([problem.seed, 5]), 2 * problem.rows + CV)
    with TemporaryDirectory() as folder:
        question, frame = pose(frame, problem.settings, Path(folder))
        cv = np.arange(min(CV, len(frame) // 4))
        train = np.arange(len(cv), min(len(cv) + problem.rows, len(frame)))
        more = np.arange(len(cv), min(len(cv) + 2 * len(train), len(frame)))
        parts = parts_of(frame, train, cv)
        run = sweep(question, parts, Path(folder))
        gathered = run.gathered()
        seen, winner = gathered.seen, run.winner.entry
        found = judged(seen, winner, run.board, gathered.changes)
        if seen.measured is None:
            return []
        first = next((one for one in found.diagnosis.advice if one.gain is not None), None)
        gains = []
        for remedy, halves in seen.tested.items():
            variants = gathered.changes[remedy].variants
            if len(variants) != len(halves):  # one diverged
                continue
            predicted = [seen.measured.gain(one)[0] for one in halves]
            best = max(predicted, key=lambda one: one.value)
            for one, variant in zip(predicted, variants, strict=True):
                fell = float((found.costs - costs_of(variant, run.study)).mean())
                advised = first is not None and first.remedy == remedy and one is best
                gains.append(Gain("setting", one, fell, advised))
        if seen.law is not None and len(more) > 1.5 * len(train):
            wider = study_of(question, parts_of(frame, more, cv), Path(folder))
            fell = float((found.costs - costs_of(winner.variant, wider)).mean())
            advised = first is not None and first.remedy is None
            gains.append(Gain("twice the rows", seen.law.gain(2 * seen.rows), fell, advised))
        return gains


def report(gains: Sequence[Gain], problems: int, seconds: float) -> str:
    """Everything as Markdown."""
    lines = [
        "# How wide must the interval of a predicted gain be?",
        "",
        f"`python -m benchmarks.honesty.gains`, {problems} problems, {seconds:.0f} s. {machine()}",
        "",
        *(__doc__ or "").split("\n\n", 2)[2].strip().splitlines(),
        "",
        "| gains | number | inside the 80 % interval | factor |",
        "|---|---|---|---|",
    ]
    for kind in ("setting", "twice the rows"):
        for title, some in (
            ("all", [one for one in gains if one.kind == kind]),
            ("advised first", [one for one in gains if one.kind == kind and one.first]),
        ):
            if some:
                factors = np.array([one.factor for one in some])
                lines.append(
                    f"| {kind}, {title} | {len(some)} | {np.mean(factors <= 1):.0%} | {np.quantile(factors, 0.8):.2f} |"
                )
    return "\n".join([*lines, ""])


def main() -> None:
    """Realise the gains of every problem."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    began, problems = time.perf_counter(), len(list(tuning()))
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        gains = []
        for number, found in enumerate(pool.map(gains_of, range(problems))):
            print(number, len(found), file=sys.stderr, flush=True)
            gains += found
    print(report(gains, problems, time.perf_counter() - began))


if __name__ == "__main__":
    main()
