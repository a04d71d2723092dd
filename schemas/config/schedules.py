"""How the learning rate changes over the epochs; what each formula is, ``ml/optimizers/schedules.py`` says."""

from typing import Annotated, Literal

from pydantic import Field

from descent.schemas.config.base import ByKind
from descent.schemas.config.sweeps import NumberSweep, SweepModel

Warmup = NumberSweep[Annotated[int, Field(ge=0)]]
WARMUP = Field(default=0, description="epochs over which the rate first rises from zero", examples=[5])


class Constant(SweepModel):
    """The same learning rate in every epoch (after the warm-up)."""

    kind: Literal["constant"] = Field(default="constant", description="chooses the schedule")
    warmup: Warmup = WARMUP


class Step(SweepModel):
    """The rate is multiplied by ``factor`` after every ``every`` epochs."""

    kind: Literal["step"] = Field(default="step", description="chooses the schedule")
    every: NumberSweep[Annotated[int, Field(ge=1)]] = Field(description="epochs between two steps", examples=[30])
    factor: NumberSweep[Annotated[float, Field(gt=0, lt=1)]] = Field(
        default=0.1, description="what the rate is multiplied by at each step", examples=[0.5]
    )
    warmup: Warmup = WARMUP


class Exponential(SweepModel):
    """The rate is multiplied by ``rate`` after every epoch."""

    kind: Literal["exponential"] = Field(default="exponential", description="chooses the schedule")
    rate: NumberSweep[Annotated[float, Field(gt=0, lt=1)]] = Field(
        description="what the learning rate is multiplied by after each epoch", examples=[0.98]
    )
    warmup: Warmup = WARMUP


class Cosine(SweepModel):
    """The rate falls along half a cosine wave over all epochs (Loshchilov & Hutter 2017, without restarts)."""

    kind: Literal["cosine"] = Field(default="cosine", description="chooses the schedule")
    final: NumberSweep[Annotated[float, Field(ge=0, le=1)]] = Field(
        default=0.0, description="share of the rate that is left in the last epoch", examples=[0.01]
    )
    warmup: Warmup = WARMUP


class CosLog4(SweepModel):
    """Four cosine waves, each about twice as long as the one before (Holzmüller, Grinsztajn & Steinwart 2024)."""

    kind: Literal["coslog4"] = Field(default="coslog4", description="chooses the schedule")
    warmup: Warmup = WARMUP


class OneCycle(SweepModel):
    """The rate rises along half a cosine wave and falls along another (Smith & Topin 2018)."""

    kind: Literal["one_cycle"] = Field(default="one_cycle", description="chooses the schedule")
    initial: NumberSweep[Annotated[float, Field(ge=0, le=1)]] = Field(
        default=0.04, description="share of the rate at the start", examples=[0.1]
    )
    rise: NumberSweep[Annotated[float, Field(gt=0, lt=1)]] = Field(
        default=0.3, description="share of all epochs over which the rate rises", examples=[0.2]
    )
    final: NumberSweep[Annotated[float, Field(ge=0, le=1)]] = Field(
        default=0.0, description="share of the rate that is left in the last epoch", examples=[0.01]
    )
    warmup: Warmup = WARMUP


Schedule = Annotated[Constant | Step | Exponential | Cosine | CosLog4 | OneCycle, ByKind()]
"""Any schedule, chosen by ``kind``."""
