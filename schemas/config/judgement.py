"""How models are judged, and on what machine parts the work is done."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic.config import JsonDict

from descent.schemas.config.base import ConfigModel, refuse
from descent.schemas.config.words import Workers

Metric = Literal["rmse", "mae", "r2", "accuracy", "log_loss", "f1_macro", "roc_auc", "average_precision"]
METRICS: dict[str, tuple[Metric, ...]] = {
    "regression": ("rmse", "mae", "r2"),
    "binary": ("log_loss", "accuracy", "f1_macro", "roc_auc", "average_precision"),
    "multiclass": ("log_loss", "accuracy", "f1_macro", "roc_auc"),
}
"""Metrics of each task; the first is what models are selected by unless the configuration says otherwise."""
NOT_ONE: JsonDict = {"not": {"const": 1}}


class ValidateConfig(ConfigModel):
    """k-fold cross-validation of the best few, with features fitted anew in every fold."""

    folds: int = Field(
        default=5, ge=0, description="number of folds, at least 2; 0 turns it off", json_schema_extra=NOT_ONE
    )
    repeats: Annotated[int, Field(ge=1, le=20)] = Field(
        default=1,
        description="how often the rows are divided into folds: 2 in the default search for fewer than 500 rows; "
        "folds in time are always the same, and are made once",
        examples=[3],
    )
    finalists: Annotated[int, Field(ge=1)] = Field(
        default=3, description="how many of the best variants are cross-validated"
    )

    @field_validator("folds", mode="after")
    @classmethod
    def _one_fold_is_none(cls, folds: int) -> int:
        if folds == 1:
            raise refuse("1 is not allowed: write 2 or more folds, or 0 to turn cross-validation off")
        return folds


class EnsembleConfig(ConfigModel):
    """What the final model averages."""

    members: Annotated[int, Field(ge=1, le=50)] = Field(
        default=5,
        description="votes given to finalists, one by one, on out-of-fold rows; each is the average of its folds' "
        "models; 1: one model, refitted on all rows",
    )


class SelectConfig(ConfigModel):
    """What makes a model the winner."""

    metric: Metric | None = Field(
        default=None, description="what variants are compared by; not given: rmse or log_loss", examples=["rmse"]
    )
    rule: Literal["one-standard-error", "best"] = Field(
        default="one-standard-error",
        description="the simplest that is not worse than the best by one standard error of their difference, or the "
        "best itself",
    )
    ensemble: EnsembleConfig = Field(
        default=EnsembleConfig.model_construct(), description="what the final model averages"
    )


class DiagnoseConfig(ConfigModel):
    """Against what the winner is diagnosed."""

    baseline: float | None = Field(
        default=None, description="level of select.metric that people or other systems reach", examples=[0.95]
    )
    curves: bool = Field(
        default=True, description="measure bias, variance and advice on parts of the training rows; false: costs alone"
    )
    follow: bool = Field(
        default=False, description="try the best advice that is a setting as further variants, before the test"
    )


class ComputeConfig(ConfigModel):
    """The machine, or the cluster of machines."""

    engine: Literal["local", "dask"] = Field(
        default="local", description="processes of this machine, or a Dask cluster", examples=["dask"]
    )
    address: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="dask: the scheduler's address; not given: a cluster of `workers` processes is started here",
        examples=["tcp://10.0.0.5:8786"],
    )
    workers: Workers = Field(
        default="auto", description="training processes; auto = one per processor, or all workers of the scheduler"
    )
    dtype: Literal["float32", "float64"] = Field(default="float32", description="precision of the training")

    @model_validator(mode="after")
    def _address_is_dasks(self) -> Self:
        if self.address is not None and self.engine != "dask":
            raise refuse("address is that of a Dask scheduler: write engine: dask as well, or leave it out")
        if self.address is not None and self.workers != "auto":
            raise refuse("the scheduler at address has its own workers: leave out workers, or address")
        return self


class TrackConfig(ConfigModel):
    """What is recorded in MLflow beside the results."""

    system_metrics: bool = Field(
        default=False, description="record processor, memory, disk and network of the machine while the run lasts"
    )
