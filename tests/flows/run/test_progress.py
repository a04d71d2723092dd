"""How far a run is: bars on a terminal, lines elsewhere."""

from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from descent.flows.run.progress import Bar, Logged, Terminal, display, shares, shown_on


def test_a_share_is_the_mean_over_the_variants_of_a_bar(tmp_path: Path) -> None:
    np.save(tmp_path / "progress.npy", np.array([1.0, 0.5, 0.0, 0.25]))
    bars = [Bar("two", (0, 1)), Bar("not begun", (2,)), Bar("begun", (3,))]
    assert shares(bars, tmp_path / "progress.npy") == [0.75, 0.0, 0.25]


def test_progress_is_shown_only_where_somebody_looks(tmp_path: Path) -> None:
    page = StringIO()
    logged: list[str] = []
    otherwise = Logged(logged.append)
    with shown_on(Terminal(Console(file=page, width=80))):
        display(otherwise).stage("loading [all] of it")
        with display(otherwise).training([Bar("network 8", (0,))], tmp_path / "progress.npy"):
            pass
    assert logged == []
    assert page.getvalue().startswith("loading [all] of it\n  network 8\n  trained in ")
    display(otherwise).stage("on the log")
    with display(otherwise).training([Bar("network 8", (0,))], tmp_path / "progress.npy"):
        pass
    assert logged[:2] == ["on the log", "training network 8"]
    assert "log" not in page.getvalue()


def test_bars_follow_the_file_on_a_terminal(tmp_path: Path) -> None:
    np.save(tmp_path / "progress.npy", np.zeros(1))
    page = StringIO()
    terminal = Terminal(Console(file=page, width=100, force_terminal=True))
    with terminal.training([Bar("network 8", (0,))], tmp_path / "progress.npy"):
        pass
    assert "network 8" in page.getvalue()
    assert "100 %" in page.getvalue()


@pytest.mark.parametrize("width", [60, 70, 80, 120])
def test_bars_say_how_much_is_left_however_narrow_the_terminal(tmp_path: Path, width: int) -> None:
    np.save(tmp_path / "progress.npy", np.zeros(1))
    page = StringIO()
    title = "64-32 relu · adam · batch 128 × 24"
    with Terminal(Console(file=page, width=width, force_terminal=True, color_system=None)).training(
        [Bar(title, (0,))], tmp_path / "progress.npy"
    ):
        pass
    last = page.getvalue().splitlines()[-2]  # the last shows the cursor again
    assert title in last
    assert "100 % " in last
    assert "left 0:00:00" in last


def test_a_terminal_says_what_it_waits_for_until_the_first_stage(tmp_path: Path) -> None:
    page, file = StringIO(), StringIO()
    terminal = Terminal(Console(file=page, width=40, force_terminal=True))
    with terminal.waiting("reading " + 9 * "a/long/path/" + "t.csv …"):
        assert page.getvalue().startswith("\x1b[2mreading a/long")
        assert "\n" not in page.getvalue()  # so that it can be erased
        terminal.stage("t.csv: 9 rows")
    assert page.getvalue().endswith("\r\x1b[2Kt.csv: 9 rows\n")
    elsewhere = Terminal(Console(file=file, width=40))
    with elsewhere.waiting("reading t.csv …"):
        elsewhere.stage("t.csv: 9 rows")
    assert file.getvalue() == "t.csv: 9 rows\n"
