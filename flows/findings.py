"""Findings on a terminal: the gravest first, each with its evidence and what to do, ready to be copied."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from data.findings.finding import Finding

if TYPE_CHECKING:
    from rich.console import Console

COLOURS = {"error": "bold red", "warning": "bold yellow", "note": "dim"}


def print_findings(findings: Sequence[Finding], console: "Console") -> None:
    """Three lines for each finding; options are not broken, so that they can be copied."""
    from rich.text import Text

    if not findings:
        console.print("Findings: none", style="green")
        return
    console.print(f"Findings: {counted(findings)}", highlight=False)
    for finding in findings:
        console.print(Text.assemble("  ", (finding.severity, COLOURS[finding.severity]), f" {finding.name}"))
        console.print(f"    {finding.evidence}", highlight=False, markup=False, soft_wrap=True)
        console.print(f"    → {finding.action}", highlight=False, markup=False, soft_wrap=True)


def counted(findings: Sequence[Finding]) -> str:
    """How many of each severity: ``2 warnings, 1 note``."""
    counts = {kind: sum(finding.severity == kind for finding in findings) for kind in COLOURS}
    return ", ".join(f"{count} {kind}{'s' * (count != 1)}" for kind, count in counts.items() if count)
