"""The same `descent run` twice at once: does one wait, do both finish, with one result, and nothing twice?

    .venv/bin/python -m benchmarks.deaths.at_once [--pairs 20] [--seed 0]

A command (of `benchmarks.deaths.forked`: 64 variants) is begun, and the same again at a moment drawn uniformly from the
time that it takes. In every second pair the first is then killed (SIGKILL, it alone) at a moment drawn likewise, and
the other must take its place. Whoever is not killed must exit with 0, with the leaderboard, the weights, the model and
the test of a run that nobody disturbed, bit for bit; MLflow must hold as many runs as finished, each with each variant
once, and nothing may be left over. Prints one JSON object; exit code 1 if anything is not as it should be.
"""

import argparse
import json
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.deaths.aftermath import duplicates, facts, left_over
from benchmarks.deaths.forked import Ended, add_options, clear, start
from benchmarks.deaths.undisturbed import Undisturbed, undisturbed


@dataclass
class Counts:
    """What was done and what came of it."""

    pairs: int = 0
    killed: int = 0
    waited: int = 0
    finished: int = 0
    identical: int = 0
    duplicates: int = 0
    failures: list[str] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pairs", type=int, default=20)
    add_options(parser)
    arguments = parser.parse_args()
    with undisturbed(arguments.epochs, curves=arguments.curves) as alone:
        found = measure(alone, arguments.pairs, arguments.seed)
    print(json.dumps(found, indent=2))
    raise SystemExit(0 if not found["failures"] else 1)


def measure(alone: Undisturbed, pairs: int, seed: int) -> dict[str, Any]:
    """Begin so many pairs; the figures."""
    drawn, counts = random.Random(seed), Counts()
    expected = _lasting(alone.facts)
    for number in range(pairs):
        clear(alone.home)
        ended = _pair(alone.config, alone.folder, alone.seconds, drawn, deadly=number % 2 == 1)
        _judge(alone.home, ended, expected, counts)
        print(counts, file=sys.stderr, flush=True)
    return {
        "pairs": counts.pairs,
        "of which the first was killed": counts.killed,
        "commands that waited for another": counts.waited,
        "commands that finished": counts.finished,
        "identical": counts.identical,
        "duplicate runs in MLflow": counts.duplicates,
        "seconds of the undisturbed run": round(alone.seconds, 1),
        "failures": counts.failures,
    }


def _pair(config: Path, folder: Path, lasts: float, drawn: random.Random, *, deadly: bool) -> tuple[Ended, Ended]:
    """Two commands, and how they ended."""
    first = start(config, folder, "first")
    time.sleep(drawn.uniform(0.0, lasts))
    second = start(config, folder, "second")
    killed_after = time.monotonic() - first.began + drawn.uniform(0.0, lasts)
    return first.end(killed_after if deadly else None), second.end()


def _judge(home: Path, pair: tuple[Ended, Ended], expected: dict[str, Any], counts: Counts) -> None:
    """Compare what they left with what an undisturbed run did."""
    counts.pairs += 1
    which = f"pair {counts.pairs}"
    for ended in pair:
        counts.waited += "waiting for it" in ended.said
        if ended.code == -signal.SIGKILL:
            counts.killed += 1
        elif ended.code or ended.result is None:
            counts.failures.append(f"{which}: a command ended with {ended.code}: {ended.said[-800:]}")
        else:
            counts.finished += 1
            found = _lasting(facts(home, ended.result))
            different = [name for name in expected if found[name] != expected[name]]
            counts.identical += not different
            if different:
                counts.failures.append(f"{which}: the result differs: {', '.join(different)}")
    counts.duplicates += duplicates(home)
    counts.failures += [f"{which}: {wrong}" for wrong in left_over(home)]


def _lasting(found: dict[str, Any]) -> dict[str, Any]:
    """Without what a second look at the same test rows changes: the openings counted, and with them the intervals."""
    test = {name: found["test"][name] for name in ("metrics", "baseline", "linear")}
    return {name: value for name, value in found.items() if name != "openings counted"} | {"test": test}


if __name__ == "__main__":
    main()
