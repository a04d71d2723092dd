"""From columns to features: everything here is fitted on training rows only."""

from typing import Annotated, Literal

from pydantic import Field

from descent.schemas.config.sweeps import NumberSweep, Sweep, SweepModel

Scale = Literal["standard", "minmax", "robust", "smooth_clip", "quantile", "none"]
Impute = Literal["median", "mean", "most_frequent"]
Encode = Literal["target", "ordinal", "one_hot"]


class FeaturesConfig(SweepModel):
    """How the columns of the table become the columns that models see."""

    degree: NumberSweep[Annotated[int, Field(ge=1, le=5)]] = Field(
        default=1, description="powers and products of numeric columns up to this degree", examples=[[1, 2]]
    )
    interaction_only: Sweep[bool] = Field(
        default=False, description="products of different columns only, no powers", examples=[[False, True]]
    )
    scale: Sweep[Scale] = Field(default="standard", description="how numeric columns are brought to one scale")
    impute: Sweep[Impute] = Field(default="median", description="what replaces a missing number")
    encode: Sweep[Encode] = Field(
        default="target", description="how categories of more than max_levels levels become numbers"
    )
    max_levels: Annotated[int, Field(ge=1)] = Field(
        default=50, description="categories with at most this many levels get one column per level"
    )
    rare: Annotated[float, Field(ge=0, lt=0.5)] = Field(
        default=0.01, description="levels in fewer than this share of the training rows are grouped"
    )
    max_columns: Annotated[int, Field(ge=1)] = Field(default=2000, description="more features than this are an error")
