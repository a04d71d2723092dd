"""How NumPy computes while a fleet trains: one thread, no warnings, no subnormal numbers, loops as long as a block.

What overflows belongs to a diverging variant, and is found every epoch. A stack is worked on block by block, one
variant after the other, wherever a factor is shared by all variants or a block leaves out a row. NumPy (2.4) joins such
blocks as long as they fit the buffer in which it would convert types, and then loops over their rows: with its buffer
of 8,192 elements that is two to four times slower for blocks of 1,000 to 4,000 elements than with this smaller one.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from descent.ml.machine.subnormals import no_subnormals
from descent.ml.machine.threads import one_thread

BUFFER = 1024
"""Elements; the best or near it for blocks of 512 to 65,536 (512 to 4,096 were tried)."""


@contextmanager
def fleet_arithmetic() -> Iterator[None]:
    """Inside, NumPy computes as fleets need it; afterwards as before."""
    with one_thread(), no_subnormals(), np.errstate(all="ignore"):
        before = np.setbufsize(BUFFER)
        try:
            yield
        finally:
            np.setbufsize(before)
