"""What goes wrong with a configuration.

ValueError
└── ConfigError        one or several problems of a configuration, worded for the user
"""

from collections.abc import Sequence
from dataclasses import dataclass

from descent.schemas.problems.secrets import conceal


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong."""

    where: str
    """File and line (``experiments/x.yaml:12``), or the ``--set`` at fault; empty for a mapping made in Python."""
    key: str
    """Path of the key, such as ``search.models[1].lambda``; empty when the whole document is meant."""
    message: str
    """What is wrong and what to do."""
    line: int = 0
    """Line in the file; 0 where there is none."""

    def __str__(self) -> str:
        return conceal(": ".join(part for part in (self.where, self.key, self.message) if part))


class ConfigError(ValueError):
    """A configuration cannot be used.

    ``str(error)`` is the finished message: one line for each problem, in the order of the file.
    """

    def __init__(self, problems: Sequence[Problem] | str) -> None:
        given = [Problem("", "", problems)] if isinstance(problems, str) else problems
        self.problems = tuple(sorted(given, key=lambda problem: (problem.line == 0, problem.line)))
        super().__init__("\n".join(map(str, self.problems)))

    def __reduce__(self) -> tuple[type["ConfigError"], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)
