"""What a full disk costs: runs whose disk is filled in the middle, and the command after there is room again.

    .venv/bin/python -m benchmarks.deaths.full_disk [--size 200m] [--leave 0 6000]

A tmpfs of ``--size`` bytes is mounted (so: Linux, root), one run is left alone on it, and then at each of `MOMENTS` a
further run finds all but ``--leave`` bytes taken, to its end. What it did is printed as a table; then the disk is freed
and the same command must complete, with the same result. Ends with exit code 1 if anything is not as it should be.
"""

import argparse
import errno
import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
DESCENT = (sys.executable, "-c", "from descent.flows.cli.app import main; main()")

MOMENTS = {
    "test rows are sealed": "runs/*/scratch",
    "feature matrices": "runs/*/scratch/sealed-test-rows.parquet",
    "file of progress": "runs/*/scratch/features-0",
    "states of a halving, checkpoints": "runs/*/scratch/states",
    "records of variants, MLflow's database": "outbox/*/variants-*.json",
    "matrices of the diagnosis": "runs/*/scratch/evidence-*",
    "figures": "runs/*/scratch/figures",
    "the model": "runs/*/scratch/model",
    "the report": "runs/*/scratch/model/manifest.json",
    "artifacts in MLflow": "outbox/*/outcome",
    "the result": "runs/*/model",
}
"""What is about to be written when a file of this name has come to be in ``.descent/``."""

SWEEP = """
name: full
data: {source: data/samples/diabetes.csv, target: progression, task: regression}
search:
  strategy: halving
  epochs: 600
  early_stopping: null
  models: [{kind: network, layers: [[32, 16], [16]], lambda: [0, 0.01, 0.1, 1, 10]}]
validate: {folds: 2, finalists: 2}
compute: {workers: 2}
"""


@dataclass(frozen=True)
class Ending:
    """How a command ended: exit code, standard output and error; whether the disk was filled before."""

    code: int
    output: str
    said: str
    filled: bool = False

    @property
    def message(self) -> str:
        """The line that it ended with, if that is one of descent's."""
        lines = [line for line in self.said.splitlines() if line.startswith("descent: ")]
        return lines[-1].removeprefix("descent: ") if lines else ""


