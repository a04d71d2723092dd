"""The part of a fleet that one task trains: a plain value in, a plain value out, for any process that imports `ml`."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import perf_counter, time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.ml.errors import CheckpointError
from descent.ml.history import Outcome, Progress
from descent.ml.network.blocks import BLOCK
from descent.ml.network.model import Model
from descent.ml.network.rows import Arrays
from descent.ml.optimizers.rules import RULES, SOLVERS
from descent.ml.optimizers.settings import Settings
from descent.ml.prediction import outputs_of_all
from descent.ml.train import train

CACHE_BUDGET = 4 << 20
"""Bytes that one chunk's working set may take: larger chunks fall out of the cache and train slower per variant."""
MOST = 64
"""Beyond this many variants the interpreter's share of a step is small, and larger chunks gain nothing."""

Source = NDArray[Any] | str | Path | None
"""An array, or the path of a .npy file, which is opened without reading it whole."""


@dataclass(frozen=True)
class Sources:
    """As `ml.Arrays`, each an array or the path of a .npy file."""

    x: Source
    y: Source
    x_cv: Source = None
    y_cv: Source = None
    weights: Source = None
    weights_cv: Source = None

    def open(self) -> Arrays:
        """The arrays themselves."""
        return Arrays(*(_open(getattr(self, name)) for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class Chunk:
    """Everything needed to train some variants; arguments as of `ml.train`.

    ``states`` are (checkpoint, place in it) of every variant, where they go on from the pauses of other chunks;
    ``checkpoint`` is where this one leaves its state, if it pauses; with ``checkpoint_seconds`` also on its way, as of
    `ml.train`. One that is there already is gone on from, unless it is damaged or of another training. ``share`` of the
    time left to the ``deadline`` when it begins is for this chunk, the rest for those that wait behind it.
    ``progress`` is (path of a .npy of float64, one index per variant): the share done is written there after every
    epoch. ``metrics`` are the names to compute on the cv rows; None is all of the task's. ``rows`` are the numbers of
    the training rows to train on, None for all. With ``keep_outputs`` the outputs on the cv rows come back.
    """

    model: Model
    optimizer: str
    settings: tuple[Settings, ...]
    arrays: Sources | Arrays
    batch: int | None = 128
    epochs: int = 200
    patience: int | None = None
    min_delta: float = 0.0
    dtype: str = "float32"
    pause: int | None = None
    states: tuple[tuple[Path, int], ...] = ()
    checkpoint: Path | None = None
    checkpoint_seconds: float | None = None
    deadline: float | None = None
    share: float = 1.0
    progress: tuple[str | Path, tuple[int, ...]] | None = None
    metrics: tuple[str, ...] | None = None
    rows: NDArray[np.intp] | None = None
    keep_outputs: bool = False


@dataclass(frozen=True)
class ChunkResult:
    """Outcomes and cv metrics, variant by variant in the chunk's order; ``seconds`` of training and evaluation.

    ``outputs_cv`` are the outputs on the cv rows, (m,) or (m, K) each, where they were to be kept. ``states`` say where
    each variant's state is, as of `Chunk`, where the chunk paused. ``resumed`` is the epoch whose checkpoint it began
    with; ``reused`` says which variants were not trained, because what comes of it was known; ``notes`` are for a log.
    """

    outcomes: tuple[Outcome, ...]
    metrics_cv: tuple[dict[str, float], ...] = field(default=())
    seconds: float = 0.0
    outputs_cv: tuple[NDArray[Any], ...] = ()
    states: tuple[tuple[Path, int], ...] = ()
    resumed: int = 0
    reused: tuple[bool, ...] = ()
    notes: tuple[str, ...] = ()


def train_chunk(chunk: Chunk) -> ChunkResult:
    """Train a chunk; the one function that workers call."""
    began = perf_counter()
    arrays = chunk.arrays.open() if isinstance(chunk.arrays, Sources) else chunk.arrays
    if chunk.rows is not None:
        weights = None if arrays.weights is None else arrays.weights[chunk.rows]
        x = arrays.x[chunk.rows, : chunk.model.inputs]  # without the ones that a file may end in
        arrays = replace(arrays, x=x, y=arrays.y[chunk.rows], weights=weights)
    report = _Report(chunk)
    resumed, notes = 0, list[str]()
    if chunk.checkpoint is not None and chunk.checkpoint.exists():
        from descent.ml.fleets.resuming import epochs_in

        resumed = epochs_in(chunk.checkpoint)
        try:
            found = _train(chunk, arrays, report)
        except CheckpointError as error:
            notes.append(f"training starts over: {error}")
            resumed = 0
            chunk.checkpoint.unlink(missing_ok=True)
            found = _train(chunk, arrays, report)
    else:
        found = _train(chunk, arrays, report)
    metrics: tuple[dict[str, float], ...] = tuple({} for _ in found)
    z: tuple[NDArray[Any], ...] = ()
    wanted = chunk.metrics != ()
    if arrays.x_cv is not None and arrays.y_cv is not None and (wanted or chunk.keep_outputs):
        z = outputs_of_all(chunk.model, [one.parameters for one in found], arrays.x_cv)
        if wanted:
            from descent.ml.statistics.metrics import evaluate

            metrics = tuple(evaluate(chunk.model.task, chunk.metrics, arrays.y_cv, one) for one in z)
    report.finish(found)
    states = () if chunk.checkpoint is None else tuple((chunk.checkpoint, place) for place in range(len(found)))
    kept = z if chunk.keep_outputs else ()
    return ChunkResult(tuple(found), metrics, perf_counter() - began, kept, states, resumed, notes=tuple(notes))


def _train(chunk: Chunk, arrays: Arrays, report: "_Report") -> list[Outcome]:
    if chunk.states:
        from descent.ml.fleets.resuming import gather_training

        assert chunk.checkpoint is not None
        if not chunk.checkpoint.exists():
            gather_training(chunk.states, chunk.checkpoint)
    now = time()
    return train(
        chunk.model,
        chunk.optimizer,
        chunk.settings,
        arrays,
        batch=chunk.batch,
        epochs=chunk.epochs,
        patience=chunk.patience,
        min_delta=chunk.min_delta,
        dtype=chunk.dtype,
        callback=report,
        checkpoint=chunk.checkpoint,
        checkpoint_every=None,
        checkpoint_seconds=chunk.checkpoint_seconds,
        pause=chunk.pause,
        deadline=None if chunk.deadline is None else now + chunk.share * (chunk.deadline - now),
    )


class _Report:
    """The callback of a chunk: writes progress."""

    def __init__(self, chunk: Chunk):
        self.cells: NDArray[Any] | None = None
        if chunk.progress is not None:
            path, places = chunk.progress
            self.cells, self.places = np.load(path, mmap_mode="r+"), list(places)

    def __call__(self, progress: Progress) -> None:
        if self.cells is not None:
            self.cells[self.places] = progress.done

    def finish(self, found: Sequence[Outcome]) -> None:
        """What has ended is done with, whenever that was."""
        if self.cells is not None:
            for place, one in zip(self.places, found, strict=True):
                if one.status != "paused":
                    self.cells[place] = 1.0


def chunk_size(model: Model, batch: int | None, dtype: str = "float32", optimizer: str = "adam") -> int:
    """How many variants to train together so that a step's working set stays within `CACHE_BUDGET`; 1 to `MOST`.

    Counts, per variant, the activations and gradients of one block of rows, and parameters, gradient and slots.
    Solvers are not bound by it: newton gains from every further variant, lbfgs takes one after the other.
    """
    if optimizer in SOLVERS:
        return MOST
    size = 4 if dtype == "float32" else 8
    rows = BLOCK if batch is None else min(batch, BLOCK)
    slots = RULES[optimizer].slots
    buffers = rows * (sum(model.hidden) + 2 * max(model.hidden, default=0) + 3 * model.outputs)
    if model.embedding is not None:  # angles, waves, and what they become
        buffers += rows * model.embedding.columns * (2 * model.embedding.waves + model.embedding.width)
    return int(np.clip(CACHE_BUDGET // (size * (buffers + (2 + slots) * model.size)), 1, MOST))


def _open(source: Source) -> Any:
    return np.load(source, mmap_mode="r", allow_pickle=False) if isinstance(source, str | Path) else source
