"""What a check found: a name to look it up by, how bad it is, and what to do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from descent.data.options import exclude

Severity = Literal["error", "warning", "note"]
SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""error: the run stops before any training. warning: the result may mislead. note: good to know, and taken care of."""

LEAKAGE = frozenset({"target-leakage", "suspicious-predictor"})
"""Findings that put all the rest of a result in question, so they come first in the advice."""


@dataclass(frozen=True)
class Finding:
    """One thing about a table that its owner should know.

    Attributes:
        name: what kind of thing, the same for every table, such as ``target-leakage``.
        severity: error, warning or note.
        columns: the columns that it is about, in the table's order; empty if it is about rows.
        evidence: what was seen, with its numbers; a clause without a full stop.
        action: what to do about it, with the option to type where there is one; a clause without a full stop.
    """

    name: str
    severity: Severity
    columns: tuple[str, ...]
    evidence: str
    action: str

    def __str__(self) -> str:
        return f"{self.evidence}: {self.action}"


def leak(names: list[str], evidence: str, name: str = "target-leakage") -> Finding:
    """A finding about columns that may not be known when a prediction is asked for."""
    known = "is it known before" if len(names) == 1 else "are they known before"
    return Finding(name, "warning", tuple(names), evidence, f"{known}? If not: {exclude(names)}")


def joined_names(names: Sequence[str], most: int = 8) -> str:
    """Names in a sentence: a, b and c; the tail of a long list as a number."""
    shown = list(names)
    if len(shown) > most:
        shown = [*shown[: most - 1], f"{len(shown) - most + 1} more"]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def ordered(findings: list[Finding]) -> tuple[Finding, ...]:
    """Errors first, then warnings, leakage before others; else as they came."""
    return tuple(sorted(findings, key=lambda one: (SEVERITIES.index(one.severity), one.name not in LEAKAGE)))
