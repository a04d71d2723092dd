"""Tables larger than memory: `descent run` on 10,000 to 20 million rows × 20 columns with ``data.memory`` of 2 GB.

    .venv/bin/python -m benchmarks.runs.large [--rows 10000 100000 1000000 20000000] [--memory 2GB] [--keep FOLDER]

Writes benchmarks/runs/LARGE.md. The tables are made in a temporary folder that is deleted (about 9 GB for 20 million
rows, with what a run writes) or kept in FOLDER. The search is benchmarks/runs/large.yaml: two linear models and two
networks, two epochs, batches of 4,096; folds (of a table in memory), diagnosis and test as by default. Whole processes;
seconds of each stage are those of the wall clock, processor seconds those of all processes together, which other work
on the machine changes little; memory is that of all processes of the folder, the Prefect server's and the recording
process's included. "anonymous" is what cannot be given back; the difference to "all" is mostly files mapped into
memory. A first run on a small table, not counted, starts the server; a second one is what start-up takes.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from itertools import pairwise
from math import log2
from pathlib import Path

from benchmarks.runs.tables import write_table
from benchmarks.runs.watching import Run, run
from benchmarks.speed.machine import describe_machine

HERE = Path(__file__).parent
DESCENT = Path(sys.executable).with_name("descent")
COLUMNS = 20
STAGES = ("load", "features", "train", "crossvalidate", "diagnose", "refit", "track")
TINY = 1000
"""Rows that take no time: what a run of them takes is start-up."""
BOUND = 3e9
"""Bytes of memory that a run of the largest table may take."""
MOST = 1.05
"""What time may grow by, as a multiple of linear, when the rows are doubled."""


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 20_000_000])
    parser.add_argument("--memory", default="2GB")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--output", type=Path, default=HERE / "LARGE.md")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        runs = measure(given.rows, given.memory, Path(scratch), given.keep or Path(scratch))
    given.output.write_text(report(runs, given.memory, " ".join(sys.argv[1:])), encoding="utf-8")


def measure(sizes: Sequence[int], memory: str, scratch: Path, tables: Path) -> dict[int, Run]:
    """A run per number of rows."""
    home, runs = scratch / "descent", {}
    try:
        for rows in (TINY, TINY, *sizes):  # the first starts the server
            table = tables / f"{rows}.parquet"
            if not table.exists():
                write_table(table, rows, COLUMNS)
            command = [str(DESCENT), "run", str(HERE / "large.yaml"), "--json"]
            for pair in (f"data.source={table}", f"data.memory={memory}"):
                command += ["--set", pair]
            runs[rows] = run(command, home, HERE.parents[1])
            print(f"{rows:,} rows: {runs[rows].seconds:.1f} s, {runs[rows].peaks}", file=sys.stderr, flush=True)
            if tables == scratch:
                table.unlink()
    finally:
        subprocess.run(
            [str(DESCENT), "down"],
            env={"DESCENT_HOME": str(home)},
            cwd=HERE.parents[1],
            check=False,
            capture_output=True,
        )
    return runs


def growth(runs: dict[int, Run]) -> list[tuple[int, int, float]]:
    """(rows, next rows, growth per doubling as a multiple of linear) after start-up: what `TINY` rows take."""
    sizes = sorted(rows for rows in runs if rows != TINY)
    if TINY not in runs:
        return []
    spent = {rows: runs[rows].processor - runs[TINY].processor for rows in sizes}
    return [(few, many, 2 ** (log2(spent[many] / spent[few]) / log2(many / few) - 1)) for few, many in pairwise(sizes)]


def report(runs: dict[int, Run], memory: str, arguments: str) -> str:
    """The Markdown text."""
    lines = [
        "# Tables larger than memory",
        "",
        f"Measured by `python -m benchmarks.runs.large {arguments}`; its docstring says what.".replace(" `;", "`;"),
        "",
        f"| rows × {COLUMNS} | streamed | wall s | processor s | run s | {' | '.join(STAGES)} "
        "| peak GB, all | anonymous | files |",
        "|" + "---|" * (8 + len(STAGES)),
    ]
    for rows, one in sorted(runs.items()):
        spent = one.result["seconds"]
        spent = {**spent, **spent.get("other", {})}
        streamed = any("some rows at a" in note for note in one.result.get("data", {}).get("notes", []))
        stages = " | ".join(f"{spent.get(stage, 0.0):.1f}" for stage in STAGES)
        peaks = " | ".join(f"{one.peaks[part] / 1e9:.2f}" for part in ("all", "anonymous", "files"))
        lines.append(
            f"| {rows:,} | {'yes' if streamed else 'no'} | {one.seconds:.1f} | {one.processor:.1f} | "
            f"{spent['total']:.1f} | {stages} | {peaks} |"
        )
    if growth(runs):
        lines += ["", "Processor seconds per doubling of the rows, as a multiple of linear, after start-up:", ""]
    lines += [
        f"- {few:,} → {many:,} rows: {factor:.2f}× ({'reached' if factor <= MOST else 'MISSED'}; asked ≤ {MOST})"
        for few, many, factor in growth(runs)
    ]
    most = max(runs)
    held = runs[most].peaks["all"]
    lines += [
        "",
        f"Peak of {most:,} rows: {held / 1e9:.2f} GB ({'reached' if held <= BOUND else 'MISSED'}; asked ≤ 3).",
    ]
    lines += ["", f"Who held the memory at the peak of {most:,} rows (second {runs[most].at:.0f}):", ""]
    lines += [
        f"- {size / 1e6:,.0f} MB: {called(name)}"
        for name, size in sorted(runs[most].held.items(), key=lambda pair: -pair[1])
    ]
    lines += ["", "Machine:", "", *(f"- {name}: {words}" for name, words in describe_machine().items())]
    return "\n".join(lines) + "\n"


def called(name: str) -> str:
    """What a process is, from its command line."""
    for words, what in (("prefect_server", "Prefect server"), ("workers.processes", "training or recording process")):
        if words in name:
            return what
    return "the command"


if __name__ == "__main__":
    main()
