"""The table: where it is, what its columns mean, and how its rows are split."""

from collections.abc import Iterable
from itertools import combinations
from math import fsum
from typing import Annotated, Any, Literal, Self

from pydantic import Field, field_serializer, model_validator

from descent.schemas.config.base import ConfigModel, refuse
from descent.schemas.config.words import Header, Memory
from descent.schemas.problems.secrets import conceal

Task = Literal["regression", "binary", "multiclass"]
SplitBy = Literal["random", "stratified", "time", "group", "column"]
Draw = Literal["chance", "content"]
Text = Annotated[str, Field(min_length=1)]
Columns = Annotated[tuple[Text, ...], Field(strict=False)]
ROLES = ("numeric", "categorical", "datetime", "boolean", "text", "identifier", "constant")
"""Keys of `DataConfig` that say what columns are; each is a list of columns."""
Fraction = Annotated[float, Field(gt=0, lt=1)]


class DataConfig(ConfigModel):
    """The table and the meaning of its columns. Only ``source`` and ``target`` must be given."""

    source: Text = Field(
        description="path or URL of the table: CSV (also .gz, .zst), Parquet (file or folder), or a database's URL",
        examples=["data/samples/penguins.csv"],
    )
    target: Text = Field(description="the column to predict", examples=["species"])
    task: Task | None = Field(
        default=None, description="kind of prediction; not given: inferred from the target", examples=["regression"]
    )
    query: Text | None = Field(
        default=None, description="what to read from the database", examples=["SELECT * FROM sales ORDER BY id"]
    )
    exclude: Columns = Field(default=(), description="columns that the models must not see", examples=[["id"]])
    numeric: Columns = Field(default=(), description="columns to read as numbers", examples=[["age"]])
    categorical: Columns = Field(
        default=(), description="columns to read as categories, such as codes written as numbers", examples=[["month"]]
    )
    datetime: Columns = Field(
        default=(), description="columns to read as dates, such as 2024-01-31", examples=[["sold_at"]]
    )
    boolean: Columns = Field(default=(), description="columns of two values, yes or no", examples=[["smoker"]])
    text: Columns = Field(default=(), description="columns of free text, which no model sees", examples=[["comment"]])
    identifier: Columns = Field(
        default=(), description="columns that name the rows, which no model sees", examples=[["order_no"]]
    )
    constant: Columns = Field(
        default=(), description="columns without information, which no model sees", examples=[["version"]]
    )
    missing: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(),
        description="texts that mean: no value; besides the usual ones such as NA",
        examples=[["unknown", "-999"]],
    )
    keep: Annotated[tuple[Text, ...], Field(strict=False)] = Field(
        default=(),
        description="texts that usually mean no value, but are values in columns of texts here",
        examples=[["None", "NA"]],
    )
    verbatim: Columns = Field(
        default=(),
        description="columns whose texts are kept verbatim: no numbers, dates or equal levels are read from them",
        examples=[["size"]],
    )
    decimal: Literal[".", ","] | None = Field(
        default=None,
        description="decimal mark of texts such as 1,234; not given: inferred from the cells",
        examples=[","],
    )
    date_order: Literal["dmy", "mdy"] | None = Field(
        default=None,
        description="order of dates such as 03/04/2024: day first or month first; not given: inferred from the cells",
        examples=["dmy"],
    )
    delimiter: Text | None = Field(
        default=None, description="the character between the cells of a CSV; not given: detected", examples=[";"]
    )
    header: Header | None = Field(
        default=None,
        description="the line of a CSV with the names of its columns, counted from 1, or none; not given: detected",
        examples=[3],
    )
    encoding: Text | None = Field(
        default=None, description="encoding of a CSV; not given: UTF-8, or what is detected", examples=["cp1252"]
    )
    memory: Memory = Field(
        default="auto",
        description="Parquet for which a run would need more is read some rows at a time; auto = half of the memory",
        examples=["2GB"],
    )
    group: Text | None = Field(
        default=None,
        description="column with the thing that a row belongs to; the rows of one stay together",
        examples=["patient"],
    )
    time: Text | None = Field(default=None, description="column that orders the rows in time", examples=["date"])
    positive: Text | None = Field(
        default=None, description="binary: the label that counts as positive", examples=["yes"]
    )

    @model_validator(mode="after")
    def _columns_do_not_contradict(self) -> Self:
        for key in ("exclude", *ROLES):
            if key != "numeric" and self.target in getattr(self, key):
                raise refuse(f"column {self.target} is the target and cannot be in {key} as well")
        if self.target in (self.group, self.time):
            raise refuse(f"column {self.target} is the target and cannot be the group or time column as well")
        for key, other in combinations(ROLES, 2):
            if twice := [column for column in getattr(self, key) if column in getattr(self, other)]:
                raise refuse(f"column {twice[0]} is in {key} and in {other}: keep one")
        if self.delimiter is not None and not (len(self.delimiter) == 1 and self.delimiter.isascii()):
            raise refuse(f'delimiter must be one ASCII character, such as ";" or "\\t"; it is {self.delimiter!r}')
        if both := [text for text in self.keep if text in self.missing]:
            raise refuse(f"{both[0]} is in keep and in missing: keep one")
        if self.positive is not None and self.task not in (None, "binary"):
            raise refuse(f"positive names a label of a binary task; task is {self.task}")
        return self

    @field_serializer("source", when_used="json")
    def _without_password(self, source: str) -> str:
        """A password goes to no file, no database and no page: Prefect stores a configuration as JSON."""
        return conceal(source)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return [(key, conceal(value) if key == "source" else value) for key, value in super().__repr_args__()]


class SplitConfig(ConfigModel):
    """Shares of rows for training, for comparing models (cv), and for the one final test."""

    train: Fraction = Field(default=0.6, description="share of rows on which models are trained")
    cv: Fraction = Field(default=0.2, description="share of rows on which models are compared")
    test: Fraction = Field(default=0.2, description="share of rows kept for the one final test")
    by: SplitBy | None = Field(
        default=None,
        description="how rows are drawn; not given: inferred from the columns",
        examples=["random"],
    )
    draw: Draw | None = Field(
        default=None,
        description="chance, or content: a hash of the row, so that it keeps its part in a table that grows; "
        "not given: content if register.name is given",
        examples=["content"],
    )
    column: Text | None = Field(
        default=None,
        description="column that says train, cv or test for every row; the shares then have no effect",
        examples=["split"],
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        default=0, description="seed of the split, and of everything without its own seed"
    )

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        total = fsum((self.train, self.cv, self.test))
        if abs(total - 1) > 1e-9:
            raise refuse(f"train {self.train:g} + cv {self.cv:g} + test {self.test:g} = {total:g}: must sum to 1")
        return self
