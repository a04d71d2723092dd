"""Kill `descent run` at random moments, again and again: does the next command finish, with the same result?

    .venv/bin/python -m benchmarks.deaths.kills [--kills 200] [--each 4] [--seed 0] [--minutes M]

An experiment of 64 variants is begun, killed (SIGKILL) at a moment drawn uniformly from the time that it takes, begun
again with the same command, killed again, ``--each`` times in all; then the next command is left alone. It must exit
with 0; leaderboard, every variant's weights, the model and the test must be those of a run that nobody disturbed, bit
for bit; MLflow must hold one run with each variant once, all finished; and nothing may be left over. Every second kill
ends the whole process group, as the loss of power does; the others end the flow's process alone, whose workers and
recording process live on for a moment beside the next command. Then everything but Prefect's database is removed, and
the next experiment begins, until there were so many kills.

The commands are those of `benchmarks.deaths.forked`. Prints one JSON object.
"""

import argparse
import json
import random
import signal
import statistics
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from benchmarks.deaths.aftermath import duplicates, facts, left_over
from benchmarks.deaths.forked import add_options, clear, start
from benchmarks.deaths.undisturbed import Undisturbed, undisturbed


@dataclass
class Counts:
    """What was done and what came of it."""

    kills: int = 0
    groups: int = 0
    completed: int = 0
    identical: int = 0
    duplicates: int = 0
    failures: list[str] = field(default_factory=list)
    reused: list[int] = field(default_factory=list)
    stages: dict[str, int] = field(default_factory=dict)
    repeated: int = 0
    resumed: int = 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--each", type=int, default=4)
    add_options(parser)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further experiment after that")
    arguments = parser.parse_args()
    with undisturbed(arguments.epochs, curves=arguments.curves) as alone:
        found = measure(alone, arguments.kills, arguments.each, arguments.seed, arguments.minutes)
    print(json.dumps(found, indent=2))
    raise SystemExit(0 if not found["failures"] else 1)


def measure(alone: Undisturbed, kills: int, each: int, seed: int, minutes: float = float("inf")) -> dict[str, Any]:
    """Kill so many times, or for so many minutes; the figures."""
    drawn, counts, until = random.Random(seed), Counts(), time.monotonic() + 60 * minutes
    expected = alone.facts
    while counts.kills < kills and time.monotonic() < until:
        clear(alone.home)
        _chain(alone, min(each, kills - counts.kills), expected, drawn, counts)
        print(
            f"{counts.kills} kills, {counts.completed} completed, {counts.identical} identical, "
            f"{len(counts.failures)} failures",
            file=sys.stderr,
            flush=True,
        )
    return {
        "kills": counts.kills,
        "of the whole process group": counts.groups,
        "killed while it said": counts.stages,
        "experiments": len(counts.reused),
        "completed on the command that was left alone": counts.completed,
        "identical": counts.identical,
        "duplicate runs in MLflow": counts.duplicates,
        "variants known to the last command, of 64, median": statistics.median(counts.reused),
        "half-trained chunks that went on": counts.resumed,
        "test rows opened again by the same run": counts.repeated,
        "seconds of the undisturbed run": round(alone.seconds, 1),
        "failures": counts.failures,
    }


def _chain(alone: Undisturbed, kills: int, expected: dict[str, Any], drawn: random.Random, counts: Counts) -> None:
    """One experiment: so many kills, then a command that is left alone."""
    for _ in range(kills):
        group = bool(counts.kills % 2)
        ended = start(alone.config, alone.folder).end(drawn.uniform(0.0, alone.seconds), group=group)
        counts.resumed += ended.said.count("half-trained variants went on")
        if ended.code != -signal.SIGKILL:  # it was faster: what it left must be right as well
            if ended.code:
                counts.failures.append(f"a command between kills ended with {ended.code}: {ended.said[-500:]}")
            continue
        counts.kills += 1
        print(f"kill {counts.kills}, while {_stage(ended.said)}", file=sys.stderr, flush=True)
        counts.groups += group
        stage = _stage(ended.said)
        counts.stages[stage] = counts.stages.get(stage, 0) + 1
    ended = start(alone.config, alone.folder).end()
    counts.resumed += ended.said.count("half-trained variants went on")
    if ended.code or ended.result is None:
        counts.reused.append(0)
        counts.failures.append(f"after {counts.kills} kills a command ended with {ended.code}: {ended.said[-800:]}")
        return
    counts.completed += 1
    counts.reused.append(ended.result["search"]["reused"])
    counts.repeated += ended.result["test"]["opening"]["repeated"] > 0
    found = facts(alone.home, ended.result)
    different = [name for name in expected if found[name] != expected[name]]
    counts.identical += not different
    if different:
        counts.failures.append(f"after {counts.kills} kills the result differs: {', '.join(different)}")
    counts.duplicates += duplicates(alone.home)
    counts.failures += [f"after {counts.kills} kills: {wrong}" for wrong in left_over(alone.home)]


def _stage(said: str) -> str:
    """What a command had come to when it was killed."""
    stages = {
        "cross-validating": "cross-validating, diagnosing, testing, recording",
        "trained in": "cross-validating, diagnosing, testing, recording",
        "variants in": "training",
        "split by": "fitting features, planning",
    }
    return next((stage for words, stage in stages.items() if words in said), "starting, reading the table")


if __name__ == "__main__":
    main()
