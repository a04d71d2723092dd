"""What holds for all tests."""

import os
import signal

from hypothesis import settings

# Before NumPy is imported, for this process and all that it starts: two workers with two BLAS threads each would wait
# for each other on two cores, the small systems of a Gaussian process ten times as long as they take.
for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(name, "1")

# A shell starts what runs in the background with Ctrl-C ignored, and training and commands rightly leave that alone:
# tests that press it would wait for ever. Processes that tests start inherit what stands here.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# No test asserts a time, and hypothesis' 200 ms for an example are one: a machine may be busy. The same examples every
# time: a change is judged by what it changed, not by what chance found. `make explore` draws new ones.
settings.register_profile("descent", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, derandomize=False, max_examples=1000)
settings.load_profile("descent")
