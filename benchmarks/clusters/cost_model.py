"""What a sweep costs: seconds, memory and bytes moved, from rows, features, layers, variants and epochs.

A chunk of v variants of a network of L hidden layers with U units (the output's included) and M weights, trained on m
rows in batches of B for E epochs, takes of one processor

    seconds = E · (a + b·L) · m/B + m·v · [ E · (c + d·U + e·M) + f·U ]

a and b are the interpreter's share of a step, c to e what a row costs a variant, its share of the updates included, and
f its evaluation in the end. They are fitted by non-negative least squares of the relative error (`fit`) to the chunks
of `FITTED`, and checked on those of `CHECKED`.

    memory = base + g · (bytes of the rows) + v · (h·M + i·U)
    bytes moved = rows once per worker + (result of a variant) · variants

The plan of a run needs no such model: `flows.search.cost` probes the table, the machine and every fleet in place. This
one is for machines and tables that are not there. `python -m benchmarks.clusters.cost_model` measures one chunk in this
process.
"""

import json
import pickle
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import numpy as np
from scipy.optimize import nnls

BATCH = 128
CV = 1 / 3
"""Cross-validation rows per training row."""
RESULT = 400
"""Bytes of a variant's result beside its weights and curves: metrics, names, status."""


@dataclass(frozen=True)
class Work:
    """A chunk: training rows, features, layers, variants, epochs."""

    rows: int
    features: int
    layers: tuple[int, ...]
    variants: int
    epochs: int

    @property
    def weights(self) -> int:
        """Weights and biases of one variant."""
        sizes = (self.features, *self.layers, 1)
        return sum((a + 1) * b for a, b in pairwise(sizes))

    @property
    def units(self) -> int:
        """Units of all layers of one variant."""
        return sum(self.layers) + 1

    @property
    def terms(self) -> tuple[float, ...]:
        """What the six coefficients of time are multiplied by."""
        steps, rows = self.epochs * ceil(self.rows / BATCH), self.rows * self.variants
        of_rows = (self.epochs * rows, self.epochs * rows * self.units, self.epochs * rows * self.weights)
        return (steps, steps * len(self.layers), *of_rows, rows * self.units)

    @property
    def data(self) -> int:
        """Bytes of the rows as they are sent and mapped: float32 features and target, training and cv."""
        return round(self.rows * (1 + CV) * 4 * (self.features + 1))

    @property
    def result(self) -> int:
        """Bytes that come back: weights, two curves of float64, and the rest."""
        return self.variants * (4 * self.weights + 16 * self.epochs + RESULT)


@dataclass(frozen=True)
class Measured:
    """A chunk's seconds, peak memory of its process beyond that of an idle worker, and bytes of rows and result.

    Seconds are those of a processor, not of the wall clock: what else a machine does counts little in them.
    """

    work: Work
    seconds: float
    memory: int
    data: int
    result: int


FITTED = (
    Work(2_000, 5, (), 1, 40),
    Work(2_000, 5, (), 32, 40),
    Work(20_000, 20, (), 8, 10),
    Work(2_000, 20, (16,), 1, 30),
    Work(2_000, 20, (16,), 32, 20),
    Work(20_000, 20, (32, 16), 1, 5),
    Work(20_000, 20, (32, 16), 8, 4),
    Work(20_000, 20, (32, 16), 32, 2),
    Work(5_000, 50, (64,), 8, 8),
    Work(5_000, 50, (64,), 24, 4),
    Work(100_000, 10, (16, 8), 4, 2),
    Work(100_000, 10, (16, 8), 16, 1),
    Work(4_000, 10, (), 16, 30),
    Work(8_000, 30, (24,), 4, 15),
    Work(8_000, 30, (24,), 16, 8),
    Work(50_000, 15, (32, 16), 4, 3),
    Work(50_000, 15, (32, 16), 24, 1),
    Work(200_000, 20, (32, 16), 8, 1),
    Work(1_000_000, 8, (16,), 4, 1),
)
CHECKED = (
    Work(10_000, 8, (), 12, 20),
    Work(15_000, 25, (20,), 6, 6),
    Work(30_000, 12, (24, 12), 12, 3),
    Work(60_000, 30, (48,), 6, 2),
    Work(300_000, 10, (16, 8), 8, 1),
    Work(25_000, 40, (64, 32), 10, 2),
    Work(600_000, 15, (24,), 4, 1),
)


