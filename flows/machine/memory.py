"""How much memory a run may take with its table in it, before that is read some rows at a time."""

import ctypes
import gc
import re
from pathlib import Path

UNITS = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}
CGROUP = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def budget(setting: str) -> int:
    """Bytes: those of a setting such as ``2GB``, or for ``auto`` half of what this machine or container has."""
    if setting == "auto":
        return machine() // 2
    number, unit = re.fullmatch(r"([\d.]+)\s*([a-zA-Z]+)", setting).groups()  # type: ignore[union-attr]  # validated
    return int(float(number) * UNITS[unit.lower()])


def machine() -> int:
    """Bytes of memory that this process may use: the machine's, or the container's where that is less."""
    import psutil

    limits = [int(psutil.virtual_memory().total)]
    for path in CGROUP:
        try:
            text = path.read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            limits.append(int(text))
    return min(limits)


def release() -> None:
    """Return to the system what nobody names any more.

    Tasks hold the table that went through them in circles; Arrow and the C library keep what was freed: 0.2 GB of 8e6
    rows.
    """
    from descent.data.reading.tables import release_memory

    gc.collect()
    release_memory()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc's alone
    if trim is not None:
        trim(0)
