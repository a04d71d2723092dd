"""What a terminal shows of many findings and many columns: the first of each kind, and how many others there are."""

import io

from rich.console import Console

from descent.data import Finding
from descent.data.roles.roles import Column
from descent.flows.cli.check import _columns
from descent.flows.report.findings import kinds, lines, print_findings

MEND = "mend it"


def outliers(count: int, severity: str = "note", action: str = MEND) -> list[Finding]:
    return [
        Finding("extreme-outliers", severity, (f"c{k}",), f"c{k} is odd", action)  # type: ignore[arg-type]
        for k in range(count)
    ]


def printed(findings: list[Finding]) -> list[str]:
    stream = io.StringIO()
    print_findings(findings, Console(file=stream, width=60))
    return [line.strip() for line in stream.getvalue().splitlines()]


def test_many_findings_of_a_kind_are_told_once_with_what_to_do() -> None:
    leak = Finding("target-leakage", "warning", ("c9",), "c9 tells y", "leave it out")
    assert printed([leak, *outliers(20)]) == [
        "Findings: 1 warning, 20 notes",
        "warning target-leakage",
        "c9 tells y",
        "→ leave it out",
        "note extreme-outliers",
        "c0 is odd",
        "c1 is odd",
        "c2 is odd",
        "and 17 more like these: c3, c4, c5, c6, c7 and 12 more (descent check --json has all)",
        "→ mend it",
    ]


def test_few_are_told_in_full_and_each_with_its_own_action() -> None:
    assert [line for line in printed(outliers(4)) if "more" in line] == []
    told = printed([*outliers(1, action="this"), *outliers(1, action="that")])
    assert told[2:] == ["c0 is odd", "→ this", "c0 is odd", "→ that"]


def test_a_warning_hides_behind_no_note() -> None:
    first, second = kinds([*outliers(9), *outliers(1, "warning")])
    assert (len(first.told), len(first.others), len(second.told)) == (3, 6, 1)


def test_a_run_says_the_same_in_a_line_each() -> None:
    said = list(lines(outliers(9)))
    assert said[0] == "note extreme-outliers: c0 is odd: mend it"
    assert len(said) == 4
    assert said[3].startswith("note extreme-outliers: and 6 more like these: c3, c4,")


def test_of_many_columns_the_first_of_each_role_are_shown() -> None:
    numbers = [Column(f"n{k}", "numeric", f"from 0 to {k}") for k in range(100)]
    words = [Column(f"w{k}", "categorical", "words") for k in range(6)]
    shown = list(_columns([*words, *numbers]))
    assert len(shown) == 6 + 5 + 1
    assert shown[-1][:2] == ("… 95 more", "numeric")
    assert "'n5', 'n6'" in shown[-1][2]
    assert len(list(_columns(numbers[:40]))) == 40
