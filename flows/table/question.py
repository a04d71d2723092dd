"""From a table to arrays: the question it is asked, its three parts, and their features."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath
from threading import Lock
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent import data
from descent.data.reading.tables import release_memory
from descent.flows.machine.memory import budget
from descent.flows.report import findings
from descent.flows.search.leaderboard import Entry
from descent.flows.table import streamed as large
from descent.flows.table.row_files import write_matrix
from descent.flows.table.sealed import Sealed, identity_of, seal, sealed
from descent.flows.table.streamed import Whole
from descent.ml.chunks import Source, Sources
from descent.ml.statistics import metrics
from descent.schemas import DataConfig, ExperimentConfig, FeatureSettings, Variant, conceal, expand_variants, to_yaml
from descent.schemas.config.table import ROLES
from descent.schemas.problems.secrets import absent_variables, with_variables

Array = NDArray[Any]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Question:
    """What is asked of the table, with everything that was left open decided."""

    config: ExperimentConfig
    inference: data.Inference
    variants: tuple[Variant, ...]
    digest: str
    source: str
    """The table as the configuration calls it, but for passwords."""
    large: data.Table | None = None
    """The table itself, where it is larger than memory; it then holds a sample of its rows."""

    @property
    def source_name(self) -> str:
        """The last part of it."""
        return PurePath(self.source.partition("?")[0]).name or self.source

    @property
    def task(self) -> str:
        """regression, binary or multiclass."""
        return self.inference.task

    @property
    def metric(self) -> str:
        """The metric that selects."""
        assert self.config.select.metric is not None
        return self.config.select.metric

    @property
    def greater_is_better(self) -> bool:
        """Whether more of that metric is better."""
        return metrics.greater_is_better(self.metric)

    def candidates(self, board: Sequence[Entry]) -> list[Entry]:
        """The best entries of a leaderboard that go to the folds."""
        usable = [entry for entry in board if entry.usable and self.metric in entry.metrics]
        return usable[: self.config.validation.finalists]

    @property
    def folds(self) -> int:
        """How many folds there are: none of a sample.

        Where two epochs of all rows are enough, two of a sample are a fraction of the updates, and the models that
        need them would lose against those that do not. The cv rows are many then, and what they say is sharp.
        """
        return self.config.validation.folds if self.large is None or self.large.complete else 0

    @property
    def settings(self) -> tuple[FeatureSettings, ...]:
        """The feature settings that occur in the search, in the order of the variants."""
        return tuple(dict.fromkeys(variant.features for variant in self.variants))


@dataclass(frozen=True)
class Parts:
    """The rows that may be worked with, and where the others are sealed.

    ``frame`` holds the train and cv rows alone; ``train`` and ``cv`` are row numbers in it. ``sealed`` is the file
    with the test rows.
    """

    frame: pd.DataFrame
    train: Indices
    cv: Indices
    folds: tuple[tuple[Indices, Indices], ...]
    sealed: Sealed
    sizes: dict[str, int]
    findings: tuple[data.Finding, ...]
    """What was noticed about the table, the gravest first; blind to the target of the test rows."""
    whole: Whole | None = None
    """All rows, where the table is larger than memory: ``frame`` is then a sample of the train and cv rows."""


@dataclass(frozen=True)
class Matrices:
    """Features and encoded target of some rows to fit on and some held out, as files or arrays for workers."""

    features: data.FeatureMap
    target: data.Target
    sources: Sources
    width: int


_one_at_a_time = Lock()
"""Features are made for one setting or fold after the other: on the way they take several times what they are."""

_given: ContextVar[data.Table | None] = ContextVar("table given from Python", default=None)


@contextmanager
def given_table(table: data.Table | None) -> Iterator[None]:
    """While this is open, `load` gives this table, whatever the configuration names as source; None changes nothing."""
    token = _given.set(table)
    try:
        yield
    finally:
        _given.reset(token)


def table_of(frame: pd.DataFrame | None, config: ExperimentConfig) -> data.Table | None:
    """A DataFrame as the table of an experiment, called what the configuration calls its source."""
    return (
        None
        if frame is None
        else data.table_of(frame, conceal(config.data.source), config.data.missing, config.data.keep)
    )


def load(config: ExperimentConfig) -> data.Table:
    """Read the table, once per process as long as nothing changes that can be seen.

    Raises:
        DataError: it cannot be read.
    """
    if (table := _given.get()) is not None:
        return table
    if absent := absent_variables(config.data.source):
        raise data.TableError(
            f"{conceal(config.data.source)}: the environment variable {absent[0]} is not set: export {absent[0]}=…"
        )
    source = with_variables(config.data.source)
    return _read(source, config.data, data.stamp(source), config.split.seed)


def forget() -> None:
    """Keep no table in memory: from here on the test rows are in the sealed file and nowhere else."""
    _read.cache_clear()
    gc.collect()  # the tasks that the table went through hold it in circles
    release_memory()


@lru_cache(maxsize=1)
def _read(source: str, given: DataConfig, stamp: object, seed: int) -> data.Table:
    name, limit = conceal(given.source), budget(given.memory)
    if given.query is None and (large := data.open_large(source, name, given.missing, limit, given.keep)) is not None:
        return data.sampled(large, given.target, limit, seed)
    return data.read_table(
        source, given.missing, keep=given.keep, delimiter=given.delimiter, encoding=given.encoding, query=given.query,
        name=name, texts=_texts(given),
    )  # fmt: skip


def _texts(given: DataConfig) -> tuple[str, ...]:
    """Columns that hold names, whatever they look like; among them the target, if it may hold classes."""
    target = () if given.task == "regression" or given.target in given.numeric else (given.target,)
    group = () if given.group is None else (given.group,)
    return (*target, *given.categorical, *given.verbatim, *given.identifier, *given.text, *group)


def pose(config: ExperimentConfig, table: data.Table) -> tuple[Question, pd.DataFrame]:
    """Decide what the configuration leaves open and expand the search; also gives the rows that can be used.

    Raises:
        DataError: the table cannot be used for this.
        ConfigError: the configuration does not fit the table.
    """
    given = config.data
    frame, inference = data.infer(
        table, given.target, task=given.task, exclude=given.exclude, roles={key: getattr(given, key) for key in ROLES},
        group=given.group, time=given.time, by=config.split.by, split_column=config.split.column,
        positive=given.positive, verbatim=given.verbatim, decimal=given.decimal, date_order=given.date_order,
    )  # fmt: skip
    if table.whole is not None:
        table = replace(table, whole=replace(table.whole, spellings=inference.spellings))
    numeric = len(inference.of_role("numeric"))
    columns = numeric + len(inference.categories) + len(inference.dates)
    rows = len(frame) if table.whole is None else table.whole.rows
    config = config.with_default_search(
        task=inference.task, rows=rows, columns=columns, numeric_columns=numeric
    ).with_resolved(
        name=config.title, task=inference.task, split_by=inference.split_by, draw=_draw(config, inference),
        group=inference.group, time=inference.time,
        metric=config.select.metric or metrics.default_metric(inference.task),
    )  # fmt: skip
    large = None if table.whole is None else table
    return Question(config, inference, expand_variants(config), table.digest, table.path, large), frame


def _draw(config: ExperimentConfig, inference: data.Inference) -> str | None:
    """By content where the winner is registered: what it is tested on, no model of another night may have learned."""
    if not inference.drawn:
        return None
    return config.split.draw or (None if config.registration.name is None else "content")


def cut(question: Question, frame: pd.DataFrame, scratch: Path) -> Parts:
    """Split the rows, write the test rows to a file, and keep the others."""
    config, inference, file = question.config, question.inference, scratch / "sealed-test-rows.parquet"
    whole, sizes = None, {}
    if question.large is None:
        fractions = (config.split.train, config.split.cv, config.split.test)
        split = data.split_rows(frame, inference, fractions, config.split.seed, config.split.draw or "chance")
        identity = identity_of(question.digest, split.test)
        kept = seal(frame.iloc[split.test].reset_index(drop=True), file, identity=identity)
        sizes = {"train": len(split.train), "cv": len(split.cv), "test": len(split.test)}
    else:
        whole, split, sizes, identity = large.split(question, question.large, frame)
        whole.table.write(whole.part == large.TEST, file)
        kept = sealed(file, identity, sizes["test"])
    noticed = data.examine(frame, inference, split)  # before there is a frame of the working rows beside this one
    working = np.sort(np.concatenate([split.train, split.cv]))
    rest = frame.iloc[working].reset_index(drop=True)
    train, cv = np.searchsorted(working, split.train), np.searchsorted(working, split.cv)
    pairs = data.fold_rows(rest, inference, question.folds, config.split.seed) if question.folds else []
    return Parts(rest, train, cv, tuple(pairs), kept, sizes, noticed, whole)


def training_matrices(settings: FeatureSettings, question: Question, parts: Parts, folder: Path) -> Matrices:
    """Features learned on training rows, for all training and cv rows, in files of ``folder``."""
    if parts.whole is None:
        return featurise(settings, question, parts, parts.train, parts.cv, folder)
    return Matrices(*large.featurise(
        parts.whole, parts.frame, parts.train, (large.TRAIN,), (large.CV,), question, settings, folder
    ))  # fmt: skip


def refit_matrices(settings: FeatureSettings, question: Question, parts: Parts, folder: Path) -> Matrices:
    """Features learned on training and cv rows together, for all of them, in files of ``folder``."""
    rows = np.arange(len(parts.frame))
    if parts.whole is None:
        return featurise(settings, question, parts, rows, None, folder)
    return Matrices(*large.featurise(
        parts.whole, parts.frame, rows, (large.TRAIN, large.CV), (), question, settings, folder
    ))  # fmt: skip


def sealed_rows(question: Question, parts: Parts) -> Iterator[pd.DataFrame]:
    """The test rows, at once or some at a time. Only the final test may ask for them.

    Raises:
        RunError: the sealed file is not the one that the split wrote.
    """
    if parts.whole is None:
        yield parts.sealed.open()
        return
    parts.sealed.verify()
    yield from large.reopened(parts.whole, parts.sealed.path)


def featurise(
    settings: FeatureSettings, question: Question, parts: Parts, fit: Indices, held: Indices | None, folder: Path | None
) -> Matrices:
    """Features fitted on the rows ``fit`` and applied to them and to ``held``; into files of ``folder`` if given."""
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
        rows = parts.frame if np.array_equal(fit, np.arange(len(parts.frame))) else parts.frame.iloc[fit]
        features, x = data.FeatureMap.fit_transform(rows, question.inference, settings, seed)
        target, width = data.Target.fit(rows[column], question.task, question.inference.classes), x.shape[1]
        keep("", x, target.encode(rows[column]))
        del rows, x
        if held is not None:
            others = parts.frame.iloc[held]
            keep("_cv", features.transform(others), target.encode(others[column]))
    return Matrices(features, target, Sources(**sources), width)


def told(question: Question, parts: Parts, given: ExperimentConfig) -> list[str]:
    """What was found and decided, in lines for the user; the whole configuration where the search was not ``given``."""
    return [
        *opening(question, parts),
        *(f"  {line}" for line in findings.lines(parts.findings)),
        *(_configuration(question.config) if given.search.models is None else ()),
    ]


def opening(question: Question, parts: Parts) -> list[str]:
    """The table, its split, and how both were decided, in lines."""
    inference = question.inference
    roles = {role: inference.of_role(role) for role in dict.fromkeys(column.role for column in inference.columns)}
    used = ", ".join(f"{len(names)} {role}" for role, names in roles.items())
    sizes = parts.sizes
    return [
        f"{question.source_name}: {sum(sizes.values()):,} rows; {inference.task} of {inference.target!r}; "
        f"columns: {used}",
        f"split by {inference.split_by}{', drawn by content' if question.config.split.draw == 'content' else ''}: "
        f"{sizes['train']:,} train, {sizes['cv']:,} cv, {sizes['test']:,} test (sealed)",
        *(f"  note: {note}" for note in inference.notes),
    ]


def _configuration(config: ExperimentConfig) -> list[str]:
    lines = to_yaml(config, comments=False).splitlines()
    return ["the configuration, kept as experiment.yaml in the folder of the run:", *(f"  {line}" for line in lines)]
