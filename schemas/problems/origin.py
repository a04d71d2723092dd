"""Where each part of a configuration was written."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from descent.schemas.problems.errors import Problem

Path = tuple[str | int, ...]
"""Keys and indices from the root of the document, such as ``("search", "models", 1, "lambda")``."""


def render(path: Path) -> str:
    """The path as a user writes it: ``search.models[1].lambda``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


@dataclass(frozen=True)
class Origin:
    """File, line numbers and overrides of a document; any two are equal, for where it was written is no part of what
    a configuration says.
    """

    file: str = ""
    lines: Mapping[Path, int] = field(default_factory=dict)
    overrides: Mapping[Path, str] = field(default_factory=dict)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Origin)

    def __hash__(self) -> int:
        return hash(Origin)

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with the key at a path: at its own line, at that of the nearest thing around it, or with the
        override that wrote it.
        """
        where, line = self.file, 0
        for outer in (path[:length] for length in range(len(path), -1, -1)):
            if outer in self.overrides:
                where = f"--set {self.overrides[outer]}"
                break
            if outer in self.lines:
                line = self.lines[outer]
                where = f"{self.file}:{line}"
                break
        return Problem(where, render(path), message, line)

    def overridden(self, path: Path, text: str) -> "Origin":
        """A copy in which ``text`` (of a ``--set``) wrote the path and everything inside it."""
        inside = len(path)
        lines = {key: line for key, line in self.lines.items() if key[:inside] != path}
        overrides = {key: earlier for key, earlier in self.overrides.items() if key[:inside] != path}
        return Origin(self.file, lines, overrides | {path: text})
