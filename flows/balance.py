"""In how many chunks each fleet is cut so that the workers end soonest.

A chunk costs something once per step, however few variants it trains (`Estimate.costs`): two halves of a small stack
cost nearly as much each as the whole. So a fleet of few variants is cut only where a worker would stand idle.
"""

from collections.abc import Callable, Sequence
from heapq import heapify, heapreplace
from math import ceil


def pieces(
    counts: Sequence[int], most: Sequence[int], seconds: Callable[[int, float], float], workers: int
) -> tuple[int, ...]:
    """Number of chunks per fleet: ``counts`` variants, at most ``most`` of them in a chunk.

    ``seconds(place, variants)`` is what a chunk of the fleet at that place takes. Begins with the fewest chunks and
    cuts further, one fleet at a time, as long as the last worker ends sooner; 0 for a fleet without variants.
    """

    def end(cut: Sequence[int]) -> float:
        times = [seconds(i, size) for i, n in enumerate(cut) if n for size in sizes(counts[i], n)]
        return spread(sorted(times, reverse=True), workers)

    cut = [ceil(count / limit) for count, limit in zip(counts, most, strict=True)]
    best = end(cut)
    while True:
        finer = [
            [n + (j == i) for j, n in enumerate(cut)] for i, count in enumerate(counts) if cut[i] < min(count, workers)
        ]
        if not finer or (least := min(map(end, finer))) >= best:
            return tuple(cut)
        cut, best = min(finer, key=end), least


def sizes(variants: int, chunks: int) -> tuple[int, ...]:
    """Numbers of variants in each of so many chunks, evenly filled."""
    base, rest = divmod(variants, chunks)
    return tuple(base + (index < rest) for index in range(chunks))


def spread(seconds: Sequence[float], workers: int) -> float:
    """When the last of the workers ends, each taking the next chunk as soon as it is free."""
    busy = [0.0] * workers
    heapify(busy)
    for one in seconds:
        heapreplace(busy, busy[0] + one)
    return max(busy)
