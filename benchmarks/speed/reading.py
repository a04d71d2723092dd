"""What reading a table, and making sense of its columns, costs beside another checkout.

    python -m benchmarks.speed.reading FOLDER… --against /elsewhere/.venv/bin/python [--times 5]

Every FOLDER has tables and their ``catalog.json``. Both sides read the same file in turn, each in a process of its own
that reads it once before the clock runs; what counts is the least processor time of ``read_table`` and ``infer``.
"""

import argparse
import json
from pathlib import Path
from subprocess import run
from sys import executable

from benchmarks.accuracy.tables import questions

SNIPPET = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
try:
    from descent import data
except ImportError:
    import data
found = []
for _ in range(int(sys.argv[3]) + 1):
    start = time.process_time()
    data.infer(data.read_table(sys.argv[1]), sys.argv[2])
    found.append(time.process_time() - start)
print(json.dumps(min(found[1:])))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--against", required=True, help="the Python of another checkout")
    parser.add_argument("--times", type=int, default=5, help="readings by a process")
    given = parser.parse_args()
    totals = [0.0, 0.0]
    print("| table | here | there | ratio |\n|---|---|---|---|")
    for question in questions(given.folders):
        least = [float("inf"), float("inf")]
        for _ in range(2):
            for side, python in enumerate((executable, given.against)):
                seconds = _seconds(python, question.path, question.target, given.times)
                least[side] = min(least[side], seconds)
        totals = [total + one for total, one in zip(totals, least, strict=True)]
        _print(question.name, *least)
    _print("all together", *totals)


def _seconds(python: str, path: Path, target: str, times: int) -> float:
    command = [python, "-P", "-c", SNIPPET, str(path.resolve()), target, str(times)]
    said = run(command, capture_output=True, text=True, check=True)
    return float(json.loads(said.stdout.splitlines()[-1]))


def _print(name: str, here: float, there: float) -> None:
    print(f"| {name} | {here:.3f} s | {there:.3f} s | {here / there:.2f} |", flush=True)


if __name__ == "__main__":
    main()
