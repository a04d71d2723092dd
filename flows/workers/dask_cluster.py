"""Training on a Dask cluster: workers of this machine, or those of a scheduler that somebody runs.

The workers import `ml` alone, as the processes of `flows.workers.processes` do. Rows that they cannot read from a
folder of their own are sent to each of them once, however many chunks they train.
"""

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any
from weakref import finalize

from descent.flows.errors import RunError
from descent.flows.workers.dask_local import local_cluster
from descent.flows.workers.processes import count_workers
from descent.ml.chunks import Chunk, Sources
from descent.ml.machine.source import code
from descent.ml.network.rows import Arrays

if TYPE_CHECKING:
    from distributed import Client
    from distributed import Future as Shipped

PATIENCE = 30.0
"""Seconds that a scheduler may take to answer, and its first worker to appear."""
RUN_THERE = ("chunks", "probing")
"""The modules of `ml` that workers run."""
RETRIES = 3
"""How many times a chunk is given to another worker because its worker was lost."""


class Cluster(Executor):
    """The executor of a Dask client for chunks; other calls are passed on as they are."""

    def __init__(self, client: "Client", shared: bool) -> None:
        self._client, self._shared = client, shared
        self._executor = client.get_executor(pure=False, retries=RETRIES)
        self._shipped: dict[int, Shipped] = {}
        self._shipping = Lock()

    @property
    def workers(self) -> int:
        """How many chunks are trained at a time."""
        return max(1, int(sum(self._client.nthreads().values())))

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run a function on some worker; a chunk's rows travel on their own, before it."""
        chunk = args[0] if args and isinstance(args[0], Chunk) else None
        if chunk is not None and chunk.checkpoint is not None and not self._shared:
            if chunk.pause is not None or chunk.states:
                raise RunError(
                    "search: halving and budgets in epochs pass states on in files, and the Dask workers do not see "
                    "those of this machine: start them where they do, or use strategy: grid or random with a budget in "
                    "minutes"
                )
            chunk = replace(chunk, checkpoint=None)  # a chunk that is cut short begins anew there
            args = (chunk, *args[1:])
        if chunk is not None and not self._at_hand(chunk.arrays):
            bare = replace(chunk, arrays=NOWHERE, progress=None)
            submitted = self._executor.submit(_with_rows, function, bare, self._ship(chunk.arrays))
        else:
            submitted = self._executor.submit(function, *args, **kwargs)
        return submitted  # type: ignore[no-any-return]

    def _at_hand(self, rows: Sources | Arrays) -> bool:
        """Whether every worker reads the rows from files by itself."""
        return (
            self._shared
            and isinstance(rows, Sources)
            and all(value is None or isinstance(value, str | Path) for value in vars(rows).values())
        )

    def _ship(self, rows: Sources | Arrays) -> "Shipped":
        with self._shipping:
            if id(rows) not in self._shipped:
                opened = rows.open() if isinstance(rows, Sources) else rows
                (self._shipped[id(rows)],) = self._client.scatter([opened], broadcast=True, hash=False)
                # Where whoever made the rows is done with them, the workers let go of them too.
                finalize(rows, self._shipped.pop, id(rows), None).atexit = False
            return self._shipped[id(rows)]

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for what was submitted, or give it up; the cluster stays as it is."""
        self._executor.shutdown(wait=wait and not cancel_futures)
        self._shipped.clear()


NOWHERE = Sources(x=None, y=None)
"""Stands in a chunk for rows that travel on their own."""


def _with_rows(function: Callable[[Chunk], Any], chunk: Chunk, rows: Arrays) -> Any:
    return function(replace(chunk, arrays=rows))


@contextmanager
def connected(address: str | None, workers: int | str) -> Iterator[Cluster]:
    """A cluster: that of the scheduler at ``address``, else one of ``workers`` processes here, which ends with it.

    Raises:
        RunError: distributed is not installed, no scheduler or no worker answers, or workers run another code.
    """
    if find_spec("distributed") is None:
        raise RunError("compute.engine is dask, but distributed is not installed: pip install 'descent-ml[dask]'")
    if address is None:
        with local_cluster(count_workers(workers)) as own, connected(own, "auto") as started:
            yield started
        return
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    client = _reach(address)
    cluster: Cluster | None = None
    try:
        _check_code(client)
        _warm_up(client)
        cluster = Cluster(client, _share_files(client))
        yield cluster
    except BaseException:
        if cluster is not None:
            cluster.shutdown(wait=False)
        raise
    finally:
        client.close()


def _reach(where: str) -> "Client":
    from distributed import Client

    try:
        found = Client(where, timeout=PATIENCE, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise RunError(
            f"compute.address: no Dask scheduler answers at {where} ({type(error).__name__}). Start one with "
            "`dask scheduler`, or leave the address out to start workers here"
        ) from None
    try:
        found.wait_for_workers(1, timeout=PATIENCE)
    except TimeoutError:
        found.close()
        raise RunError(
            f"compute.address: the Dask scheduler at {where} has no workers. Start some: dask worker {where} "
            "--nthreads 1 --nworkers auto"
        ) from None
    return found


def _check_code(client: "Client") -> None:
    """See that every worker would compute what this machine would."""
    mine = code(*RUN_THERE)
    for worker, found in client.run(code, *RUN_THERE, on_error="return").items():
        if isinstance(found, Exception):
            raise RunError(f"the Dask worker {worker} cannot import descent ({found}): install the same version there")
        if found != mine:
            raise RunError(f"the Dask worker {worker} has {found}; here is {mine}: install the same versions there")


def _warm_up(client: "Client") -> None:
    """Let every worker import what it will run, while others read the table."""
    from distributed import fire_and_forget

    workers = list(client.nthreads())
    fire_and_forget([client.submit(import_module, "descent.ml.chunks", workers=[one], pure=False) for one in workers])


def _share_files(client: "Client") -> bool:
    """Whether every worker sees the files of this machine."""
    from tempfile import NamedTemporaryFile

    from descent.flows.machine.home import make_home

    with NamedTemporaryFile(dir=make_home("runs"), prefix=".shared-") as file:
        return all(client.run(os.path.exists, file.name).values())
