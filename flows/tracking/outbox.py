"""Where a run's records wait until MLflow has them: a folder of ``.descent/outbox/``, one file per record.

A file is written aside and renamed, so one that exists is whole. Nothing is removed before everything has arrived: a
sender that begins anew reads all of it again and asks MLflow what is there already. Whoever records or sends holds the
folder's lock, which the kernel releases with the process::

    .descent/outbox/20261124-093000-penguins-1a2b3c/
      lock, sending
      beginning.json
      variants-00001.json …      one per chunk
      outcome/                   outcome.json, artifacts/, model/
      ending.json                instead of an outcome: the run ended early
"""

import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from pathlib import Path
from threading import Lock
from typing import Any

from descent.flows.machine.home import home, make_home
from descent.flows.machine.locks import lock, locked
from descent.flows.tracking.records import Beginning, Dataset, Ending, RunOutcome, VariantRecord
from descent.ml.checkpoints import write_atomically

PART, GONE = ".part", ".gone"


def waiting() -> list["Outbox"]:
    """The outboxes of this folder, oldest first, whether their runs are under way or not."""
    folder = home() / "outbox"
    if not folder.is_dir():
        return []
    found = [path for path in sorted(folder.iterdir()) if path.is_dir()]
    for path in found:
        if path.name.endswith(GONE):  # its removal was interrupted
            shutil.rmtree(path, ignore_errors=True)
    return [Outbox(path) for path in found if (path / "beginning.json").exists()]


class Outbox:
    """The records of one run. Opening one that exists goes on with it: what it has is not recorded again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None
        self._adding = Lock()
        self._last, self._have = 0, set[str]()
        for number, variants in self.batches():
            self._last, self._have = number, self._have | {variant.name for variant in variants}

    @classmethod
    def of(cls, key: str) -> "Outbox":
        """The outbox of the run with that key, made if need be."""
        return cls(make_home("outbox", key))

    @classmethod
    def taken(cls, key: str) -> "Outbox":
        """The outbox of that run, held: waits for whoever still sends what a killed command has left.

        That is a ``descent sync``, or the command's own recording process, which outlives it for a moment.
        """
        while True:
            box = cls.of(key)
            with suppress(FileNotFoundError):  # it is sent now, and the folder has gone
                box._lock = lock(box.folder / "lock")
                with locked(box.folder / "sending"):
                    assert box._lock is not None
                    if os.path.samestat(os.fstat(box._lock), (box.folder / "lock").stat()):
                        return box
            box.release()

    def hold(self) -> bool:
        """Take the lock until the process ends or `release`; False if another has it."""
        if self._lock is None:
            self._lock = lock(self.folder / "lock", wait=False)
        return self._lock is not None

    def release(self) -> None:
        """Let others have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    # Writing.

    def begin(self, beginning: Beginning) -> None:
        """Record the parent run; the first beginning stays, but for its tags: another process may go on with it.

        Of a run that did not finish the variants stay, and what was said of its end goes.
        """
        if (self.folder / "beginning.json").exists():
            beginning = replace(self.beginning(), tags=beginning.tags)
        for name in ("ending.json", "system.json"):
            (self.folder / name).unlink(missing_ok=True)
        shutil.rmtree(self.folder / "outcome", ignore_errors=True)
        self._write("beginning.json", asdict(beginning))

    def add(self, variants: Sequence[VariantRecord]) -> None:
        """Record trained variants, those that are not recorded yet."""
        with self._adding:  # chunks end in threads
            fresh = [variant for variant in variants if variant.name not in self._have]
            if not fresh:
                return
            self._write(f"variants-{self._last + 1:05}.json", [asdict(variant) for variant in fresh])
            self._last += 1
            self._have |= {variant.name for variant in fresh}

    def finish(self, outcome: RunOutcome, artifacts: Mapping[str, Path | str], model: Path) -> None:
        """Record the outcome with copies of its files: ``artifacts`` by path, each a file or a text; and the model."""
        if (self.folder / "outcome").exists():
            return
        aside = self.folder / f"outcome{PART}"
        shutil.rmtree(aside, ignore_errors=True)
        try:
            for name, content in artifacts.items():
                target = aside / "artifacts" / name
                target.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, Path):
                    shutil.copyfile(content, target)
                else:
                    target.write_text(content, encoding="utf-8")
            shutil.copytree(model, aside / "model")
            (aside / "outcome.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")
        except OSError:  # the disk is full: what is there of it takes room and says nothing
            shutil.rmtree(aside, ignore_errors=True)
            raise
        aside.replace(self.folder / "outcome")

    def end(self, ending: Ending) -> None:
        """Record that the run ended early."""
        self._write("ending.json", asdict(ending))

    def observe(self, metrics: Sequence[tuple[int, Mapping[str, float]]]) -> None:
        """Record what the machine was doing: metrics by name at times in milliseconds."""
        self._write("system.json", list(metrics))

    def remove(self) -> None:
        """Everything has arrived."""
        gone = self.folder.with_name(f"{self.folder.name}{GONE}")
        shutil.rmtree(gone, ignore_errors=True)  # of a run that was killed while it did this, and went on
        self.folder.replace(gone)
        shutil.rmtree(gone, ignore_errors=True)

    # Reading.

    @property
    def key(self) -> str:
        """The key of the run."""
        return self.folder.name

    def beginning(self) -> Beginning:
        """The parent run."""
        found = self._read("beginning.json")
        return Beginning(**{**found, "datasets": [Dataset(**dataset) for dataset in found["datasets"]]})

    def batches(self, after: int = 0) -> Iterator[tuple[int, list[VariantRecord]]]:
        """Numbered batches of variants in the order of recording, those written meanwhile included."""
        number = after + 1
        while (self.folder / f"variants-{number:05}.json").exists():
            yield number, self.variants(number)
            number += 1

    def variants(self, number: int) -> list[VariantRecord]:
        """One batch of variants."""
        return [VariantRecord(**record) for record in self._read(f"variants-{number:05}.json")]

    def outcome(self) -> RunOutcome | None:
        """What the run found out, once it has."""
        if not (self.folder / "outcome").exists():
            return None
        found = self._read("outcome/outcome.json")
        datasets = [Dataset(**dataset) for dataset in found["datasets"]]
        return RunOutcome(**{**found, "datasets": datasets, "winner": VariantRecord(**found["winner"])})

    def ending(self) -> Ending | None:
        """How the run ended early, if it did."""
        return Ending(**self._read("ending.json")) if (self.folder / "ending.json").exists() else None

    def observed(self) -> list[tuple[int, dict[str, float]]]:
        """What `observe` recorded."""
        if not (self.folder / "system.json").exists():
            return []
        return [(int(at), metrics) for at, metrics in self._read("system.json")]

    @property
    def artifacts(self) -> Path:
        """The folder of the outcome's artifacts."""
        return self.folder / "outcome" / "artifacts"

    @property
    def model(self) -> Path:
        """The folder of the outcome's model."""
        return self.folder / "outcome" / "model"

    def _write(self, name: str, value: Any) -> None:
        write_atomically(self.folder / name, json.dumps(value).encode(), durable=False)

    def _read(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))
