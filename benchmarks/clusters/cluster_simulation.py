"""A sweep on a Dask cluster, event by event: where more workers stop helping, and why.

What is simulated: the scheduler hands out one chunk after the other and takes back one result after the other
(``scheduler`` seconds each, serially); rows reach every worker before its first chunk, over one link that all share
(fair shares: W workers take W times as long as one); a worker reads again only what does not fit its memory, once an
epoch; chunks take what the cost model says, times a log-normal factor for unequal machines. Chunks are those that
`flows.search.plan.chunk_sizes` cuts, so more workers also mean smaller stacks, which cost more per variant.
"""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

from benchmarks.clusters.cost_model import CostModel, Work
from descent.flows.search.plan import chunk_sizes

SPREAD = 0.1
"""Standard deviation of the logarithm of a chunk's time: machines and moments differ."""


@dataclass(frozen=True)
class Cluster:
    """``link`` bytes per second shared by all workers, ``scheduler`` seconds per message, ``memory`` of a worker."""

    workers: int
    link: float = 1.25e9
    scheduler: float = 1e-3
    memory: float = 4e9
    start: float = 0.0
    """Seconds until the workers are there."""


@dataclass(frozen=True)
class Simulated:
    """Seconds until the last result, of which until the first chunk could begin; and what the seconds went to.

    ``busy`` is the share of the workers' time in which they train.
    """

    seconds: float
    shipping: float
    scheduling: float
    busy: float
    tail: float
    """Seconds between the first worker without work and the last result."""

    @property
    def bound(self) -> str:
        """What takes most of the time beside training."""
        parts = {"link": self.shipping, "scheduler": self.scheduling, "tail": self.tail}
        name = max(parts, key=lambda part: parts[part])
        return name if parts[name] > 0.2 * self.seconds else "training"


def simulate(sweep: Work, most: int, model: CostModel, cluster: Cluster, seed: int = 0) -> Simulated:
    """A sweep of ``sweep.variants`` in chunks of at most ``most``."""
    rng = np.random.default_rng(seed)
    sizes = chunk_sizes(sweep.variants, most, cluster.workers)
    used = min(cluster.workers, len(sizes))
    rounds = 1 if sweep.data <= cluster.memory else sweep.epochs
    once = used * sweep.data / cluster.link  # all workers read at the same time, and end at the same time
    shipping = once * rounds
    durations = [
        model.seconds(Work(sweep.rows, sweep.features, sweep.layers, size, sweep.epochs)) * factor
        for size, factor in zip(sizes, np.exp(SPREAD * rng.standard_normal(len(sizes))), strict=True)
    ]
    # A worker that reads its rows every epoch waits for the link in every chunk.
    again = once * (rounds - 1) / max(1, len(sizes) / used)
    free = cluster.start
    ready = [(cluster.start + once, worker) for worker in range(used)]
    heapify(ready)
    results: list[float] = []
    idle = 0.0
    for duration in durations:
        at, worker = heappop(ready)
        while results and results[0] <= max(at, free):  # results that came meanwhile are taken first
            free = max(free, heappop(results)) + cluster.scheduler
        free = max(free, at) + cluster.scheduler
        end = free + duration + again
        heappush(results, end)
        heappush(ready, (end, worker))
    first = min(end for end, _ in ready)
    while results:
        free = max(free, heappop(results)) + cluster.scheduler
    seconds = free
    idle = seconds - first
    return Simulated(seconds, shipping, 2 * len(sizes) * cluster.scheduler, sum(durations) / (seconds * used), idle)
