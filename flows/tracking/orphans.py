"""Runs whose command is gone: killed from outside, they could not say so themselves."""

import os
import socket
from contextlib import suppress

import psutil

TAG = "descent.process"
"""Tag of a parent run that names the command's process: host, process id, and when that process began."""


def this_command() -> str:
    """The process that this is; to be asked in the command, not in one of its helpers."""
    return _described(os.getpid())


def is_gone(process: str) -> bool:
    """Whether the process of a tag has ended; only the host that it ran on can know."""
    host, _, rest = process.partition(" ")
    if host != socket.gethostname():
        return False
    pid = rest.split(" ")[0]
    return not pid.isdigit() or _described(int(pid)) != process


def _described(pid: int) -> str:
    began = 0.0
    with suppress(psutil.Error):
        began = psutil.Process(pid).create_time()
    return f"{socket.gethostname()} {pid} {began:.2f}"
