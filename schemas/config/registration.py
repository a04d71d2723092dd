"""Under which name the winner goes to MLflow's model registry, and what a challenger must do to become the champion."""

from typing import Annotated

from pydantic import Field

from descent.schemas.config.base import ConfigModel
from descent.schemas.config.judgement import Metric


class RegisterConfig(ConfigModel):
    """The registered model that the winner becomes a version of, with the alias ``challenger``."""

    name: Annotated[str, Field(min_length=1, pattern=r"^[^/:@]+$")] | None = Field(
        default=None,
        description="name of the registered model; not given: the winner is not registered",
        examples=["housing"],
    )
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = Field(
        default=0.95, description="probability with which a challenger must be better to become the champion"
    )
    guards: Annotated[tuple[Metric, ...], Field(strict=False)] = Field(
        default=(), description="further metrics on which it must not be worse", examples=[["roc_auc"]]
    )
