"""Waiting in a test for what the kernel, a server or another process does in its own time."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
SECONDS = 240
"""What has not come true by then never does."""


def eventually(holds: Callable[[], T]) -> T:
    """What ``holds`` gives as soon as that is true; what it gave last if it never came true."""
    deadline = time.monotonic() + SECONDS
    while not (found := holds()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found
