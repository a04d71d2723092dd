"""What one run of the benchmark measured."""

from dataclasses import dataclass, field

from benchmarks.speed.chunks import Curve
from benchmarks.speed.figures import Figure
from benchmarks.speed.timing import Range
from benchmarks.speed.work import Work


@dataclass
class Results:
    """Everything measured. ``times``: shape or path → contestant → milliseconds per variant and epoch (path: ms)."""

    figures: list[Figure] = field(default_factory=list)
    times: dict[str, dict[str, Range]] = field(default_factory=dict)
    works: dict[str, list[Work]] = field(default_factory=dict)
    phases: dict[str, dict[str, float]] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)
    repetitions: int = 0
    seconds: float = 0.0
    load: float = 0.0
