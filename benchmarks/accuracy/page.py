"""docs/accuracy.md from kept results."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from math import exp, log
from pathlib import Path

import numpy as np

from benchmarks.speed.machine import describe_machine

from .kept import Measured
from .rivals import RIVALS
from .summary import Losses, average_ranks, duel, losses

PAGE = Path(__file__).parents[2] / "docs" / "accuracy.md"
BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"
"""What stands between is made; what stands around is written by hand."""


def write_page(results: Sequence[Measured], page: Path = PAGE) -> None:
    """Put the tables between the marks of the page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"{page} has no lines {BEGIN} and {END} to write between")
    page.write_text(f"{before}{BEGIN}\n\n{tables_of(results)}\n{END}{after}", encoding="utf-8")


def tables_of(results: Sequence[Measured]) -> str:
    """Ranks, duels, losses and seconds as Markdown."""
    found = losses(results)
    models = [name for name in RIVALS if any(name in own for own in found.values())]
    mine = list(dict.fromkeys(one.model for one in results if one.model not in RIVALS))
    everyone = [*mine, *models]
    whole = [name for name in everyone if name != "dummy" and all(name in own for own in found.values())]
    parts = [
        _ranks(found, whole, results),
        *(_duels(found, name, [other for other in everyone if other not in (name, "dummy")]) for name in mine),
        _losses(found, everyone),
        _failures(results),
        _machine(),
    ]
    return "\n".join(part for part in parts if part)


def _ranks(found: Losses, models: Sequence[str], results: Sequence[Measured]) -> str:
    ranks = average_ranks(found, models)
    lines = [
        f"## Average rank among those with results of all {len(found)} pairs of table and split",
        "",
        "| model | average rank | best on | mean AUC | CPU seconds, median |",
        "|---|---|---|---|---|",
    ]
    for name in sorted(ranks, key=ranks.__getitem__):
        best = sum(own[name] == min(own[other] for other in models) for own in found.values())
        areas = [one.auc for one in results if one.model == name and one.auc is not None]
        seconds = np.median([one.seconds for one in results if one.model == name and one.loss is not None])
        area = f"{np.mean(areas):.4f}" if areas else "–"
        lines.append(f"| {name} | {ranks[name]:.2f} | {best} | {area} | {seconds:.1f} |")
    return "\n".join([*lines, ""])


def _duels(found: Losses, name: str, others: Sequence[str]) -> str:
    lines = [
        f"## {name} against each",
        "",
        "| other | better on tables | better on pairs | ratio of losses (95 % interval over tables) |",
        "|---|---|---|---|",
    ]
    for other in others:
        fought = duel(found, name, other)
        if fought is not None:
            lines.append(
                f"| {other} | {fought.table_wins:.0%} of {fought.tables} | {fought.wins:.0%} of {fought.pairs} | "
                f"{fought.ratio:.3f} ({fought.low:.3f} to {fought.high:.3f}) |"
            )
    return "\n".join([*lines, ""])


def _losses(found: Losses, models: Sequence[str]) -> str:
    lines = [
        "## Loss on the test rows, geometric mean of the splits",
        "",
        f"| table | {' | '.join(models)} |",
        "|---" * (len(models) + 1) + "|",
    ]
    for table in dict.fromkeys(table for table, _ in found):
        cells = []
        for model in models:
            own = [by[model] for (name, _), by in found.items() if name == table and model in by]
            cells.append(f"{exp(sum(map(log, own)) / len(own)):.4g}" if own else "–")
        lines.append(f"| {table} | {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _failures(results: Sequence[Measured]) -> str:
    failed = [one for one in results if one.error is not None]
    if not failed:
        return ""
    lines = [f"- {one.model} on {one.table}, seed {one.seed}: {' '.join((one.error or '').split())}" for one in failed]
    return "\n".join(["## What failed", "", *lines, ""])


def _machine() -> str:
    lines = [f"| {name} | {words} |" for name, words in describe_machine().items()]
    packages = [f"{name} {_version(name)}" for name in ("lightgbm", "catboost", "pytabkit")]
    return "\n".join(["| measured on | |", "|---|---|", *lines, f"| rivals | {', '.join(packages)} |", ""])


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
