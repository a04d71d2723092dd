"""Our side: a variant alone, a fleet in chunks as `descent` cuts it, and a λ path."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed.shapes import LAM, TOLERANCE, Shape
from benchmarks.speed.work import Work
from descent import ml
from descent.ml.checkpoints import read_state


def train_chunks(
    shape: Shape, data: ml.Arrays, settings: Sequence[ml.Settings], size: int | None = None
) -> list[ml.Outcome]:
    """Train all variants, one chunk after the other, evenly filled and none larger than ``size``."""
    size = ml.chunk_size(shape.model, shape.batch) if size is None else size
    outcomes: list[ml.Outcome] = []
    for part in np.array_split(np.arange(len(settings)), -(-len(settings) // size)):
        chosen = [settings[i] for i in part]
        outcomes += ml.train(shape.model, "adam", chosen, data, batch=shape.batch, epochs=shape.epochs)
    return outcomes


def train_alone(shape: Shape, data: ml.Arrays) -> ml.Outcome:
    """Train the variant with λ = `LAM`."""
    return train_chunks(shape, data, [ml.Settings(lam=LAM)])[0]


def work_of(shape: Shape, data: ml.Arrays) -> Work:
    """What `train_alone` does, the number of steps read from a checkpoint of the training."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "checkpoint"
        (outcome,) = ml.train(
            shape.model,
            "adam",
            [ml.Settings(lam=LAM)],
            data,
            batch=shape.batch,
            epochs=shape.epochs,
            checkpoint=file,
            checkpoint_every=shape.epochs,
        )
        steps = int(read_state(file)[1]["step"])
    return Work("descent", outcome.epochs, steps, float(outcome.curve_train[-1]))


def with_seeds(settings: Sequence[ml.Settings]) -> tuple[ml.Settings, ...]:
    """The same variants, each with a seed of its own: every one gathers its own rows."""
    return tuple(replace(one, seed=number) for number, one in enumerate(settings))


def train_path(
    kind: str, x: NDArray[np.float32], y: NDArray[np.float32], lambdas: Sequence[float]
) -> list[NDArray[np.floating]]:
    """The coefficients (n + 1,), bias last, for every λ; ``kind`` is linear or logistic. All λ go in one stack."""
    model = ml.Model(x.shape[1], task="regression" if kind == "linear" else "binary")
    settings = [ml.Settings(lam=float(lam), tolerance=TOLERANCE) for lam in lambdas]
    return [one.parameters for one in ml.train(model, "newton", settings, ml.Arrays(x, y), batch=None, epochs=200)]
