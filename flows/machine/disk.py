"""Whether there is room for a run: better asked before than found out in the middle."""

import errno
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from descent.flows.machine.home import home

LEAST = 64 << 20
"""Bytes that a run takes at least, 64 MiB: the databases of Prefect and MLflow, figures, a model."""
COPIES = 3
"""How many times the table is written: test rows, training rows, features."""


class DiskFullError(OSError):
    """A folder has less room than a run needs."""


def refuse_full_disk(table_bytes: int) -> None:
    """Raise `DiskFullError` if the folder of runs or that of temporary files has no room for a run."""
    for folder, usage in _usages():
        needed = LEAST + COPIES * table_bytes if folder == home() else LEAST
        if usage.free < needed:
            raise DiskFullError(errno.ENOSPC, f"A run with this table needs about {_size(needed)}", str(folder))


def is_full_disk(error: BaseException | None) -> bool:
    """Whether an error, or one that led to it, says that no space is left: the system's, SQLite's, or in words."""
    while error is not None:
        text = str(error)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return True
        if "No space left on device" in text or "database or disk is full" in text:
            return True
        error = error.__cause__ or error.__context__
    return False


def told(error: BaseException) -> str:
    """The message for whoever filled the disk: where a run writes, how much is free there, what to do."""
    free = ", ".join(f"{folder} has {_size(usage.free)} free of {_size(usage.total)}" for folder, usage in _usages())
    needed = f" {error.strerror}." if isinstance(error, DiskFullError) else ""
    return (
        f"the disk is full: {free}.{needed} Free some space, or set DESCENT_HOME (runs) and TMPDIR (temporary "
        "files) to folders on another disk, and run again. No partial files were kept"
    )


def _usages() -> Iterator[tuple[Path, "shutil._ntuple_diskusage"]]:
    for folder in (home(), Path(tempfile.gettempdir())):
        there = next((place for place in (folder, *folder.parents) if place.exists()), None)
        if there is not None:
            yield folder, shutil.disk_usage(there)


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
