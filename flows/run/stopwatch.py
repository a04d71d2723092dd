"""Where the seconds of a run go."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stopwatch:
    """Adds up wall-clock seconds by stage name."""

    def __init__(self) -> None:
        self._began = time.perf_counter()
        self._stages: dict[str, float] = {}
        self._open: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage; it counts from its beginning while it is open, and as a whole afterwards."""
        began = time.perf_counter()
        self._open[name] = began
        try:
            yield
        finally:
            del self._open[name]
            self._stages[name] = self._stages.get(name, 0.0) + time.perf_counter() - began

    def seconds(self) -> dict[str, float]:
        """``total`` since the start and every stage by name, open ones until now, rounded to milliseconds."""
        now = time.perf_counter()
        stages = dict(self._stages)
        for name, began in self._open.items():
            stages[name] = stages.get(name, 0.0) + now - began
        return {"total": round(now - self._began, 3), **{name: round(value, 3) for name, value in stages.items()}}
