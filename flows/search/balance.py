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

    ``seconds(place, variants)`` is what a chunk of the fleet at that place takes. Begins with the fewest chunks, always
    cuts the fleet whose chunks take longest, and keeps the cut after which the last worker ended soonest; 0 for a fleet
    without variants.

    At most twice the time of the best cut, where two chunks of a fleet take no less together than one of both: until a
    fleet would be cut finer than the best cut has it, there is no more work than there, and when it would be, no chunk
    takes longer than the longest there; given out longest first, the chunks end within work / workers + the longest
    (Graham, "Bounds on Multiprocessing Timing Anomalies", 1969). Cutting only while that ends sooner stops where
    two fleets have to be cut for any gain.
    """
    cut = [ceil(count / limit) for count, limit in zip(counts, most, strict=True)]
    best, soonest = tuple(cut), float("inf")
    while True:
        times = {i: [seconds(i, size) for size in sizes(counts[i], n)] for i, n in enumerate(cut) if n}
        end = spread(sorted((one for chunks in times.values() for one in chunks), reverse=True), workers)
        if end < soonest:
            best, soonest = tuple(cut), end
        divisible = [i for i in times if cut[i] < min(counts[i], workers)]
        if not divisible:
            return best
        cut[max(divisible, key=lambda i: times[i][0])] += 1


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
