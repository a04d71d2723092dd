"""Measure what was asked for, in the order of the report."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.speed import ours, rivals
from benchmarks.speed.bare import make_products
from benchmarks.speed.chunks import SIZES, measure_curve
from benchmarks.speed.figures import memory_figures, network_figures, path_figures
from benchmarks.speed.measured import Results
from benchmarks.speed.memory import measure_memory
from benchmarks.speed.phases import share_of_phases
from benchmarks.speed.report import write_report
from benchmarks.speed.shapes import FLEET, SHAPES, Shape, fleet_settings, make_data, make_path_data
from benchmarks.speed.timing import Times, alternate, spread
from benchmarks.speed.work import check_equal, check_path
from descent import ml

RESULTS = Path(__file__).with_name("RESULTS.md")
CURVES = {"d": 8, "e": 2, "f": 1}
"""Shapes whose chunk curve is measured, with the epochs of one timing."""
SOLVED_BY = {"linear": "Ridge", "logistic": "LogisticRegression"}


def command(words: Sequence[str]) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks/speed/run.py", description="Measure the speed of ml/.")
    parser.add_argument("--quick", action="store_true", help="few epochs and repetitions: does it work?")
    parser.add_argument("--only", default="abcdefg", help="shapes, as a,c,g")
    parser.add_argument("--repetitions", type=int, help="default 5, with --quick 2")
    parser.add_argument("--output", type=Path, help="default benchmarks/speed/RESULTS.md, of a whole run")
    arguments = parser.parse_args(words)
    names = [name for name in arguments.only if name in "abcdefg"]
    if not names or set(arguments.only) - set("abcdefg, "):
        parser.error(f"--only is {arguments.only!r}; shapes are a to g, as a,c,g")
    repetitions = arguments.repetitions or (2 if arguments.quick else 5)
    results = measure(names, repetitions, arguments.quick)
    text = write_report(results)
    print(text)
    whole = not arguments.quick and set(names) == set("abcdefg")
    output = arguments.output or (RESULTS if whole else None)
    if output is not None:
        output.write_text(text, encoding="utf-8")


def measure(names: Sequence[str], repetitions: int, quick: bool = False) -> Results:
    """All figures of the shapes ``names``."""
    began = perf_counter()
    results = Results(repetitions=repetitions, load=os.getloadavg()[0])
    for name in names:
        if name == "g":
            measure_path(results, repetitions, 10 if quick else 100)
            continue
        shape = SHAPES[name]
        measure_network(results, replace(shape, epochs=max(1, shape.epochs // 10)) if quick else shape, repetitions)
    for name, epochs in CURVES.items():
        if name in names:
            say(f"chunk curve of ({name})")
            data = ml.Arrays(*make_data(SHAPES[name]))
            sizes = SIZES[:5] if name == "f" else SIZES
            results.curves.append(measure_curve(SHAPES[name], data, repetitions, 1 if quick else epochs, sizes))
    if "e" in names:
        say("memory")
        found = [measure_memory(SHAPES["e"], 1) for _ in range(3)]
        results.figures += memory_figures({way: [one[way] for one in found] for way in ("together", "chunks")})
    results.seconds = perf_counter() - began
    return results


def measure_network(results: Results, shape: Shape, repetitions: int) -> None:
    """One of the shapes (a) to (f)."""
    say(shape.label)
    x, y = make_data(shape)
    data = ml.Arrays(x, y)
    chunk = min(FLEET, ml.chunk_size(shape.model, shape.batch))
    seeds = ours.with_seeds(fleet_settings())
    contestants: dict[str, Callable[[], object]] = {
        "fleet": partial(ours.train_chunks, shape, data, fleet_settings()),
        "MLPClassifier": partial(rivals.train_sklearn, shape, x, y),
        "alone": partial(ours.train_alone, shape, data),
    }
    works = [ours.work_of(shape, data), rivals.work_of_sklearn(rivals.train_sklearn(shape, x, y))]
    if rivals.HAS_TORCH:
        contestants["PyTorch"] = rivals.make_torch(shape, x, y)
        works.append(rivals.make_torch(shape, x, y)())
    contestants["products stacked"] = make_products(shape, chunk)
    contestants["products alone"] = make_products(shape, 1)
    check_equal(shape, works)
    seconds = alternate(contestants, repetitions)
    began = perf_counter()
    ours.train_chunks(shape, data, seeds)
    few = {"fleet, 32 seeds": [perf_counter() - began]}
    results.works[shape.label] = works
    variants = {"fleet": FLEET, "fleet, 32 seeds": FLEET, "products stacked": chunk}
    results.times[shape.label] = {
        name: spread(values, 1000 / (variants.get(name, 1) * shape.epochs)) for name, values in (seconds | few).items()
    }
    results.figures += network_figures(shape, seconds, chunk)
    for count in (1, chunk) if chunk > 1 else (1,):
        results.phases[f"({shape.name}) {count} together"] = share_of_phases(shape, data, count)


def measure_path(results: Results, repetitions: int, count: int, rows: int = 20_000) -> None:
    """Shape (g): ``count`` values of λ, linear and logistic; both sides must find the same coefficients."""
    data = make_path_data(rows)
    lambdas = np.geomspace(1e-2, 1e4, count).tolist()
    for kind in ("linear", "logistic"):
        say(f"(g) {kind}")
        arguments = (kind, data["x"], data[kind], lambdas)
        check_path(*arguments, ours.train_path(*arguments), rivals.fit_path(*arguments))
        contestants = {
            "descent": partial(ours.train_path, *arguments),
            SOLVED_BY[kind]: partial(rivals.fit_path, *arguments, warm=False),
        }
        if kind == "logistic":
            contestants["LogisticRegression, warm start"] = partial(rivals.fit_path, *arguments)
        seconds: Times = alternate(contestants, repetitions)
        label = f"(g) {kind}, {rows:,}×{data['x'].shape[1]}, {count} values of λ"
        results.times[label] = {name: spread(values, 1000) for name, values in seconds.items()}
        results.figures += path_figures(kind, seconds)


def say(what: str) -> None:
    """Progress, apart from the report."""
    print(what, file=sys.stderr, flush=True)
