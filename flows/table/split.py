"""A question's table cut in three: test rows into a sealed file, the others kept."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from descent import data
from descent.flows.table import streamed
from descent.flows.table.parts import InMemory, Parts, RowSource
from descent.flows.table.question import Question
from descent.flows.table.sealed import Sealed, identity_of, seal


class Drawn(NamedTuple):
    """A split: who holds the rows, the parts as row numbers of the frame, their sizes in all, and the sealed file."""

    rows: RowSource
    split: data.Split
    sizes: dict[str, int]
    sealed: Sealed


def cut(question: Question, frame: pd.DataFrame, scratch: Path) -> Parts:
    """Split the rows, write the test rows to a file, and keep the others."""
    config, inference, file = question.config, question.inference, scratch / "sealed-test-rows.parquet"
    drawn = Drawn(*streamed.split(question, frame, file)) if question.large else _split(question, frame, file)
    split = drawn.split
    noticed = data.examine(frame, inference, split)  # before there is a frame of the working rows beside this one
    working = np.sort(np.concatenate([split.train, split.cv]))
    rest = frame.iloc[working].reset_index(drop=True)
    train, cv = np.searchsorted(working, split.train), np.searchsorted(working, split.cv)
    seeds = range(config.split.seed, config.split.seed + question.repeats) if question.folds else ()
    pairs = [pair for seed in seeds for pair in data.fold_rows(rest, inference, question.folds, seed)]
    return Parts(rest, train, cv, tuple(pairs), drawn.sealed, drawn.sizes, noticed, drawn.rows)


def _split(question: Question, frame: pd.DataFrame, file: Path) -> Drawn:
    given = question.config.split
    fractions = (given.train, given.cv, given.test)
    split = data.split_rows(frame, question.inference, fractions, given.seed, given.draw or "chance")
    identity = identity_of(question.digest, split.test)
    kept = seal(frame.iloc[split.test].reset_index(drop=True), file, identity=identity)
    sizes = {"train": len(split.train), "cv": len(split.cv), "test": len(split.test)}
    return Drawn(InMemory(), split, sizes, kept)
