"""Tables that fit a terminal: columns of less weight are left out before a cell is broken."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 10_000


def fitted(build: "Callable[[Sequence[str]], Table]", spare: Sequence[str], console: "Console") -> "Table":
    """The table that ``build`` makes, without as many of the columns ``spare`` (the first goes first) as do not fit.

    ``build`` is told which to leave out. If the table is too wide even without them, its cells are folded.
    """
    for count in range(len(spare) + 1):
        table = build(spare[:count])
        if console.measure(table, options=console.options.update(max_width=WIDE)).minimum <= console.width:
            break
    return table