def measure(works: Sequence[Work], repeat: int = 5) -> list[Measured]:
    """Each chunk in ``repeat`` fresh processes (Linux) that import `ml` alone, and as often in each of them.

    All chunks in turn, so that a slow minute of the machine meets each once; of the seconds the fewest, as `timeit`
    does, because neighbours only add to them; of the bytes the median. The fewest of five were still up to 40 % apart
    from one hour to the next on a machine shared with others, and most of a process's time is its start: so it trains
    more than once.
    """
    said: list[list[dict[str, float]]] = [[] for _ in works]
    for _ in range(repeat):
        for work, found in zip(works, said, strict=True):
            found += _measured(work, 1, repeat)
    return [
        Measured(
            work,
            seconds=min(one["seconds"] for one in found),
            **{name: int(median(one[name] for one in found)) for name in ("memory", "data", "result")},
        )
        for work, found in zip(works, said, strict=True)
    ]


def side_by_side(work: Work, processes: int) -> float:
    """Wall seconds of the slowest of so many processes that train the same chunk at once."""
    return max(one["wall"] for one in _measured(work, processes, 1))


def _measured(work: Work, processes: int, times: int) -> list[dict[str, float]]:
    command = [sys.executable, "-m", __name__, json.dumps(asdict(work)), str(times)]
    started = [
        subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        for _ in range(processes)
    ]
    return [json.loads(one.communicate()[0]) for one in started]


def measure_here(work: Work, times: int) -> dict[str, float]:
    """Train a chunk in this process, rows from memory-mapped files as workers have them: the fewest seconds.

    Memory is that of the first time. What making the rows has freed is given back before, or the chunk would use it
    again and be said to take less: 0.6 MB of 2.3.
    """
    import ctypes
    from tempfile import TemporaryDirectory

    from descent import ml
    from descent.ml.chunks import Chunk, Sources, train_chunk

    rng = np.random.default_rng(0)
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for suffix, rows in (("", work.rows), ("_cv", round(CV * work.rows))):
            x = rng.standard_normal((rows, work.features), np.float32)
            np.save(folder / f"x{suffix}.npy", x)
            np.save(folder / f"y{suffix}.npy", x[:, 0] - x[:, 1])
        del x
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # the peak counts anew from here
        ctypes.CDLL(None).malloc_trim(0)
        before = _status("VmRSS")
        sources = Sources(*(folder / f"{name}.npy" for name in ("x", "y", "x_cv", "y_cv")))
        settings = tuple(ml.Settings(lam=1 + number, learning_rate=1e-3) for number in range(work.variants))
        model = ml.Model(work.features, work.layers)
        chunk = Chunk(model, "adam", settings, sources, BATCH, work.epochs)
        began, since = process_time(), perf_counter()
        found = train_chunk(chunk)
        seconds, wall, peak = process_time() - began, perf_counter() - since, _status("VmHWM")
        for _ in range(times - 1):
            began = process_time()
            train_chunk(chunk)
            seconds = min(seconds, process_time() - began)
        arrays = sources.open()
        return {
            "seconds": seconds,
            "wall": wall,
            "memory": peak - before,
            "data": len(pickle.dumps([np.array(value) for value in vars(arrays).values() if value is not None])),
            "result": len(pickle.dumps(found)),
        }


def _status(name: str) -> int:
    """Bytes of a line of /proc/self/status."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    raise KeyError(name)


@dataclass(frozen=True)
class CostModel:
    """Coefficients a to f of the seconds, and of the memory in bytes: base, g, h, i."""

    time: tuple[float, ...]
    memory: tuple[float, ...]

    def seconds(self, work: Work) -> float:
        """Of a chunk on one processor."""
        return float(np.dot(self.time, work.terms))

    def bytes(self, work: Work) -> float:
        """Memory of a worker beyond an idle one's."""
        return float(np.dot(self.memory, _memory_terms(work)))


def _memory_terms(work: Work) -> tuple[float, ...]:
    return 1.0, work.data, work.variants * work.weights, work.variants * work.units


def fit(measured: Sequence[Measured]) -> CostModel:
    """Non-negative least squares of the relative errors."""

    def solve(terms: list[tuple[float, ...]], values: list[float]) -> tuple[float, ...]:
        matrix = np.array(terms) / np.array(values)[:, None]
        return tuple(float(value) for value in nnls(matrix, np.ones(len(values)))[0])

    return CostModel(
        solve([one.work.terms for one in measured], [one.seconds for one in measured]),
        solve([_memory_terms(one.work) for one in measured], [float(max(one.memory, 1 << 20)) for one in measured]),
    )


if __name__ == "__main__":
    given, times = json.loads(sys.argv[1]), int(sys.argv[2])
    print(json.dumps(measure_here(Work(**{**given, "layers": tuple(given["layers"])}), times)))