class Disk:
    """A small disk with a home folder on it."""

    def __init__(self, place: Path) -> None:
        self.place, self.home = place, place / ".descent"
        foreign = ("PREFECT_", "MLFLOW_", "DESCENT_", "COV_")
        mine = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        self._environment = mine | {"DESCENT_HOME": str(self.home), "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
        self._filler = place / "filler"

    def descent(self, *words: str, moment: str | None = None, leave: int = 0) -> Ending:
        """Run a command; when a file like ``moment`` comes to be, fill the disk but for ``leave`` bytes."""
        before = self._count(moment)
        filled = False
        with TemporaryDirectory() as aside:
            out, err = Path(aside) / "out", Path(aside) / "err"
            with out.open("wb") as output, err.open("wb") as said:
                process = subprocess.Popen(
                    [*DESCENT, *words],
                    cwd=ROOT,
                    env=self._environment,
                    stdout=output,
                    stderr=said,
                    stdin=subprocess.DEVNULL,
                )
                while process.poll() is None:
                    if moment is not None and not filled and self._count(moment) > before:
                        filled = self.fill(leave)
                    time.sleep(0.001 if moment is not None and not filled else 0.05)
            return Ending(process.returncode, out.read_text("utf-8"), err.read_text("utf-8"), filled)

    def fill(self, leave: int) -> bool:
        """Take all room but for ``leave`` bytes; says that it has."""
        while True:
            usage = os.statvfs(self.place)
            try:
                with self._filler.open("wb") as file:
                    os.posix_fallocate(file.fileno(), 0, max(1, usage.f_bavail * usage.f_frsize - leave))
                return True
            except OSError as error:  # the run was quicker
                if error.errno != errno.ENOSPC:
                    raise

    def free(self) -> None:
        """Give the room back."""
        self._filler.unlink(missing_ok=True)

    def damage(self) -> list[str]:
        """What under the home folder is not whole: databases, records, results, models."""
        found = []
        for database in (self.home / "mlflow.db", self.home / "prefect/prefect.db"):
            with closing(sqlite3.connect(database)) as connection:
                (answer,) = connection.execute("PRAGMA integrity_check").fetchone()
            if answer != "ok":
                found.append(f"{database}: {answer}")
        whole = [*self.home.glob("outbox/**/*.json"), *self.home.glob("runs/*/result.json")]
        for file in whole:
            try:
                json.loads(file.read_text(encoding="utf-8"))
            except ValueError as error:
                found.append(f"{file}: {error}")
        from descent.flows.serving import manifest

        for result in self.home.glob("runs/*/result.json"):
            manifest.verify(result.parent / "model")
        return found

    def unfinished(self) -> list[str]:
        """Runs that MLflow believes to be under way, and variants that it has twice in a run."""
        with closing(sqlite3.connect(self.home / "mlflow.db")) as connection:
            running = connection.execute("select name from runs where status = 'RUNNING'").fetchall()
            twice = connection.execute(
                "select a.value || ': ' || b.value from tags a join tags b using (run_uuid) join runs using (run_uuid) "
                "where a.key = 'descent.run' and b.key = 'descent.variant' and lifecycle_stage = 'active' "
                "group by 1 having count(*) > 1"
            ).fetchall()
        return [*(f"running: {name}" for (name,) in running), *(f"twice: {name}" for (name,) in twice)]

    def _count(self, pattern: str | None) -> int:
        return 0 if pattern is None else sum(1 for _ in self.home.glob(pattern))


@contextmanager
def small_disk(size: str) -> Iterator[Disk]:
    """A tmpfs; what has been started on it is ended in the end."""
    with TemporaryDirectory() as place:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", place], check=True)
        disk = Disk(Path(place))
        try:
            yield disk
            disk.free()
            disk.descent("down")
        finally:
            subprocess.run(["umount", "--lazy", place], check=True)


def found(result: Mapping[str, Any]) -> dict[str, Any]:
    """What a run found out, without ids, places and times."""
    named = ("name", "status", "params", "cost", "metrics", "epochs")
    model = Path(result["model"]) / "model" / "parameters.safetensors"
    return {
        "variants": [{name: one[name] for name in named} for one in result["variants"]],
        "selected": result["selected"],
        "metrics": result["test"]["metrics"],
        "weights": model.read_bytes(),
    }


def complaints(ending: Ending) -> list[str]:
    """What is wrong with the way in which a run ended that met a full disk."""
    wrong = []
    if "Traceback" in ending.said + ending.output:
        wrong.append("a traceback is shown")
    if ending.code not in (0, 2):
        wrong.append(f"exit code {ending.code}: {ending.message}")
    if ending.code == 2 and not ending.message.startswith("the disk is full: "):
        wrong.append(f"says {ending.message!r}")
    return wrong


def after(disk: Disk, wanted: Mapping[str, Any], words: Sequence[str]) -> list[str]:
    """What is wrong once there is room again: damage, or the next command does not give what it should."""
    disk.free()
    wrong = disk.damage()
    synced, again = disk.descent("sync"), disk.descent(*words)
    if synced.code != 0:
        wrong.append(f"descent sync: {synced.output} {synced.message}")
    if again.code != 0:
        wrong.append(f"the next command: {again.message or again.said[-300:]}")
    elif found(json.loads(again.output)) != wanted:
        wrong.append("the next command finds something else")
    return wrong + disk.unfinished()


def main() -> None:
    """Measure and print."""
    from benchmarks.speed.machine import describe_machine

    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="200m")
    parser.add_argument("--leave", type=int, nargs="*", default=[0])
    arguments = parser.parse_args()
    failures = 0
    with small_disk(arguments.size) as disk, TemporaryDirectory() as folder:
        file = Path(folder) / "full.yaml"
        file.write_text(SWEEP, encoding="utf-8")
        words = ("run", str(file), "--json")
        alone = disk.descent(*words)
        assert alone.code == 0, alone.said
        wanted = found(json.loads(alone.output))
        print("| about to be written | bytes left | exit code | it said | the next command |\n|---|---|---|---|---|")
        for moment, pattern in MOMENTS.items():
            for leave in arguments.leave:
                ending = disk.descent(*words, "--fresh", moment=pattern, leave=leave)
                wrong = complaints(ending) + after(disk, wanted, words)
                failures += bool(wrong) or not ending.filled
                said = ending.message.split(":")[0] or ("the run completed" if ending.code == 0 else ending.said[-200:])
                print(
                    f"| {moment} | {leave} | {ending.code if ending.filled else 'not met'} | {said} | "
                    f"{'; '.join(wrong) or 'the same result'} |",
                    flush=True,
                )
    print("\nMachine:", "; ".join(f"{name}: {value}" for name, value in describe_machine().items()))
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
