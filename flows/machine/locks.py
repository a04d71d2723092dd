"""File locks that the kernel releases when their holder ends, however it ends: no stale pid files."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def lock(path: Path, *, shared: bool = False, wait: bool = True) -> int | None:
    """Lock a file and return its descriptor, which keeps the lock until it is closed.

    None without ``wait`` where another descriptor holds it alone, or holds it at all and it is not asked for shared.
    A process that inherits the descriptor holds the lock as well.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        os.close(descriptor)
        return None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a file's lock, alone, while the context is open."""
    descriptor = lock(path)
    assert descriptor is not None
    try:
        yield
    finally:
        os.close(descriptor)


def is_free(path: Path) -> bool:
    """Whether nobody holds the file's lock, in either form. The look itself takes it for a moment."""
    if not path.exists():
        return True
    descriptor = lock(path, wait=False)
    if descriptor is None:
        return False
    os.close(descriptor)
    return True
