"""How long a chunk will take, from a few of its steps."""

from dataclasses import replace
from time import perf_counter

import numpy as np

from descent.ml.chunks import Chunk, Sources
from descent.ml.history import Progress
from descent.ml.network.blocks import BLOCK
from descent.ml.network.rows import Arrays
from descent.ml.optimizers.rules import SOLVERS
from descent.ml.train import train

_STEPS, _MORE, _ROWS, _EPOCHS, _ENOUGH = 6, 4, 2048, 4, 0.05
"""Steps of an epoch, how many times as many the second time, rows for a solver, epochs at most, and seconds after which
no more are run."""


def probe(chunk: Chunk) -> float:
    """Seconds that one epoch of the chunk takes; for newton, whose iterations are few, the whole training.

    Trains on evenly spaced rows, as many as some steps need, and on `_MORE` times as many: what an epoch costs however
    few its rows are is counted once, and the rest by the number of rows. The first epoch warms up; the fastest of the
    others counts. The answer is for a processor that is not shared, and leaves out what a chunk
    costs once: its way to the worker, and the metrics.
    """
    arrays = chunk.arrays.open() if isinstance(chunk.arrays, Sources) else chunk.arrays
    rows = len(arrays.x)
    batch = BLOCK if chunk.batch is None else chunk.batch
    few = min(rows, _ROWS if chunk.optimizer in SOLVERS else _STEPS * min(batch, BLOCK))
    if chunk.optimizer in SOLVERS:
        return _seconds(chunk, arrays, few) * rows / few
    near, many = _seconds(chunk, arrays, few), min(rows, _MORE * few)
    if many == few:
        return near
    far = _seconds(chunk, arrays, many)
    return far + max(0.0, far - near) / (many - few) * (rows - many)


def _seconds(chunk: Chunk, arrays: Arrays, rows: int) -> float:
    """Of one epoch on so many of the rows, or of newton's whole training."""
    part = _thinned(arrays, rows / len(arrays.x), chunk.model.inputs)
    times: list[float] = [perf_counter()]

    def note(progress: Progress) -> bool:
        times.append(perf_counter())
        return chunk.optimizer != "newton" and len(times) > 3 and times[-1] - times[0] > _ENOUGH

    limit = chunk.epochs if chunk.optimizer == "newton" else _EPOCHS
    train(
        chunk.model,
        chunk.optimizer,
        chunk.settings,
        part,
        batch=chunk.batch,
        epochs=limit,
        dtype=chunk.dtype,
        callback=note,
    )
    if chunk.optimizer == "newton":
        return perf_counter() - times[0]
    gaps = np.diff(times)
    return float(gaps[1:].min() if len(gaps) > 1 else gaps[0])


def probe_pair(chunk: Chunk) -> tuple[float, float]:
    """`probe` of the chunk's first variant alone, and the seconds that each further one adds."""
    alone = probe(replace(chunk, settings=chunk.settings[:1]))
    count = len(chunk.settings)
    if count == 1 or chunk.optimizer == "lbfgs":  # one after the other
        return alone, alone
    return alone, max(0.0, probe(chunk) - alone) / (count - 1)


def _thinned(arrays: Arrays, share: float, inputs: int) -> Arrays:
    """Evenly spaced rows of both parts, in memory; of x the ``inputs`` columns, without the ones of a file."""

    def some(array: np.ndarray | None, columns: int | None = None) -> np.ndarray | None:
        if array is None:
            return None
        count = max(1, round(share * len(array)))
        part = array[:: max(1, len(array) // count)][:count]
        return np.array(part if columns is None else part[:, :columns])

    return Arrays(
        *(
            some(getattr(arrays, name), inputs if name in ("x", "x_cv") else None)
            for name in arrays.__dataclass_fields__
        )  # type: ignore[arg-type]
    )
