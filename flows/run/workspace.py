"""The folder of one run: what it works on while it runs, and what it leaves behind."""

import re
import shutil
import uuid
from datetime import datetime
from pathlib import Path

from descent.flows.machine.home import make_home
from descent.ml.checkpoints import write_atomically
from descent.schemas import ExperimentResult

RESULT = "result.json"
"""The last file that a run writes: where it is, the run is whole."""

REPORT = "report.html"
"""Name of the report, in the run's folder and in MLflow."""


def new_id(name: str) -> str:
    """An id for a run: when, what, and six hexadecimal digits by chance."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "run"
    return f"{datetime.now():%Y%m%d-%H%M%S}-{slug}-{uuid.uuid4().hex[:6]}"


class Workspace:
    """``.descent/runs/<time>-<name>-<id>/`` with a ``scratch/`` folder that ends with the run.

    What stays is written aside and renamed: a file that exists is whole.
    """

    def __init__(self, name: str, left: str | None = None) -> None:
        """``left`` is the id of a run that did not finish and goes on here."""
        self.id = left or new_id(name)
        self.folder = make_home("runs") / self.id
        self.scratch = self.folder / "scratch"
        self.scratch.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Remove what a killed command has left."""
        shutil.rmtree(self.folder)
        self.scratch.mkdir(parents=True)

    def result(self) -> ExperimentResult | None:
        """The result, if the run is whole."""
        try:
            return ExperimentResult.model_validate_json((self.folder / RESULT).read_bytes())
        except (OSError, ValueError):
            return None

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of the run, whole or not at all."""
        write_atomically(self.folder / name, text.encode(), durable=False)
        return self.folder / name

    def keep(self, name: str) -> Path:
        """Move a finished ``scratch`` entry into the run's folder."""
        target = self.folder / name
        (self.scratch / name).replace(target)
        return target

    def close(self, *, finished: bool) -> None:
        """Remove the scratch folder; the whole folder if the run did not finish."""
        shutil.rmtree(self.scratch if finished else self.folder, ignore_errors=True)
