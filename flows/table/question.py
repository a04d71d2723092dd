"""What is asked of a table, with everything decided that the configuration leaves open."""

from dataclasses import dataclass, replace
from pathlib import PurePath

import pandas as pd

from descent import data
from descent.flows.machine.memory import budget
from descent.ml.statistics import metrics
from descent.schemas import (
    DataConfig,
    ExperimentConfig,
    FeatureSettings,
    Variant,
    conceal,
    expand_variants,
    resolved,
    with_default_search,
)
from descent.schemas.config.table import ROLES
from descent.schemas.problems.secrets import absent_variables, with_variables
from descent.schemas.variants.defaults import SMALL
from descent.schemas.variants.tasks import check_losses


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

    @property
    def folds(self) -> int:
        """How many folds there are: none of a sample.

        Where two epochs of all rows are enough, two of a sample are a fraction of the updates, and the models that
        need them would lose against those that do not. The cv rows are many then, and what they say is sharp.
        """
        return self.config.validation.folds if self.large is None or self.large.complete else 0

    @property
    def repeats(self) -> int:
        """How often the rows are divided into folds; by time there is one way."""
        return 1 if self.inference.split_by == "time" else self.config.validation.repeats

    @property
    def settings(self) -> tuple[FeatureSettings, ...]:
        """The feature settings that occur in the search, in the order of the variants."""
        return tuple(dict.fromkeys(variant.features for variant in self.variants))


def load(config: ExperimentConfig) -> data.Table:
    """Read the table.

    Raises:
        DataError: it cannot be read.
    """
    given = config.data
    if absent := absent_variables(given.source):
        raise data.TableError(
            f"{conceal(given.source)}: the environment variable {absent[0]} is not set: export {absent[0]}=…"
        )
    source, name, limit = with_variables(given.source), conceal(given.source), budget(given.memory)
    if given.query is None and (large := data.open_large(source, name, given.missing, limit, given.keep)) is not None:
        return data.sampled(large, given.target, limit, config.split.seed)
    return data.read_table(
        source,
        given.missing,
        keep=given.keep,
        dialect=data.Dialect.given(given.delimiter, given.header),
        encoding=given.encoding,
        query=given.query,
        name=name,
        texts=_texts(given),
    )


def _texts(given: DataConfig) -> tuple[str, ...]:
    """Columns that hold names, whatever they look like; among them the target, if it may hold classes."""
    target = () if given.task == "regression" or given.target in given.numeric else (given.target,)
    group = () if given.group is None else (given.group,)
    return (*target, *given.categorical, *given.verbatim, *given.identifier, *given.text, *group)


class Posed:
    """A question and the rows that can be used for it, which are taken once.

    What tasks return and are given, Prefect keeps at times until the run ends; and whoever hands this on keeps it too.
    From the split on, the test rows shall be in the sealed file and nowhere else.
    """

    def __init__(self, question: Question, frame: pd.DataFrame) -> None:
        self.question = question
        self.bytes = int(frame.memory_usage().sum())
        self._frames = [frame]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows, to look at."""
        return self._frames[0]

    def take(self) -> pd.DataFrame:
        """The rows; nobody finds them here again."""
        return self._frames.pop()


def ask(config: ExperimentConfig, frame: pd.DataFrame | None = None) -> Posed:
    """Read the table, or take the given one in its place, and pose the question.

    Raises:
        DataError: the table cannot be read or used for this.
        ConfigError: the configuration does not fit the table.
    """
    if frame is None:
        return Posed(*pose(config, load(config)))
    name = conceal(config.data.source)
    return Posed(*pose(config, data.table_of(frame, name, config.data.missing, config.data.keep)))


def pose(config: ExperimentConfig, table: data.Table) -> tuple[Question, pd.DataFrame]:
    """Decide what the configuration leaves open and expand the search; also gives the rows that can be used.

    Raises:
        DataError: the table cannot be used for this.
        ConfigError: the configuration does not fit the table.
    """
    given = config.data
    frame, inference = data.infer(
        table,
        given.target,
        task=given.task,
        exclude=given.exclude,
        roles={key: getattr(given, key) for key in ROLES},
        group=given.group,
        time=given.time,
        by=config.split.by,
        split_column=config.split.column,
        positive=given.positive,
        verbatim=given.verbatim,
        decimal=given.decimal,
        date_order=given.date_order,
    )
    if table.whole is not None:
        table = replace(table, whole=replace(table.whole, spellings=inference.spellings))
    numeric = len(inference.of_role("numeric"))
    columns = numeric + len(inference.categories) + len(inference.dates)
    rows = len(frame) if table.whole is None else table.whole.rows
    if rows < SMALL and config.search.models is None:
        few = f"{rows:,} rows are few: networks stay small, and metrics on the test rows are imprecise"
        inference = replace(inference, notes=(*inference.notes, few))
    least = float(frame[inference.target].min()) if inference.task == "regression" else None
    config = resolved(
        with_default_search(
            config,
            task=inference.task,
            rows=rows,
            columns=columns,
            numeric_columns=numeric,
            amounts=least is not None and least >= 0,
        ),
        name=config.title,
        task=inference.task,
        split_by=inference.split_by,
        draw=_draw(config, inference),
        group=inference.group,
        time=inference.time,
        metric=config.select.metric or metrics.default_metric(inference.task),
    )
    if least is not None:
        check_losses(config, least)
    large = None if table.whole is None else table
    return Question(config, inference, expand_variants(config), table.digest, table.path, large), frame


def _draw(config: ExperimentConfig, inference: data.Inference) -> str | None:
    """By content where the winner is registered: what it is tested on, no model of another night may have learned."""
    if not inference.drawn:
        return None
    return config.split.draw or (None if config.registration.name is None else "content")
