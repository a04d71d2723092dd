"""Are the verdicts right? Generated problems whose noise, bias and variance are known.

    .venv/bin/python -m benchmarks.honesty.verdicts --set held --write benchmarks/honesty/VERDICTS.md

**Truth.** The winner's model is trained on fresh tables of the same size, many times, and put on 4,000 further rows
whose noise-free truth is known: J = Bayes + bias + variance, with the variance that of the outputs about their mean
(squared error; for log losses Heskes 1998) and the bias the rest. High is more than 10 % of
max(J_dummy − Bayes, J_dummy / 5). A problem is *clear* when neither share is within a factor √2 of 10 %; nothing but
the truth decides that.

**Verdict.** As in a run: `flows.diagnosis.evidence` and `ml.diagnosis.verdict` on one table. Once with the level left
open, once with the Bayes cost configured, as when the performance of people is known.
"""

import argparse
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.honesty.inprocess import Run, pose, study_of, sweep
from benchmarks.honesty.verdict_drawn import drawn
from benchmarks.honesty.verdict_problems import Problem, held, tuning
from benchmarks.speed.machine import describe_machine
from descent import ml
from descent.flows.diagnosis.diagnose import judged
from descent.flows.search.work import model_for, submit
from descent.flows.table.matrices import featurise
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.ml.diagnosis.verdict import HIGH, VERDICTS
from descent.schemas import Variant

Array = NDArray[Any]
BAND = 2**0.5
LITTLE = 0.2
SETS: dict[str, Callable[[], Iterator[Problem]]] = {
    "tuning": tuning,
    "drawn": partial(drawn, 0),
    "held": held,
    "fresh": partial(drawn, 1),
}
"""The first two were looked at while the rules were made, the last two set nothing."""


@dataclass(frozen=True)
class Case:
    """A problem with its true shares and what was said of it."""

    family: str
    task: str
    rows: int
    bias: float
    variance: float
    said: dict[str, str]
    chances: dict[str, dict[str, float]]
    measured: dict[str, tuple[float, float]]
    seconds: float

    @property
    def truth(self) -> str:
        """The verdict that the true shares give."""
        return VERDICTS[(self.bias > HIGH) + 2 * (self.variance > HIGH)]

    @property
    def clear(self) -> bool:
        """Whether no share is near the limit."""
        return all(not HIGH / BAND < share < HIGH * BAND for share in (self.bias, self.variance))


def parts_of(frame: pd.DataFrame, problem: Problem) -> Parts:
    """Train and cv rows as they stand; no test rows, no folds."""
    n, m = problem.rows, problem.cv_rows
    sizes = {"train": n, "cv": m, "test": 0}
    return Parts(frame, np.arange(n), np.arange(n, n + m), (), None, sizes, ())  # type: ignore[arg-type]


def expected_cost(problem: Problem, x: Array, outputs: Array) -> Array:
    """Cost on every row over the noise (m,): of outputs in the target's units, or of logits."""
    if problem.task == "regression":
        return np.asarray(0.5 * (outputs - problem.truth(x)) ** 2 + 0.5 * problem.noise**2)
    z = np.stack([np.zeros(len(x)), outputs], axis=1) if outputs.ndim == 1 else outputs
    shifted = z - z.max(axis=1, keepdims=True)
    return np.asarray(np.log(np.exp(shifted).sum(axis=1)) - (problem.chances(x) * shifted).sum(axis=1))


def true_shares(problem: Problem, question: Question, variant: Variant, folder: Path) -> tuple[float, float, float]:
    """Bias and variance as shares of the explainable cost, and the Bayes cost."""
    rng = np.random.default_rng([problem.seed, 77])
    x = problem.inputs(rng, 4000)
    test = pd.DataFrame(x, columns=[f"x{i}" for i in range(problem.columns)])
    outputs = []
    for seed in range(6 if variant.layers else 24):
        parts = parts_of(problem.frame(rng, problem.rows + problem.cv_rows), problem)
        matrices = featurise(variant.features, question, parts.frame, parts.train, parts.cv, None)
        study = study_of(question, parts, folder)
        again = [replace(variant, seed=100 + seed)]
        found = submit(study, again, matrices, metrics=()).result().outcomes[0]
        z = np.asarray(
            ml.outputs(model_for(study, variant, matrices), found.parameters, matrices.features.transform(test)),
            np.float64,
        )
        outputs.append(matrices.target.decode(z) if problem.task == "regression" else z)
    costs = np.mean([expected_cost(problem, x, z).mean() for z in outputs])
    centre = expected_cost(problem, x, np.mean(outputs, axis=0)).mean()
    variance = (costs - centre) * len(outputs) / (len(outputs) - 1)
    if problem.task == "regression":
        bayes = 0.5 * problem.noise**2
        dummy = bayes + 0.5 * float(problem.truth(x).var())
    else:
        p = problem.chances(x)
        bayes = float(-(p * np.log(np.maximum(p, 1e-300))).sum(axis=1).mean())
        dummy = float(-(p.mean(axis=0) * np.log(p.mean(axis=0))).sum())
    unit = max(dummy - bayes, LITTLE * dummy)
    return float((costs - variance - bayes) / unit), float(variance / unit), bayes


