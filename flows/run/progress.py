"""What the user sees while a run works: one line per stage, one bar per fleet with its remaining time.

Workers write the share of epochs done into one memory-mapped array, a number per variant; the display reads it a few
times a second. So no message crosses a process for an epoch, and a run without a display costs nothing.
"""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console

NARROW = 80
"""Columns of a terminal below which there is no room for a bar and for how long it has run beside what is left."""


@dataclass(frozen=True)
class Bar:
    """One line of progress: the variants at ``slots`` of the progress file."""

    title: str
    slots: tuple[int, ...]


class Display(Protocol):
    """Where progress goes."""

    def stage(self, text: str) -> None:
        """Say that a stage has begun, or what it found."""

    def training(self, bars: Sequence[Bar], file: Path) -> "_Follow":
        """Follow ``file`` (float64, one share in [0, 1] per variant) while the context is open."""


class _Follow(Protocol):
    def __enter__(self) -> object: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None: ...


class Logged:
    """Writes stages to a logger: for use from Python, and in a worker of a team's Prefect server."""

    def __init__(self, log: Callable[[str], None]) -> None:
        self._log = log

    def stage(self, text: str) -> None:
        """Log the text."""
        self._log(text)

    @contextmanager
    def training(self, bars: Sequence[Bar], file: Path) -> Iterator[None]:
        """Log what is trained, and how long it took."""
        began = time.monotonic()
        for bar in bars:
            self._log(f"training {bar.title}")
        yield
        self._log(f"trained in {time.monotonic() - began:.1f} s")


class Terminal:
    """rich's progress bars on a terminal, one finished line per fleet elsewhere."""

    def __init__(self, console: "Console") -> None:
        self._console, self._waits = console, False

    @contextmanager
    def waiting(self, text: str) -> Iterator[None]:
        """Show on a terminal what the user waits for until the first stage is said: the imports alone take seconds."""
        from rich.text import Text

        if self._console.is_terminal:
            line = Text(text, "dim")
            line.truncate(self._console.width - 1, overflow="ellipsis")  # of two lines the first would stay
            self._console.print(line, end="\r")
            self._waits = True
        try:
            yield
        finally:
            self._clear()

    def _clear(self) -> None:
        from rich.control import Control
        from rich.segment import ControlType

        if self._waits:
            self._console.control(Control((ControlType.ERASE_IN_LINE, 2)))
            self._waits = False

    def stage(self, text: str) -> None:
        """Print one line."""
        self._clear()
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def training(self, bars: Sequence[Bar], file: Path) -> Iterator[None]:
        """Draw the bars until the context closes."""
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.table import Column

        began = time.monotonic()
        if not self._console.is_terminal:
            yield
            for bar in bars:
                self._console.print(f"  {bar.title}", highlight=False, markup=False)
            self._console.print(f"  trained in {time.monotonic() - began:.1f} s", highlight=False)
            return
        narrow = self._console.width < NARROW
        columns = (
            TextColumn("  {task.description}", markup=False),
            *(() if narrow else (BarColumn(bar_width=24),)),
            TextColumn("{task.percentage:>3.0f} %", table_column=Column(min_width=5)),
            *(() if narrow else (TimeElapsedColumn(table_column=Column(min_width=7)),)),
            TextColumn("left"),
            TimeRemainingColumn(table_column=Column(min_width=7)),  # rather the bar gives way
        )
        with Progress(*columns, console=self._console, refresh_per_second=5) as progress:
            tasks = [progress.add_task(bar.title, total=1.0) for bar in bars]
            done = threading.Event()

            def follow() -> None:
                while not done.wait(0.2):
                    for task, share in zip(tasks, shares(bars, file), strict=True):
                        progress.update(task, completed=share)

            follower = threading.Thread(target=follow, name="progress", daemon=True)
            follower.start()
            try:
                yield
            finally:
                done.set()
                follower.join()
            for task in tasks:
                progress.update(task, completed=1.0)


def shares(bars: Sequence[Bar], file: Path) -> list[float]:
    """Share of the work done per bar, in [0, 1], from the progress file."""
    import numpy as np

    done = np.load(file, mmap_mode="r")
    return [float(done[list(bar.slots)].mean()) for bar in bars]


def finish(file: Path, slots: Sequence[int]) -> None:
    """Count variants as done that will train no further."""
    import numpy as np

    np.load(file, mmap_mode="r+")[list(slots)] = 1.0


_display: ContextVar[Display] = ContextVar("display")


def display(otherwise: Display) -> Display:
    """The display of `shown_on`, if that is open."""
    return _display.get(otherwise)


@contextmanager
def shown_on(display: Display) -> Iterator[None]:
    """Send progress to ``display`` while the context is open."""
    token = _display.set(display)
    try:
        yield
    finally:
        _display.reset(token)
