"""Where chunks are trained: in processes of this machine, or on a Dask cluster. One interface, two engines."""

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import NamedTuple

from schemas import ComputeConfig

from .workers import count_workers, processes


class Engine(NamedTuple):
    """An executor, and how many chunks it trains at a time."""

    executor: Executor
    workers: int


@contextmanager
def engine(compute: ComputeConfig) -> Iterator[Engine]:
    """The engine that the configuration names, ready to be given work; on leaving, what it started ends.

    Raises:
        RunError: the cluster cannot be reached, or does not fit.
    """
    if compute.engine == "local":
        count = count_workers(compute.workers)
        with processes(count) as executor:
            yield Engine(executor, count)
        return
    from .dask_cluster import connected

    with connected(compute.address, compute.workers) as cluster:
        yield Engine(cluster, cluster.workers)
