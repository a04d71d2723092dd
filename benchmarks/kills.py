"""Kill `descent run` at random moments, again and again: does the next command finish, with the same result?

    .venv/bin/python -m benchmarks.kills [--kills 200] [--each 4] [--seed 0] [--minutes M]

An experiment of 64 variants is begun, killed (SIGKILL) at a moment drawn uniformly from the time that it takes, begun
again with the same command, killed again, ``--each`` times in all; then the next command is left alone. It must exit
with 0; leaderboard, every variant's weights, the model and the test must be those of a run that nobody disturbed, bit
for bit; MLflow must hold one run with each variant once, all finished; and nothing may be left over. Every second kill
ends the whole process group, as the loss of power does; the others end the flow's process alone, whose workers and
recording process live on for a moment beside the next command. Then everything but Prefect's database is removed, and
the next experiment begins, until there were so many kills.

The commands are forks of a process that has imported what `descent run` imports, so that kills hit the work and not the
imports. Checkpoints of half-trained chunks are written every 0.2 seconds instead of 5. Prints one JSON object.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

NAME = "kills"
VARIANTS = 64
CHECKPOINTS = 0.2
PATIENCE = 600.0
"""Seconds after which a command that was left alone counts as hanging."""
CONFIG = """
name: {name}
data: {{source: {source}, target: y}}
search:
  epochs: {epochs}
  early_stopping: null
  models:
    - kind: network
      layers: [[16], [16, 8]]
      lambda: [0, 0.01, 0.03, 0.1, 0.3, 1, 3, 10]
      optimizer: {{kind: adam, learning_rate: [0.001, 0.003, 0.01, 0.03]}}
