"""The search: which models are trained, and for how long."""

from typing import Annotated

from pydantic import Field

from .base import ConfigModel
from .models import AnyModel


class EarlyStopping(ConfigModel):
    """Ends the training of a variant whose J_cv no longer falls."""

    patience: Annotated[int, Field(ge=1)] = Field(default=20, description="epochs without improvement before it ends")
    min_delta: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="a smaller fall of J_cv is no improvement"
    )


class SearchConfig(ConfigModel):
    """All models to train. Wherever a list or a range stands, every value is tried with every other."""

    epochs: Annotated[int, Field(ge=1)] = Field(default=200, description="passes over the training rows, at most")
    early_stopping: EarlyStopping | None = Field(
        default=EarlyStopping.model_construct(), description="ends a variant that no longer improves; null turns it off"
    )
    models: Annotated[tuple[AnyModel, ...], Field(strict=False, min_length=1)] | None = Field(
        default=None,
        description="the families of models; not given: a search that fits the size of the table",
        examples=[[{"kind": "linear", "lambda": [0, 1, 10]}, {"kind": "network", "layers": [32, 16]}]],
    )
