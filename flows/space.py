"""Whether there is room for a run: better asked before than found out in the middle."""

import errno
import shutil
import tempfile
from pathlib import Path

from .home import home

LEAST = 64 << 20
"""Bytes that a run takes at least, 64 MiB: the databases of Prefect and MLflow, figures, a model."""
COPIES = 3
"""How many times the table is written: test rows, training rows, features."""


def refuse_full_disk(table_bytes: int) -> None:
    """Raise `OSError` (no space left) if the folder of runs or that of temporary files has no room for a run."""
    for folder in (home(), Path(tempfile.gettempdir())):
        there = next((place for place in (folder, *folder.parents) if place.exists()), None)
        needed = LEAST + COPIES * table_bytes if folder == home() else LEAST
        if there is not None and shutil.disk_usage(there).free < needed:
            raise OSError(errno.ENOSPC, "No space left on device", str(folder))
