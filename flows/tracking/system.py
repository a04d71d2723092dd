"""What the machine is doing while a run lasts, sampled as MLflow does it, and recorded with everything else."""

from collections.abc import Mapping
from threading import Event, Thread

from descent.flows.tracking.records import now

SECONDS = 2.0


class Sampler:
    """Samples of processor, memory, disk and network, taken in a thread until `stop`."""

    def __init__(self) -> None:
        self._samples: list[tuple[int, Mapping[str, float]]] = []
        self._done = Event()
        self._thread = Thread(target=self._watch, name="system metrics", daemon=True)
        self._thread.start()

    def stop(self) -> list[tuple[int, Mapping[str, float]]]:
        """The samples: a time in milliseconds, and values under the names that MLflow's pages know."""
        self._done.set()
        self._thread.join()
        return self._samples

    def _watch(self) -> None:
        from mlflow.system_metrics.metrics.cpu_monitor import CPUMonitor
        from mlflow.system_metrics.metrics.disk_monitor import DiskMonitor
        from mlflow.system_metrics.metrics.network_monitor import NetworkMonitor

        monitors = [CPUMonitor(), DiskMonitor(), NetworkMonitor()]
        while True:
            sample: dict[str, float] = {}
            for monitor in monitors:
                monitor.collect_metrics()
                sample |= {f"system/{name}": float(value) for name, value in monitor.aggregate_metrics().items()}
                monitor.clear_metrics()
            self._samples.append((now(), sample))
            if self._done.wait(SECONDS):
                return
