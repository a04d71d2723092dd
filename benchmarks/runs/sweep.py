"""A whole sweep, tracked: `descent run` against GridSearchCV(MLPClassifier) with MLflow's autologging.

    .venv/bin/python -m benchmarks.runs.sweep TABLE [--repeat 3]

TABLE is magic_gamma.csv.gz (19,020 rows). Both sides: 60/20/20, network 32-16, 8 λ × 4 learning rates, 30 epochs, batch
128, Adam, every variant tracked in SQLite, the winner refitted and tested. Whole processes, in turn; also training
alone, the two processors of both sides, without tracking; also the time of a small table's second run, of the first
run in a new folder, and the memory. Prints one JSON object; `python -m benchmarks.runs.sweep --help` has the options.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DESCENT = Path(sys.executable).with_name("descent")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("table", type=Path, help="magic_gamma.csv.gz")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    table = arguments.table.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(table, Path(scratch), arguments.repeat)
    print(json.dumps(figures, indent=2))


def measure(table: Path, scratch: Path, repeat: int) -> dict[str, Any]:
    """All figures; every list has one number per repetition, in the order of measuring."""
    home = scratch / "descent"
    sweep = [str(DESCENT), "run", str(HERE / "sweep.yaml"), "--set", f"data.source={table}", "--fresh", "--json"]
    small = [str(DESCENT), "run", str(HERE.parents[1] / "experiments" / "penguins.yaml"), "--fresh", "--json"]
    found: dict[str, list[float]] = {}

    def note(name: str, value: float) -> None:
        found.setdefault(name, []).append(round(value, 2))
        print(f"{name}: {value:.2f}", file=sys.stderr)

    environment = os.environ | {"DESCENT_HOME": str(home)}
    try:
        first = run(small, environment, HERE.parents[1])
        note("small table, first run in a folder, s", first["seconds"])
        for number in range(repeat):
            ours = run(sweep, environment, HERE.parents[1])
            note("sweep, descent, s", ours["seconds"])
            note("sweep, descent, MB of the largest process", ours["largest"])
            note("sweep, descent, MB of all processes together", ours["together"])
            note("training alone, descent, s", ours["result"]["seconds"]["train"])
            store = scratch / f"store-{number}"
            theirs = [sys.executable, "-W", "ignore", str(HERE / "gridsearch.py"), str(table), str(store)]
            tracked = run(theirs, dict(os.environ), HERE.parents[1])
            note("sweep, GridSearchCV, s", tracked["seconds"])
            note("sweep, GridSearchCV, MB of all processes together", tracked["together"])
            untracked = run([*theirs, "--no-tracking"], dict(os.environ), HERE.parents[1])
            note("training alone, GridSearchCV, s", untracked["result"]["fit"])
            shutil.rmtree(store, ignore_errors=True)
        for _ in range(repeat):
            again = run(small, environment, HERE.parents[1])
            note("small table, again, s", again["seconds"])
    finally:
        subprocess.run([str(DESCENT), "down"], env=environment, cwd=HERE.parents[1], check=False, capture_output=True)
    ratios = {
        "whole process, times faster": ratio(found["sweep, GridSearchCV, s"], found["sweep, descent, s"]),
        "training alone, times faster": ratio(
            found["training alone, GridSearchCV, s"], found["training alone, descent, s"]
        ),
    }
    return {"measured": found, "ratios of medians": ratios}


def ratio(slow: Sequence[float], fast: Sequence[float]) -> float:
    """Of the medians."""
    return round(statistics.median(slow) / statistics.median(fast), 2)


def run(command: Sequence[str], environment: dict[str, str], folder: Path) -> dict[str, Any]:
    """Seconds of the whole process, memory in MB, and the JSON that it printed."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    peak = [0.0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.1):
            peak[0] = max(peak[0], together(process.pid))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    done.set()
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with {process.returncode}")
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024  # of all children until now
    return {"seconds": seconds, "together": peak[0], "largest": largest, "result": json.loads(output.splitlines()[-1])}


def together(pid: int) -> float:
    """MB of a process and its descendants, shared pages counted once (proportional set size)."""
    total, waiting = 0.0, [pid]
    while waiting:
        one = waiting.pop()
        try:
            children = Path(f"/proc/{one}/task/{one}/children").read_text(encoding="ascii").split()
            for task in Path(f"/proc/{one}/task").iterdir():
                if task.name != str(one):
                    children += (task / "children").read_text(encoding="ascii").split()
            waiting += [int(child) for child in children]
            for line in Path(f"/proc/{one}/smaps_rollup").read_text(encoding="ascii").splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) / 1024
        except (OSError, ValueError):
            continue
    return total


if __name__ == "__main__":
    main()
