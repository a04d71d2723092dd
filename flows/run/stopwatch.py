"""Where the seconds of a run go."""

import time


class Stopwatch:
    """Adds up wall-clock seconds by stage name; one stage begins where another ends."""

    def __init__(self) -> None:
        self._began = self._entered = time.perf_counter()
        self._stages: dict[str, float] = {}
        self._stage: str | None = None

    def enter(self, name: str) -> None:
        """End the stage that is open, if any, and begin one."""
        now = time.perf_counter()
        self._stages = self._until(now)
        self._stage, self._entered = name, now

    def seconds(self) -> dict[str, float]:
        """``total`` since the start and every stage by name, the open one until now, rounded to milliseconds."""
        now = time.perf_counter()
        stages = {name: round(value, 3) for name, value in self._until(now).items()}
        return {"total": round(now - self._began, 3), **stages}

    def _until(self, now: float) -> dict[str, float]:
        if self._stage is None:
            return self._stages
        return {**self._stages, self._stage: self._stages.get(self._stage, 0.0) + now - self._entered}
