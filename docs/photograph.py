"""A picture of a page that has come to rest."""

import time
from pathlib import Path

from tests.browser import Browser

TRIES = 30
CALM = "document.head.insertAdjacentHTML('beforeend', '<style>.modebar {display: none}</style>')"
"""Plotly's buttons lie over the charts while the mouse is there; a browser without a mouse shows them always."""


def photograph(window: Browser, picture: Path) -> None:
    """Write what the window shows once it has not changed for a second, or will not rest."""
    window.run(CALM)
    before = b""
    for _ in range(TRIES):
        time.sleep(1)
        window.screenshot(picture)
        if (now := picture.read_bytes()) == before:
            return
        before = now
