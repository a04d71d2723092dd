"""Findings on a terminal: the gravest first, each with its evidence and what to do, ready to be copied."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from descent.data.finding import Finding, joined_names

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "dim"}
FIRST = 3
"""So many of one kind are told in full, of the others their columns: a table of hundreds has dozens of a kind."""


class Noticed(Protocol):
    """A finding, or what a result keeps of one."""

    @property
    def name(self) -> str:
        """What kind of thing it is."""

    @property
    def severity(self) -> str:
        """error, warning or note."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it is about."""


One = TypeVar("One", bound=Noticed)


@dataclass(frozen=True)
class Kind(Generic[One]):
    """Findings of one name and severity: those to tell in full, and the others."""

    told: tuple[One, ...]
    others: tuple[One, ...]

    @property
    def rest(self) -> str:
        """The others in a clause."""
        columns = [name for finding in self.others for name in finding.columns]
        return f"and {len(self.others)} more like these: {joined_names(columns, 6)} (descent check --json has all)"


def kinds(findings: Sequence[One]) -> list[Kind[One]]:
    """Findings by kind, in the order in which the kinds first come."""
    groups: dict[tuple[str, str], list[One]] = {}
    for finding in findings:
        groups.setdefault((finding.severity, finding.name), []).append(finding)
    return [
        Kind(tuple(group), ()) if len(group) <= FIRST + 1 else Kind(tuple(group[:FIRST]), tuple(group[FIRST:]))
        for group in groups.values()
    ]


def lines(findings: Sequence[Finding]) -> Iterator[str]:
    """One line for each finding that is told in full, and one for the others of its kind."""
    for kind in kinds(findings):
        for finding in kind.told:
            yield f"{finding.severity} {finding.name}: {finding}"
        if kind.others:
            yield f"{finding.severity} {finding.name}: {kind.rest}"


def print_findings(findings: Sequence[Finding], console: "Console") -> None:
    """A heading for each kind, evidence, and what to do; options are not broken, so that they can be copied."""
    from rich.text import Text

    def say(text: str) -> None:
        console.print(f"    {text}", highlight=False, markup=False, soft_wrap=True)

    if not findings:
        console.print("Findings: none", style="green")
        return
    console.print(f"Findings: {counted(findings)}", highlight=False)
    for kind in kinds(findings):
        first, *further = kind.told
        console.print(Text.assemble("  ", (first.severity, COLOURS[first.severity]), f" {first.name}"))
        for finding, following in zip(kind.told, [*further, None], strict=True):
            say(finding.evidence)
            if following is None and kind.others:
                say(kind.rest)
            if following is None or following.action != finding.action:  # what is to be done about several, once
                say(f"→ {finding.action}")


def counted(findings: Sequence[Finding]) -> str:
    """How many of each severity: ``2 warnings, 1 note``."""
    counts = {kind: sum(finding.severity == kind for finding in findings) for kind in COLOURS}
    return ", ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in counts.items() if count)
