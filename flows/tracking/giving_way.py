"""Work that gives way to training, until somebody waits for it.

Recording a variant takes 30 ms of a processor, in which a worker that trains on the same one would stand still, and at
the end of the sweep the others wait for it; at the lowest priority it fills the gaps. But on a machine whose processors
are all busy there are none: the lowest priority then gets a seventieth of one, and a run that took 20 seconds waited
minutes for its last records. So from the moment that a command waits, they have the priority of everything else.
"""

import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")

LOWEST = 19


def for_each(
    function: Callable[[Item], None], items: Iterable[Item], threads: int, waited_for: Callable[[], bool]
) -> None:
    """Call a function with every item in so many threads, of low priority until ``waited_for``.

    What has begun then is finished as it is. Raises what a call raised, after the last has ended.
    """

    def unless_waited_for(item: Item) -> bool:
        if waited_for():
            return False
        function(item)
        return True

    items = list(items)
    with ThreadPoolExecutor(threads, initializer=_give_way) as pool:
        calls = [pool.submit(unless_waited_for, item) for item in items]
    left = [item for item, call in zip(items, calls, strict=True) if not call.result()]
    with ThreadPoolExecutor(threads) as pool:
        rest = [pool.submit(function, item) for item in left]
    for call in rest:
        call.result()


def _give_way() -> None:
    """Linux has priorities of threads, and a process need not stay low that was once; elsewhere nothing is done."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOWEST)
