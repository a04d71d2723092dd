"""Which runs have not finished, so that the same command goes on with them; and that only one does at a time.

An experiment is known by a digest of its configuration, the table's content, the code that trains and the MLflow store.
The run that works on it holds the lock of that digest, which the kernel releases with the process, and leaves its name
beside it until it has finished::

    .descent/unfinished/<digest>.lock   held while a run works on the experiment
    .descent/unfinished/<digest>.json   the run's name, its process, since when
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from descent.flows.machine.home import home, make_home
from descent.flows.machine.locks import lock
from descent.flows.run.workspace import Workspace, new_id
from descent.flows.table import ledger
from descent.flows.tracking import store
from descent.ml.checkpoints import write_atomically
from descent.ml.machine.source import code
from descent.schemas import ExperimentConfig, ExperimentResult


def experiment_digest(config: ExperimentConfig, table: str) -> str:
    """What tells one experiment from another: SHA-256; ``table`` is the digest of the table's content."""
    facts = (config.title, ledger.config_digest(config), table, code(), store.tracking_uri())
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


class Claim:
    """The right to work on an experiment: `take` it, then `workspace` is the run's; leaving the context gives it back.

    A run that did not finish is found again under its name by the next that takes the same.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._lock: int | None = None
        self._note = self._path = Path()
        self._work: Workspace | None = None
        self.result: ExperimentResult | None = None
        """The whole result of a run whose command was killed between the last write and its end."""

    def __enter__(self) -> Self:
        return self

    def take(self, config: ExperimentConfig, table: str, *, fresh: bool) -> Workspace:
        """Wait until nobody else works on it; gives the workspace of the run that did not finish, or of a new one.

        With ``fresh`` always of a new one.
        """
        digest = experiment_digest(config, table)
        folder = make_home("unfinished")
        self._path, self._note = folder / f"{digest}.lock", folder / f"{digest}.json"
        self._lock = self._locked()
        _tidy(folder)
        left = None if fresh else _read(self._note)
        now = datetime.now().timestamp()
        note = left or {"run": new_id(config.title), "since": now}
        told = json.dumps({**note, "pid": os.getpid(), "at": now})
        write_atomically(self._note, told.encode(), durable=False)  # before there is a folder to be found
        self._work = Workspace(config.title, str(note["run"]))
        if left is None:
            return self._work
        self.result = self._work.result()
        if self.result is not None:
            self._say(f"the run {self._work.id} had finished when its command was killed; this is its result")
            return self._work
        began = f"{datetime.fromtimestamp(left['since']):%Y-%m-%d %H:%M:%S}"
        self._say(f"resuming the run {self._work.id}, begun {began} and unfinished (--fresh starts over)")
        self._work.clear()
        return self._work

    def _locked(self) -> int:
        """The lock, waited for if need be; of the file that is there, not of one that was removed meanwhile."""
        told = False
        while True:
            found = lock(self._path, wait=False)
            if found is None:
                if not told:
                    self._say(self._holder())
                    told = True
                found = lock(self._path)
            assert found is not None
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(found), self._path.stat()):
                    return found
            os.close(found)

    def _holder(self) -> str:
        note = _read(self._note)
        if note is None:
            return "another command is running this experiment: waiting for it"
        since = f"{datetime.fromtimestamp(note.get('at', note['since'])):%H:%M:%S}"
        return (
            f"process {note.get('pid')} has been running this experiment since {since} (run {note['run']}): "
            f"waiting for it"
        )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._work is not None:
            self._work.close(finished=kind is None)
        if kind is None:
            self._note.unlink(missing_ok=True)
        if self._lock is not None:
            if kind is None:
                self._path.unlink(missing_ok=True)
            os.close(self._lock)


def waiting() -> list[str]:
    """Names of the runs that have not finished and that nobody works on."""
    found = []
    for note in sorted((home() / "unfinished").glob("*.json")):
        left = _read(note)
        held = lock(note.with_suffix(".lock"), wait=False)
        if held is not None:
            os.close(held)
            if left is not None:
                found.append(str(left["run"]))
    return found


def _tidy(folder: Path) -> None:
    """Remove what killed runs worked on: going on with them takes none of it."""
    for note in folder.glob("*.json"):
        left = _read(note)
        scratch = home() / "runs" / str(left["run"]) / "scratch" if left is not None else None
        if scratch is not None and scratch.exists():
            held = lock(note.with_suffix(".lock"), wait=False)
            if held is not None:
                shutil.rmtree(scratch, ignore_errors=True)
                os.close(held)


def _read(note: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
        return found if {"run", "since"} <= set(found) else None
    except (OSError, ValueError, TypeError):
        return None
