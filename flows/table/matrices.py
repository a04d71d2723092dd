"""Columns → matrices: arrays, or files that training processes map into their memory and train on where they lie."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data
from descent.flows.table.question import Question
from descent.ml.chunks import Source, Sources
from descent.schemas import FeatureSettings

Array = NDArray[Any]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Matrices:
    """Features and encoded target of some rows to fit on and some held out, as files or arrays for workers."""

    features: data.FeatureMap
    target: data.Target
    sources: Sources
    width: int


_one_at_a_time = Lock()
"""Features are made for one setting or fold after the other: on the way they take several times what they are."""


def featurise(
    settings: FeatureSettings,
    question: Question,
    frame: pd.DataFrame,
    fit: Indices,
    held: Indices | None,
    folder: Path | None,
) -> Matrices:
    """Features fitted on the rows ``fit`` of the frame and applied to them and to ``held``; in files if there is a
    folder for them."""
    seed, column = question.config.split.seed, question.inference.target
    sources: dict[str, Source] = {}

    def keep(suffix: str, x: NDArray[np.float32], y: Array) -> None:
        if folder is None:
            sources.update({f"x{suffix}": x, f"y{suffix}": y})
            return
        files = {f"{name}{suffix}": folder / f"{name}{suffix}.npy" for name in "xy"}
        write_matrix(files[f"x{suffix}"], [x], x.shape)
        np.save(files[f"y{suffix}"], y)
        sources.update(files)

    if folder is not None:
        folder.mkdir(parents=True)
    with _one_at_a_time:
        rows = frame if np.array_equal(fit, np.arange(len(frame))) else frame.iloc[fit]
        features, x = data.FeatureMap.fit_transform(rows, question.inference, settings, seed)
        target, width = data.Target.fit(rows[column], question.task, question.inference.classes), x.shape[1]
        keep("", x, target.encode(rows[column]))
        del rows, x
        if held is not None:
            others = frame.iloc[held]
            keep("_cv", features.transform(others), target.encode(others[column]))
    return Matrices(features, target, Sources(**sources), width)


def write_matrix(path: Path, blocks: Iterable[Array], shape: tuple[int, int]) -> None:
    """A .npy of float32 with a last column of ones, from blocks of its rows; ``shape`` is (m, n) without that column.

    Raises:
        OSError: the disk is full. A file that is mapped to be written would end the process instead.
    """
    rows, width = shape
    written = 0
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (rows, width + 1)}
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            whole = np.ones((len(block), width + 1), "<f4")
            whole[:, :-1] = block
            file.write(whole.data)
            written += len(block)
    if written != rows:
        raise ValueError(f"{path}: {written:,} rows were given, {rows:,} announced")