validate: {{folds: 3, finalists: 2}}
compute: {{workers: 2}}
track: {{system_metrics: false}}
"""


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


@dataclass(frozen=True)
class Ended:
    """How a command ended: its exit code, or minus the signal; what it printed; how long it took."""

    code: int
    said: str
    result: dict[str, Any] | None
    seconds: float


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=150)
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no further experiment after that")
    arguments = parser.parse_args()
    found = measure(arguments.kills, arguments.each, arguments.seed, arguments.epochs, arguments.minutes)
    print(json.dumps(found, indent=2))
    raise SystemExit(0 if not found["failures"] else 1)


def measure(kills: int, each: int, seed: int, epochs: int, minutes: float = float("inf")) -> dict[str, Any]:
    """Kill so many times, or for so many minutes; the figures."""
    drawn, counts, until = random.Random(seed), Counts(), time.monotonic() + 60 * minutes
    with tempfile.TemporaryDirectory() as folder, _home(Path(folder)) as home:
        config = _experiment(Path(folder), epochs)
        _import()
        command(config, Path(folder), None)  # Prefect's server starts, caches are warm
        _clear(home)
        undisturbed = command(config, Path(folder), None)
        if undisturbed.code or undisturbed.result is None:
            raise SystemExit(f"the undisturbed run ended with {undisturbed.code}:\n{undisturbed.said}")
        expected, lasts = _facts(home, undisturbed.result), undisturbed.seconds
        while counts.kills < kills and time.monotonic() < until:
            _clear(home)
            _chain(config, home, Path(folder), min(each, kills - counts.kills), lasts, expected, drawn, counts)
            print(f"{counts.kills} kills, {counts.completed} completed, {counts.identical} identical, "
                  f"{len(counts.failures)} failures", file=sys.stderr, flush=True)  # fmt: skip
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
        "seconds of the undisturbed run": round(lasts, 1),
        "failures": counts.failures,
    }


def _chain(
    config: Path, home: Path, folder: Path, kills: int, lasts: float, expected: dict[str, Any], drawn: random.Random,
    counts: Counts,
) -> None:  # fmt: skip
    """One experiment: so many kills, then a command that is left alone."""
    for _ in range(kills):
        group = bool(counts.kills % 2)
        ended = command(config, folder, drawn.uniform(0.0, lasts), group=group)
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
    ended = command(config, folder, None)
    counts.resumed += ended.said.count("half-trained variants went on")
    if ended.code or ended.result is None:
        counts.reused.append(0)
        counts.failures.append(f"after {counts.kills} kills a command ended with {ended.code}: {ended.said[-800:]}")
        return
    counts.completed += 1
    counts.reused.append(ended.result["search"]["reused"])
    counts.repeated += ended.result["test"]["opening"]["repeated"] > 0
    found = _facts(home, ended.result)
    different = [name for name in expected if found[name] != expected[name]]
    counts.identical += not different
    if different:
        counts.failures.append(f"after {counts.kills} kills the result differs: {', '.join(different)}")
    counts.duplicates += _duplicates(home)
    counts.failures += [f"after {counts.kills} kills: {wrong}" for wrong in _left_over(home)]


def command(config: Path, folder: Path, killed_after: float | None, *, group: bool = False) -> Ended:
    """``descent run CONFIG --json`` in a process group of its own, killed after so many seconds, if at all."""
    out, err = folder / "stdout", folder / "stderr"
    began = time.monotonic()
    pid = os.fork()
    if pid == 0:
        _be_the_command(config, out, err)
    with suppress(ProcessLookupError, PermissionError):
        os.setpgid(pid, pid)
    status = _wait(pid, began + (PATIENCE if killed_after is None else killed_after))
    if status is None:
        (os.killpg if group else os.kill)(pid, signal.SIGKILL)
        status = os.waitpid(pid, 0)[1]
    code = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - began
    if killed_after is None:
        _wait_for_group(pid)
    result = json.loads(out.read_text(encoding="utf-8")) if code == 0 else None
    return Ended(code, err.read_text(encoding="utf-8"), result, seconds)


def _wait(pid: int, until: float) -> int | None:
    """The status of a process when it ends; None if it has not by then."""
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return status
        time.sleep(0.005)
    return None


def _wait_for_group(number: int) -> None:
    """Until no process of a group lives."""
    for _ in range(600):
        try:
            os.killpg(number, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def _be_the_command(config: Path, out: Path, err: Path) -> None:
    """What the fork does."""
    code = 70
    try:
        os.setpgid(0, 0)
        for path, number in ((out, 1), (err, 2)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        from flows.cli import app

        code = int(app(["run", str(config), "--json"], standalone_mode=False) or 0)
    except BaseException as error:  # noqa: BLE001 - of a fork nothing may come back
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _import() -> None:
    """What a command imports, short of starting anything."""
    from flows.quiet import quiet

    quiet()
    import flows.commands.run
    import flows.experiment
    import flows.launch
    import flows.progress
    import flows.report  # noqa: F401
    from flows.cache import executor

    executor.SECONDS = CHECKPOINTS


def _facts(home: Path, result: dict[str, Any]) -> dict[str, Any]:
    """Everything that must be the same: of the result, the weights of all trained variants, and the model's files."""
    variants = [{**one, "reused": None} for one in result["variants"]]
    test = {name: result["test"][name] for name in ("metrics", "baseline", "linear", "intervals", "confidence")}
    files = sorted(path for path in Path(result["model"]).rglob("*.safetensors"))
    return {
        "leaderboard": variants,
        "winner": result["selected"],
        "diagnosis": result["diagnosis"],
        "test": test,
        "openings counted": result["test"]["opening"]["number"],
        "model": [hashlib.sha256(path.read_bytes()).hexdigest() for path in files],
        "weights": _weights(home),
    }


def _weights(home: Path) -> dict[str, str]:
    """A digest of what is kept of each trained variant, by its address."""
    from flows.cache.values import Value

    with closing(sqlite3.connect(home / "cache" / "trained.db")) as connection:
        rows = connection.execute("select address, content from trained").fetchall()
    return {
        address: hashlib.sha256(np.ascontiguousarray(Value.from_bytes(content).outcome.parameters)).hexdigest()
        for address, content in rows
    }


