"""Time contestants in turn, so that what disturbs the machine disturbs all of them."""

import gc
import statistics
from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any, NamedTuple

Times = dict[str, list[float]]


class Range(NamedTuple):
    """A median, or a ratio of medians, with the least and the largest that single repetitions gave."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{digits(self.middle)} ({digits(self.low)}–{digits(self.high)})"


def alternate(contestants: Mapping[str, Callable[[], Any]], repetitions: int) -> Times:
    """Seconds per call: A B C A B C …, after one untimed round."""
    for call in contestants.values():
        call()
    seconds: Times = {name: [] for name in contestants}
    for _ in range(repetitions):
        for name, call in contestants.items():
            gc.collect()
            began = perf_counter()
            call()
            seconds[name].append(perf_counter() - began)
    return seconds


def ratio(slow: Sequence[float], fast: Sequence[float], share: float = 1.0) -> Range:
    """Ratio of medians times ``share``; its range is that of the ratios of each pair."""
    pairs = [share * a / b for a, b in zip(slow, fast, strict=True)]
    return Range(share * statistics.median(slow) / statistics.median(fast), min(pairs), max(pairs))


def spread(seconds: Sequence[float], share: float = 1.0) -> Range:
    """Median and range of the seconds times ``share``."""
    return Range(share * statistics.median(seconds), share * min(seconds), share * max(seconds))


def digits(value: float) -> str:
    """Three significant digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"
