"""What holds for all tests."""

from hypothesis import settings

# No test asserts a time, and hypothesis' 200 ms for an example are one: a machine may be busy. The same examples every
# time: a change is judged by what it changed, not by what chance found. `make explore` draws new ones.
settings.register_profile("descent", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, derandomize=False, max_examples=1000)
settings.load_profile("descent")
