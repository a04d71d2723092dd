"""Who has looked at which test rows: one line of JSON for every opening, appended and never changed.

The line is on the disk before the rows are read, so a run that dies in between counts as well. What a crash has left of
a line is skipped when reading, and the next line begins on a line of its own.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from descent.flows.errors import RunError
from descent.flows.machine.home import make_home
from descent.flows.machine.locks import lock
from descent.schemas import ExperimentConfig

NAME = "openings.jsonl"
LEVEL = 0.05
"""Share of intervals that may miss the true value."""


@dataclass(frozen=True)
class Opening:
    """One opening of sealed test rows.

    ``when`` is in UTC; ``config`` a digest of all settings that decide about the model, ``table`` and ``sealed``
    those of the table's and the sealed file's content, ``rows`` says which rows of the table they are, whatever their
    cells were read as (`sealed.Sealed.identity`).
    """

    when: str
    experiment: str
    run: str
    target: str
    config: str
    table: str
    sealed: str
    rows: str
    test_rows: int
    version: str

    @property
    def model(self) -> tuple[str, str]:
        """What tells one model from another: settings and table."""
        return self.config, self.table


@dataclass(frozen=True)
class Count:
    """What the ledger says about an opening that was just written.

    ``number`` different models have looked at these test rows by now, this one among them; running the same again is
    no further look. ``elsewhere`` counts the other sets of test rows that were drawn from the same table for the same
    target and opened: with another seed or fraction. ``unreadable`` lines may hide openings. ``repeated`` are earlier
    openings by the same run, which died before it had its result and then went on: they are no further look.
    """

    opening: Opening
    number: int
    elsewhere: int
    unreadable: int
    repeated: int = 0

    @property
    def confidence(self) -> float:
        """Of the intervals of this opening: 1 − 0.05/k for the k-th model that looks at the same rows.

        At this level the intervals of all k hold together with 95 %, and so does that of the one that is chosen among
        them with hindsight (Bonferroni's inequality: Dunn 1961, *Multiple comparisons among means*, JASA 56, 52-64).
        It is no cure for settings that were made up after a look (Dwork et al. 2015, *The reusable holdout*, Science
        349, 636-638): only rows that nobody has looked at are.
        """
        return 1 - LEVEL / self.number


def enter(opening: Opening) -> Count:
    """Append an opening and count it among the earlier ones; on the disk when this returns.

    Raises:
        RunError: the ledger cannot be written, so the rows must stay sealed.
    """
    path = make_home() / NAME
    try:
        earlier, unreadable = _append(path, opening)
    except OSError as error:
        raise RunError(
            f"the opening of the test rows cannot be recorded: {path}: {error.strerror}. They stay sealed; free "
            "some space or grant write permission, and run again"
        ) from error
    seen = [one for one in (*earlier, opening) if one.target == opening.target]
    same = _same_rows(seen, opening)
    others = {one.rows for one in seen if one.table == opening.table and one not in same}
    repeated = sum(one.run == opening.run and one.model == opening.model for one in earlier)
    return Count(opening, len({one.model for one in same}), len(others), unreadable, repeated)


def config_digest(config: ExperimentConfig) -> str:
    """SHA-256 over all settings that decide about the model: not names, where the table lies, or who does the work."""
    indifferent: Any = {
        "name": True,
        "data": {"source"},
        "compute": {"engine", "address", "workers"},
        "track": True,
        "registration": True,
        "retrain": True,
    }
    plain = config.model_dump(mode="json", exclude=indifferent)
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()


def read(path: Path) -> tuple[list[Opening], int]:
    """The openings of a ledger, oldest first, and how many lines cannot be read; none if there is no such file."""
    return _parse(path.read_bytes()) if path.exists() else ([], 0)


def _same_rows(seen: Sequence[Opening], opening: Opening) -> list[Opening]:
    """Those of the same test rows: by their place in the table or by their content, from one opening to the next."""
    known: set[str] = set()
    grown = {opening.rows, opening.sealed}
    while len(grown) > len(known):
        known = grown
        grown = known.union(*({one.rows, one.sealed} for one in seen if one.rows in known or one.sealed in known))
    return [one for one in seen if one.rows in known]


def _append(path: Path, opening: Opening) -> tuple[list[Opening], int]:
    new = not path.exists()
    descriptor = lock(path)
    assert descriptor is not None
    with os.fdopen(descriptor, "r+b", buffering=0) as file:
        content = file.readall()
        begun = content != b"" and not content.endswith(b"\n")
        line = json.dumps(asdict(opening), ensure_ascii=False).encode()
        _write(file.fileno(), (b"\n" if begun else b"") + line + b"\n", len(content))
    if new:
        _sync_folder(path.parent)
    return _parse(content)


def _write(descriptor: int, line: bytes, end: int) -> None:
    """Write a line at the end of the file, whole and on the disk, or leave the file as it was."""
    try:
        left = line
        while left:
            left = left[os.pwrite(descriptor, left, end + len(line) - len(left)) :]
        os.fsync(descriptor)
    except OSError:
        os.ftruncate(descriptor, end)
        raise


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _parse(content: bytes) -> tuple[list[Opening], int]:
    found = [_opening(line) for line in _lines(content)]
    return [one for one in found if one is not None], found.count(None)


def _lines(content: bytes) -> Iterator[bytes]:
    return (line for line in content.split(b"\n") if line.strip())


def _opening(line: bytes) -> Opening | None:
    try:
        values: Any = json.loads(line)
        return Opening(**{field.name: field.type(values[field.name]) for field in fields(Opening)})  # type: ignore[operator]
    except (ValueError, KeyError, TypeError):
        return None
