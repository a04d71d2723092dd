"""The folder of one run: what it works on while it runs, and what it leaves behind."""

import json
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from .home import make_home


class Workspace:
    """``.descent/runs/<time>-<name>-<id>/`` with a ``scratch/`` folder that ends with the run.

    What stays is written aside and renamed: a file that exists is whole.
    """

    def __init__(self, name: str) -> None:
        slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
        self.id = f"{datetime.now():%Y%m%d-%H%M%S}-{slug}-{uuid.uuid4().hex[:6]}"
        self.folder = make_home("runs") / self.id
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir(parents=True)

    @property
    def progress(self) -> Path:
        """The progress file: one share of epochs done per variant."""
        return self.scratch / "progress.npy"

    @property
    def states(self) -> Path:
        """The folder of the states of chunks that have paused."""
        return self.scratch / "states"

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of the run, whole or not at all."""
        target = self.folder / name
        aside = target.with_name(f".{name}.{os.getpid()}")
        aside.write_text(text, encoding="utf-8")
        aside.replace(target)
        return target

    def write_json(self, name: str, value: Any) -> Path:
        """Write a value as JSON, whole or not at all."""
        return self.write_text(name, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")

    def keep(self, name: str) -> Path:
        """Move a finished ``scratch`` entry into the run's folder."""
        target = self.folder / name
        (self.scratch / name).replace(target)
        return target

    def close(self, *, finished: bool) -> None:
        """Remove the scratch folder; the whole folder if the run did not finish."""
        shutil.rmtree(self.scratch if finished else self.folder, ignore_errors=True)


@contextmanager
def workspace(name: str) -> Iterator[Workspace]:
    """A run's folder; when the run ends early, the folder goes."""
    work = Workspace(name)
    finished = False
    try:
        yield work
        finished = True
    finally:
        work.close(finished=finished)
