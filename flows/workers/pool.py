"""Processes that are replaced when they die.

The kernel ends a process to free memory, somebody ends the wrong one: then its work is given to a new process, and what
the others do is not touched. A library's pool counts as broken when one of its processes dies, and ends all. Training
gives the same bits again, whatever process it happens in.
"""

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from descent.flows.errors import RunError
from descent.flows.workers.processes import DiedError, Process

ATTEMPTS = 3
"""How many processes may die of the same piece of work; the last has the machine for itself."""


class Processes(Executor):
    """An executor over ``count`` processes with some environment variables set; each is replaced when it dies.

    ``first`` is called in every new process, before its work. `say` gets a line for every death.

    Work of which `ATTEMPTS` processes have died raises `RunError`.
    """

    def __init__(self, count: int, environment: dict[str, str], first: Callable[[], object]) -> None:
        self.say: Callable[[str], None] = logging.getLogger(__name__).warning
        self._environment, self._first = environment, first
        self._closing = threading.Lock()
        self._killed = False
        self._turns = _Turns()
        self._processes = [Process(environment, first) for _ in range(count)]
        self._idle: SimpleQueue[int] = SimpleQueue()
        for place in range(count):
            self._idle.put(place)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="work")

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Run a function in a process that is free, the oldest first."""
        return self._threads.submit(self._run, function, args, kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False, kill_workers: bool = False) -> None:
        """End the processes, after what was submitted; with ``kill_workers`` at once, and the work is given up."""
        self._threads.shutdown(wait=wait and not kill_workers, cancel_futures=cancel_futures or kill_workers)
        with self._closing:
            self._killed = kill_workers
            for process in self._processes:
                process.end(kill=kill_workers)
        if kill_workers and wait:
            self._threads.shutdown(wait=True)

    def _run(self, function: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        place = self._idle.get()
        try:
            for attempt in range(1, ATTEMPTS + 1):
                with self._turns.taken(alone=attempt == ATTEMPTS):
                    try:
                        return self._processes[place].call(function, *args, **kwargs)
                    except DiedError as error:
                        cause = error
                        self._replace(place)
                what = _described(function, args)
                if attempt < ATTEMPTS:
                    again = "; it restarts in a new one" + (", alone" if attempt + 1 == ATTEMPTS else "")
                    self.say(f"the process for {what} was killed from outside ({cause}){again}")
            raise RunError(
                f"the process for {what} was killed from outside {ATTEMPTS} times ({cause}), the last time with "
                "nothing else running. The usual cause is memory: lower compute.workers, search.models.batch or "
                "features.degree"
            )
        finally:
            self._idle.put(place)

    def _replace(self, place: int) -> None:
        with self._closing:
            if self._killed:
                raise RuntimeError("the processes were shut down")
            self._processes[place] = Process(self._environment, self._first)


class _Turns:
    """Who may work now: all beside each other, or one alone."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._running, self._alone = 0, False

    @contextmanager
    def taken(self, *, alone: bool) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: not self._alone)
            if alone:
                self._alone = True  # nobody else begins any more
                self._changed.wait_for(lambda: self._running == 0)
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                if alone:
                    self._alone = False
                self._changed.notify_all()


def _described(function: Callable[..., Any], args: Sequence[Any]) -> str:
    from descent.ml.chunks import Chunk

    if args and isinstance(args[0], Chunk):
        model, count = args[0].model, len(args[0].settings)
        layers = "-".join(map(str, (model.inputs, *model.hidden, model.outputs)))
        return f"{count} variant{'s' if count > 1 else ''} of {layers} · {args[0].optimizer}"
    return function.__name__.replace("_", " ")
