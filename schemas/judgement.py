"""How models are judged, and on what machine parts the work is done."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic.config import JsonDict

from .base import ConfigModel, refuse
from .words import Workers

Metric = Literal["rmse", "mae", "r2", "accuracy", "log_loss", "f1_macro", "roc_auc", "average_precision"]
NOT_ONE: JsonDict = {"not": {"const": 1}}


class ValidateConfig(ConfigModel):
    """k-fold cross-validation of the best few, with features fitted anew in every fold."""

    folds: int = Field(
        default=5, ge=0, description="number of folds, at least 2; 0 turns it off", json_schema_extra=NOT_ONE
    )
    finalists: Annotated[int, Field(ge=1)] = Field(default=3, description="how many of the best variants go in")

    @field_validator("folds", mode="after")
    @classmethod
    def _one_fold_is_none(cls, folds: int) -> int:
        if folds == 1:
            raise refuse("1 is not allowed: write 2 or more folds, or 0 to turn cross-validation off")
        return folds


class SelectConfig(ConfigModel):
    """What makes a model the winner."""

    metric: Metric | None = Field(
        default=None, description="what variants are compared by; not given: rmse or log_loss", examples=["rmse"]
    )
    rule: Literal["one-standard-error", "best"] = Field(
        default="one-standard-error",
        description="the simplest within one standard error of the best, or the best itself",
    )


class DiagnoseConfig(ConfigModel):
    """Against what the winner is diagnosed."""

    baseline: float | None = Field(
        default=None, description="level of select.metric that people or other systems reach", examples=[0.95]
    )
    curves: bool = Field(
        default=True, description="measure bias, variance and advice on parts of the training rows; false: costs alone"
    )


class ComputeConfig(ConfigModel):
    """The machine."""

    workers: Workers = Field(default="auto", description="training processes; auto = one per processor")
    dtype: Literal["float32", "float64"] = Field(default="float32", description="precision of the training")