def examine(problem: Problem) -> Case:
    """One problem, its truth and its verdicts."""
    rng = np.random.default_rng([problem.seed, 5])
    frame = problem.frame(rng, problem.rows + problem.cv_rows)
    with TemporaryDirectory() as folder:
        question, table = pose(frame, problem.settings, Path(folder))
        run: Run = sweep(question, parts_of(table, problem), Path(folder))
        began = time.perf_counter()
        seen = run.gathered().seen
        seconds = time.perf_counter() - began
        bias, variance, bayes = true_shares(problem, question, run.winner.entry.variant, Path(folder))
    said, chances, measured = {}, {}, {}
    for level in ("estimated", "configured"):
        if level == "configured":
            assert seen.measured is not None
            seen = replace(seen, level=bayes, measured=replace(seen.measured, level=bayes))
        found = judged(seen, run.winner.entry, run.board).diagnosis
        said[level], chances[level] = found.verdict, dict(found.probabilities)
        shares = {one.name: one.value for one in found.evidence}
        measured[level] = (shares["bias"], shares["variance"])
    return Case(problem.family, problem.task, problem.rows, bias, variance, said, chances, measured, seconds)


def macro_f1(cases: Sequence[Case], level: str) -> float:
    """Unweighted mean over the four verdicts of F1 = 2TP / (2TP + FP + FN)."""
    scores = []
    for verdict in VERDICTS:
        hits = sum(case.truth == verdict == case.said[level] for case in cases)
        seen = sum(case.truth == verdict for case in cases) + sum(case.said[level] == verdict for case in cases)
        scores.append(2 * hits / seen if seen else 1.0)
    return float(np.mean(scores))


def brier(cases: Sequence[Case], level: str) -> float:
    """Mean squared distance of the probabilities from the truth, 0 to 2 (Brier 1950)."""
    return float(np.mean([sum((case.chances[level][v] - (case.truth == v)) ** 2 for v in VERDICTS) for case in cases]))


def machine() -> str:
    """The machine in one line."""
    return ", ".join(describe_machine().values())


def report(name: str, cases: Sequence[Case], seconds: float) -> str:
    """Everything as Markdown."""
    clear = [case for case in cases if case.clear]
    lines = [
        "# Are the verdicts right?",
        "",
        f"`python -m benchmarks.honesty.verdicts --set {name} --write …`, {seconds:.0f} s. {machine()}",
        "",
        *(__doc__ or "").split("\n\n", 2)[2].strip().splitlines(),
        "",
        f"{len(cases)} problems, {len(clear)} of them clear.",
        "",
        "| level | problems | macro-F1 | right | Brier score (0 best, 2 worst) |",
        "|---|---|---|---|---|",
    ]
    for level in ("estimated", "configured"):
        for title, chosen in (("clear", clear), ("all", cases)):
            right = sum(case.truth == case.said[level] for case in chosen)
            lines.append(
                f"| {level} | {title} | {macro_f1(chosen, level):.3f} | {right} of {len(chosen)} "
                f"| {brier(chosen, level):.3f} |"
            )
    for level in ("estimated", "configured"):
        lines += [
            "",
            f"## Confusion, level {level}, clear problems",
            "",
            "| truth ↓ said → | " + " | ".join(VERDICTS) + " |",
            "|---" * 5 + "|",
        ]
        for truth in VERDICTS:
            row = [sum(case.truth == truth and case.said[level] == said for case in clear) for said in VERDICTS]
            lines.append(f"| {truth} | " + " | ".join(map(str, row)) + " |")
    lines += [
        "",
        "## By family, level estimated (clear problems)",
        "",
        "| family | problems | right |",
        "|---|---|---|",
    ]
    families: dict[str, list[Case]] = defaultdict(list)
    for case in clear:
        families[case.family].append(case)
    for family, members in families.items():
        lines.append(f"| {family} | {len(members)} | {sum(c.truth == c.said['estimated'] for c in members)} |")
    gather = sum(case.seconds for case in cases) / len(cases)
    return "\n".join([*lines, "", f"Gathering the evidence took {gather:.2f} s per problem, in one process.", ""])


def _examine(name: str, number: int) -> Case:
    return examine(list(SETS[name]())[number])


def _tell(case: Case) -> None:
    print(
        f"{'  ' if case.truth == case.said['estimated'] else '✗ '}{'' if case.clear else '~'}{case.family} "
        f"n={case.rows}: bias {case.bias:.2f} variance {case.variance:.2f} = {case.truth}; measured "
        f"{case.measured['estimated'][0]:.2f} {case.measured['estimated'][1]:.2f} {case.said['estimated']} | "
        f"{case.measured['configured'][0]:.2f} {case.said['configured']}",
        file=sys.stderr,
        flush=True,
    )


def main() -> None:
    """Examine a set."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", choices=SETS, default="tuning", dest="name")
    parser.add_argument("--write", type=Path)
    parser.add_argument("--json", type=Path, help="every case, for looking into them")
    parser.add_argument("--processes", type=int, default=2)
    arguments = parser.parse_args()
    began, cases = time.perf_counter(), []
    os.environ.update(dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"))
    total = len(list(SETS[arguments.name]()))
    with ProcessPoolExecutor(arguments.processes, get_context("spawn")) as pool:
        for case in pool.map(_examine, [arguments.name] * total, range(total)):
            cases.append(case)
            _tell(case)
    text = report(arguments.name, cases, time.perf_counter() - began)
    print(text)
    if arguments.write:
        arguments.write.write_text(text, encoding="utf-8")
    if arguments.json:
        arguments.json.write_text(json.dumps([case.__dict__ for case in cases]), encoding="utf-8")


if __name__ == "__main__":
    main()
