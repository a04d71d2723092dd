"""How numbers become several columns each before the first layer; the formulas stand in docs/mathematics.md."""

from typing import Annotated, Literal

from pydantic import Field

from descent.schemas.config.base import ByKind
from descent.schemas.config.sweeps import NumberSweep, SweepModel


class NoEmbedding(SweepModel):
    """Numbers go into the first layer as they are."""

    kind: Literal["none"] = Field(default="none", description="chooses the embedding")


class Pbld(SweepModel):
    """Waves of learned frequency and phase, a linear map, and the number itself (RealMLP, arXiv 2407.04491)."""

    kind: Literal["pbld"] = Field(default="pbld", description="chooses the embedding")
    waves: NumberSweep[Annotated[int, Field(ge=1)]] = Field(
        default=16, description="waves per numeric column", examples=[8]
    )
    width: NumberSweep[Annotated[int, Field(ge=1)]] = Field(
        default=3, description="columns that the waves of a number become, next to the number", examples=[7]
    )
    sigma: NumberSweep[Annotated[float, Field(gt=0)]] = Field(
        default=0.1, description="standard deviation of the frequencies at the start", examples=[[0.05, 0.5]]
    )


Embedding = Annotated[NoEmbedding | Pbld, ByKind()]
"""Any embedding of numbers, chosen by ``kind``."""
