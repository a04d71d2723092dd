"""One BLAS thread while a fleet trains.

The matrices are small, so that more threads cost more than they give, and sums that threads share come out in
another order: with one thread a variant has the same bits in every process. NumPy's wheels bring OpenBLAS along,
whose number of threads can be set while it runs; with another BLAS its environment variable has to do
(``OMP_NUM_THREADS=1``, ``MKL_NUM_THREADS=1``, ``VECLIB_MAXIMUM_THREADS=1``).
"""

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import numpy as np

_NAMES = ("scipy_openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads", "openblas_{}_num_threads64_")


@cache
def _openblas() -> tuple[Callable[[], int], Callable[[int], None]] | None:
    """Getter and setter of the number of threads in NumPy's own OpenBLAS, if it has one."""
    for library in _libraries():
        for name in _NAMES:
            if hasattr(library, name.format("set")):
                return getattr(library, name.format("get")), getattr(library, name.format("set"))
    return None


def _libraries() -> Iterator[ctypes.CDLL]:
    package = Path(np.__file__).parent
    for folder in (package.with_name("numpy.libs"), package / ".dylibs"):
        for path in sorted(folder.glob("*openblas*")):
            yield ctypes.CDLL(str(path))


@cache
def blas_core() -> str | None:
    """The kind of processor that NumPy's own OpenBLAS has chosen its kernels for, if it has one."""
    for library in _libraries():
        for name in _NAMES:
            if hasattr(library, found := name.format("get").replace("num_threads", "corename")):
                ask = getattr(library, found)
                ask.restype = ctypes.c_char_p
                return bytes(ask()).decode("ascii", "replace")
    return None


@contextmanager
def one_thread() -> Iterator[None]:
    """Products inside run on one thread, in the whole process; afterwards as before."""
    controls = _openblas()
    before = controls[0]() if controls else 1
    if controls is None or before == 1:
        yield
        return
    controls[1](1)
    try:
        yield
    finally:
        controls[1](before)
