"""One BLAS thread while a fleet trains.

The matrices are small, so that more threads cost more than they give, and sums that threads share come out in
another order: with one thread a variant has the same bits in every process. The wheels of NumPy and SciPy each bring
an OpenBLAS along, whose number of threads can be set while it runs; with another BLAS its environment variable has to
do (``OMP_NUM_THREADS=1``, ``MKL_NUM_THREADS=1``, ``VECLIB_MAXIMUM_THREADS=1``). threadpoolctl (3.8) does not serve: of
several threads of a process it lets one alone set the number, and the others train with what that one left.
"""

import ctypes
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock

_NAMES = ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads", "openblas_{}_num_threads64_")

Controls = tuple[Callable[[], int], Callable[[int], None]]
"""Getter and setter of the number of threads."""


def _loaded() -> Iterator[Controls]:
    """Of the OpenBLAS of NumPy's wheel, and of SciPy's, which is another, where it is loaded."""
    for package in ("numpy", "scipy.linalg"):
        if package in sys.modules and (controls := openblas(package)) is not None:
            yield controls


@cache
def openblas(package: str = "numpy") -> Controls | None:
    """Those of the OpenBLAS that came in the wheel of a package that is imported; None where none came."""
    for library in _libraries(package):
        for name in _NAMES:
            if hasattr(library, name.format("set")):
                return getattr(library, name.format("get")), getattr(library, name.format("set"))
    return None


def _libraries(package: str) -> Iterator[ctypes.CDLL]:
    name = package.partition(".")[0]
    place = Path(str(sys.modules[name].__file__)).parent
    for folder in (place.with_name(f"{name}.libs"), place / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            yield ctypes.CDLL(str(path))


@cache
def blas_core() -> str | None:
    """The kind of processor that NumPy's own OpenBLAS has chosen its kernels for, if it has one."""
    for library in _libraries("numpy"):
        for name in _NAMES:
            if hasattr(library, found := name.format("get").replace("num_threads", "corename")):
                ask = getattr(library, found)
                ask.restype = ctypes.c_char_p
                return bytes(ask()).decode("ascii", "replace")
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Products inside run on one thread, in the whole process; afterwards as before.

    Of threads that overlap the first to enter sets it and the last to leave puts it back.
    """
    with _lock:
        for get, put in _loaded():
            if (before := get()) != 1:
                _changed.append((put, before))
                put(1)
        _inside.append(True)
    try:
        yield
    finally:
        with _lock:
            _inside.pop()
            if not _inside:
                for put, before in _changed:
                    put(before)
                _changed.clear()


_lock = Lock()
_inside: list[bool] = []
_changed: list[tuple[Callable[[int], None], int]] = []
"""What had more threads, and how many."""
