"""Results in a file of JSON lines, one per table, split seed and model: what stands there is not measured again."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """One model on one table and split."""

    table: str
    seed: int
    model: str
    loss: float | None
    """On the test rows; None where the model failed."""
    auc: float | None
    seconds: float
    """Of processor."""
    dummy: float | None = None
    """The loss of knowing nothing on the same rows, as descent reports it: tells whether they were the same rows."""
    error: str | None = None

    @property
    def key(self) -> tuple[str, int, str]:
        """What it is a result of."""
        return self.table, self.seed, self.model


class Kept:
    """The results of a file; a later line replaces an earlier one of the same key."""

    def __init__(self, path: Path):
        self.path = path
        self._known = {one.key: one for one in self._lines()}

    def __contains__(self, key: tuple[str, int, str]) -> bool:
        return key in self._known

    def __iter__(self) -> Iterator[Measured]:
        return iter(self._known.values())

    def add(self, one: Measured) -> None:
        """Keep it, in the file first: an interruption loses the one under way alone."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
        self._known[one.key] = one

    def _lines(self) -> Iterator[Measured]:
        if self.path.exists():
            for line in self.path.read_text(encoding="utf-8").splitlines():
                yield Measured(**json.loads(line))
