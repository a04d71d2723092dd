"""Where chunks are trained: in processes of this machine, or on a Dask cluster. One interface, two engines.

Training scales with processes, not threads, and one that imports ``ml`` alone starts in a fraction of a second where
others take many. Tasks therefore wait in threads and hand their chunk to the engine's executor.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any, NamedTuple

from descent.flows.workers.pool import Processes
from descent.flows.workers.processes import ONE_THREAD, count_workers, import_ml
from descent.schemas import ComputeConfig


class Engine(NamedTuple):
    """An executor, and how many chunks it trains at a time."""

    executor: Executor
    workers: int


@contextmanager
def engine(compute: ComputeConfig, say: Callable[[str], None]) -> Iterator[Engine]:
    """The engine that the configuration names, ready to be given work; on leaving, what it started ends.

    ``say`` is told what happens to its processes.

    Raises:
        RunError: the cluster cannot be reached, or does not fit.
    """
    if compute.engine == "local":
        count = count_workers(compute.workers)
        with processes(count, say) as executor:
            yield Engine(executor, count)
        return
    from descent.flows.workers.dask_cluster import connected

    with connected(compute.address, compute.workers) as cluster:
        yield Engine(cluster, cluster.workers)


@contextmanager
def processes(count: int, say: Callable[[str], None]) -> Iterator[Processes]:
    """An executor over ``count`` training processes; on leaving they end, at once if an exception is under way.

    They start and import NumPy while the table is read, not when training begins.
    """
    executor = Processes(count, ONE_THREAD, import_ml)
    executor.say = say
    try:
        yield executor
    except BaseException:
        executor.shutdown(wait=True, kill_workers=True)
        raise
    executor.shutdown(wait=True)


class AtOnce(Executor):
    """No engine: does in this process what it is asked for, before `submit` returns."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """A future that is done."""
        future: Future[Any] = Future()
        future.set_result(function(*args, **kwargs))
        return future
