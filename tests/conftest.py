"""What holds for all tests."""

from hypothesis import settings

# No test asserts a time, and hypothesis' 200 ms for an example are one: a machine may be busy.
settings.register_profile("descent", deadline=None)
settings.load_profile("descent")