def _runs(home: Path) -> list[tuple[str, str, str, str]]:
    """Stage, status, run and variant of every run in MLflow that is not deleted."""
    query = """
        select stage.value, runs.status, run.value, coalesce(variant.value, '')
        from runs join experiments using (experiment_id)
        join tags as stage on stage.run_uuid = runs.run_uuid and stage.key = 'stage'
        join tags as run on run.run_uuid = runs.run_uuid and run.key = 'descent.run'
        left join tags as variant on variant.run_uuid = runs.run_uuid and variant.key = 'descent.variant'
        where experiments.name = ? and runs.lifecycle_stage = 'active'"""
    with closing(sqlite3.connect(home / "mlflow.db")) as connection:
        return connection.execute(query, (NAME,)).fetchall()


def _duplicates(home: Path) -> int:
    """Runs in MLflow that are there more than once."""
    found = [(stage, run, variant) for stage, _, run, variant in _runs(home)]
    return len(found) - len(set(found))


def _left_over(home: Path) -> Iterator[str]:
    """What is not as it should be: what finished is in MLflow (one run, unless a kill came too late), nothing else."""
    found = _runs(home)
    parents = sorted(run for stage, _, run, _ in found if stage == "experiment")
    if parents != sorted(path.parent.name for path in (home / "runs").glob("*/result.json")):
        yield f"runs of the experiment in MLflow: {', '.join(parents)}"
    for parent in parents:
        variants = [variant for stage, _, run, variant in found if stage == "variant" and run == parent]
        if len(variants) != VARIANTS:
            yield f"{len(variants)} variants in MLflow, not {VARIANTS}"
    if others := {status for _, status, _, _ in found} - {"FINISHED"}:
        yield f"runs in MLflow are {', '.join(sorted(others))}"
    for name in ("unfinished", "outbox"):
        left = [path.name for path in (home / name).glob("*") if not path.name.startswith(".")]
        if left:
            yield f"{name}/ holds {', '.join(left)}"
    if len(list((home / "runs").iterdir())) != len(parents) or list((home / "runs").glob("*/scratch")):
        yield f"runs/ holds {', '.join(path.name for path in (home / 'runs').iterdir())}"
    with closing(sqlite3.connect(home / "cache" / "trained.db")) as connection:
        if (answer := connection.execute("pragma integrity_check").fetchone()) != ("ok",):
            yield f"trained.db: {answer}"


def _stage(said: str) -> str:
    """What a command had come to when it was killed."""
    stages = {
        "cross-validating": "cross-validating, diagnosing, testing, recording",
        "trained in": "cross-validating, diagnosing, testing, recording",
        "variants in": "training",
        "split by": "fitting features, planning",
    }
    return next((stage for words, stage in stages.items() if words in said), "starting, reading the table")


def _experiment(folder: Path, epochs: int) -> Path:
    """A table of 900 rows and the configuration of the sweep."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 6))
    y = x[:, 0] * x[:, 1] + np.sin(2 * x[:, 2]) + x[:, 3] + 0.3 * rng.normal(size=900)
    head = ",".join([*(f"x{number}" for number in range(6)), "y"])
    np.savetxt(folder / "table.csv", np.column_stack([x, y]), fmt="%.6f", delimiter=",", header=head, comments="")
    path = folder / "kills.yaml"
    path.write_text(CONFIG.format(name=NAME, source=folder / "table.csv", epochs=epochs), encoding="utf-8")
    return path


@contextmanager
def _home(folder: Path) -> Iterator[Path]:
    """A home of its own, whose Prefect server ends with this."""
    for name in [name for name in os.environ if name.startswith(("MLFLOW_", "PREFECT_"))]:
        del os.environ[name]
    os.environ["DESCENT_HOME"] = str(folder / ".descent")
    (folder / ".descent" / "prefect").mkdir(parents=True)
    try:
        yield folder / ".descent"
    finally:
        from flows.server import stop_server

        stop_server()


def _clear(home: Path) -> None:
    """As if nothing had ever run here, but for the Prefect server."""
    for path in home.iterdir():
        if path.name not in ("prefect", "logs", ".gitignore"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


if __name__ == "__main__":
    main()
