"""A Dask cluster of this machine's processors, as a process of its own: ``python -m flows.workers.dask_local WORKERS``.

It prints the scheduler's address, and ends when its standard input does: with whoever started it, however that ends.
Of its own, because Dask's workers import the main module of the program that starts them, and would run a user's script
anew; and in a process group of its own, which Ctrl-C does not reach. Not in a session: Linux shares processors out
between sessions first, so that the recording process would not give way to these workers, however low its priority.
"""

import logging
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from descent.flows.errors import RunError
from descent.flows.workers.processes import ONE_THREAD

LOOPBACK = "127.0.0.1:0"
SECONDS = 60.0
QUIET = {
    "distributed.worker.profile.enabled": False,
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.admin.tick.interval": "1s",
}
"""Nobody looks at this cluster's dashboard. With Dask's defaults a scheduler and two workers that have nothing to do
take 13 % of a processor, and so 2 %; and a worker's profiler holds up every 10 ms what that worker trains."""


@contextmanager
def local_cluster(workers: int) -> Iterator[str]:
    """The address of a cluster that ends with this context.

    Raises:
        RunError: it did not start.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", __name__, str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        process_group=0,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process:
        address = process.stdout.readline().strip()
        if not address:
            raise RunError(f"the Dask cluster of {workers} workers did not start: try `dask scheduler` to see why")
        try:
            yield address
        finally:
            process.stdin.close()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def main(workers: int) -> None:
    """Run a cluster until standard input ends."""
    import dask
    from distributed import LocalCluster

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with (
        dask.config.set(QUIET),
        LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=LOOPBACK,
            worker_dashboard_address=LOOPBACK,
            memory_limit=0,
            env=ONE_THREAD,
            silence_logs=logging.CRITICAL,
        ) as cluster,
    ):
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]))
