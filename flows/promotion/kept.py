"""What a registered run keeps so that its model can be compared later: its test rows, which rows it learned from, and
some of those themselves, beside which fresh ones are laid.

The test rows stay what they are: a file known by its digest, opened by a comparison alone, which the ledger notes.
"""

import json
import shutil
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from descent.data.findings.matrix import spaced
from descent.data.findings.shift import ROWS as SHIFT_ROWS
from descent.data.splits.fingerprints import Hashes, row_hashes
from descent.flows.errors import RunError
from descent.flows.table.ledger import config_digest
from descent.flows.table.parts import Parts
from descent.flows.table.question import Question
from descent.flows.table.sealed import Sealed

FOLDER = "promotion"
ROWS, LEARNED, SAMPLE, ABOUT = "test-rows.parquet", "learned.npy", "learned-sample.parquet", "about.json"


@dataclass(frozen=True)
class About:
    """A model and its comparison: what it predicts, how it is compared, and its sealed test rows.

    ``columns`` are those whose cells tell rows apart. ``group`` names things whose rows are drawn together.
    """

    experiment: str
    target: str
    task: str
    classes: tuple[str, ...]
    metric: str
    confidence: float
    guards: tuple[str, ...]
    columns: tuple[str, ...]
    group: str | None
    config: str
    table: str
    sealed: str
    rows: str
    test_rows: int
    learned_rows: int = 0


def write(question: Question, parts: Parts, columns: Iterable[str], folder: Path) -> dict[str, Path]:
    """Write the files into a folder; gives them by the path that they get in MLflow."""
    inference, config = question.inference, question.config
    names = (*columns, inference.target)
    folder.mkdir(parents=True)
    about = About(
        config.title,
        inference.target,
        question.task,
        tuple(map(str, inference.classes)),
        question.metric,
        config.registration.confidence,
        config.registration.guards,
        names,
        inference.group if inference.split_by == "group" else None,
        config_digest(config),
        question.digest,
        parts.sealed.digest,
        parts.sealed.identity,
        parts.sealed.rows,
        parts.sizes["train"] + parts.sizes["cv"],
    )
    spaced(parts.frame[list(names)], SHIFT_ROWS).to_parquet(folder / SAMPLE, index=False)
    np.save(
        folder / LEARNED, np.unique(np.concatenate([row_hashes(frame, names) for frame in parts.rows.learned(parts)]))
    )
    shutil.copyfile(parts.sealed.path, folder / ROWS)
    (folder / ABOUT).write_text(json.dumps(asdict(about), indent=2, ensure_ascii=False), encoding="utf-8")
    return {f"{FOLDER}/{path.name}": path for path in folder.iterdir()}


@dataclass(frozen=True)
class Kept:
    """What a registered run has kept, in a folder."""

    folder: Path

    def about(self) -> About:
        """Raises `RunError` if it cannot be read."""
        try:
            stored: dict[str, Any] = json.loads((self.folder / ABOUT).read_text(encoding="utf-8"))
            lists = {name: tuple(stored[name]) for name in ("classes", "guards", "columns")}
            return About(**(stored | lists))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise RunError(f"{self.folder}: not the files of a registered run: {error}") from error

    def learned(self) -> Hashes:
        """Sorted hashes of the rows that the model has learned from."""
        return np.asarray(np.load(self.folder / LEARNED, allow_pickle=False))

    def sample(self) -> pd.DataFrame | None:
        """Some of those rows; None of a model that was registered before they were kept."""
        path = self.folder / SAMPLE
        return pd.read_parquet(path) if path.exists() else None

    def test_rows(self) -> pd.DataFrame:
        """The sealed test rows; the ledger must have been told. Raises `RunError` if they were changed."""
        about, path = self.about(), self.folder / ROWS
        if not path.exists():
            raise RunError(f"{path}: the sealed test rows are gone: train the challenger again")
        return Sealed(path, about.sealed, about.rows, about.test_rows).open()
