"""The table: where it is, what its columns mean, and how its rows are split."""

from math import fsum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from .base import ConfigModel, refuse

Task = Literal["regression", "binary", "multiclass"]
SplitBy = Literal["random", "time", "group"]
Text = Annotated[str, Field(min_length=1)]
Columns = Annotated[tuple[Text, ...], Field(strict=False)]
Fraction = Annotated[float, Field(gt=0, lt=1)]


class DataConfig(ConfigModel):
    """The table and the meaning of its columns. Only ``source`` and ``target`` must be given."""

    source: Text = Field(
        description="path of the table: CSV, CSV.gz or Parquet", examples=["data/samples/penguins.csv"]
    )
    target: Text = Field(description="the column to predict", examples=["species"])
    task: Task | None = Field(
        default=None, description="kind of prediction; not given: seen from the target", examples=["regression"]
    )
    exclude: Columns = Field(default=(), description="columns that the models must not see", examples=[["id"]])
    numeric: Columns = Field(default=(), description="columns to read as numbers", examples=[["age"]])
    categorical: Columns = Field(
        default=(), description="columns to read as categories, such as codes written as numbers", examples=[["month"]]
    )
    missing: Annotated[tuple[str, ...], Field(strict=False)] = Field(
        default=(),
        description="texts that mean: no value; beside the usual ones such as NA",
        examples=[["unknown", "-999"]],
    )
    group: Text | None = Field(
        default=None,
        description="column of the thing that rows belong to; its rows stay together",
        examples=["patient"],
    )
    time: Text | None = Field(default=None, description="column that orders the rows in time", examples=["date"])
    positive: Text | None = Field(
        default=None, description="binary: the label that counts as positive", examples=["yes"]
    )

    @model_validator(mode="after")
    def _columns_do_not_contradict(self) -> Self:
        for key in ("exclude", "numeric", "categorical"):
            if key != "numeric" and self.target in getattr(self, key):
                raise refuse(f"column {self.target} is the target and cannot be in {key} as well")
        if self.target in (self.group, self.time):
            raise refuse(f"column {self.target} is the target and cannot be the group or time column as well")
        if twice := [column for column in self.numeric if column in self.categorical]:
            raise refuse(f"column {twice[0]} is in numeric and in categorical: keep one")
        if self.positive is not None and self.task not in (None, "binary"):
            raise refuse(f"positive names a label of a binary task; task is {self.task}")
        return self


class SplitConfig(ConfigModel):
    """Shares of rows for training, for comparing models (cv), and for the one final test."""

    train: Fraction = Field(default=0.6, description="share of rows that models learn from")
    cv: Fraction = Field(default=0.2, description="share of rows on which models are compared")
    test: Fraction = Field(default=0.2, description="share of rows kept for the one final test")
    by: SplitBy | None = Field(
        default=None,
        description="how rows are drawn; not given: seen from the columns",
        examples=["random"],
    )
    seed: Annotated[int, Field(ge=0)] = Field(
        default=0, description="seed of the split, and of all else without its own seed"
    )

    @model_validator(mode="after")
    def _shares_sum_to_one(self) -> Self:
        total = fsum((self.train, self.cv, self.test))
        if abs(total - 1) > 1e-9:
            raise refuse(f"train {self.train:g} + cv {self.cv:g} + test {self.test:g} = {total:g}: must sum to 1")
        return self
