"""The optimizers and their hyperparameters; each can be swept. The update rules stand in ``ml/optimizers/rules.py``."""

from typing import Annotated, Literal

from pydantic import Field

from descent.schemas.config.base import ByKind
from descent.schemas.config.schedules import Schedule
from descent.schemas.config.sweeps import NumberSweep, Sweep, SweepModel

Positive = NumberSweep[Annotated[float, Field(gt=0)]]
Share = NumberSweep[Annotated[float, Field(ge=0, lt=1)]]

RATE = "learning rate: size of one step"
KIND = "chooses the optimizer"
EPSILON = "small number in a denominator, for numerical stability"


Schedules = Sweep[Schedule] | None
SCHEDULE = Field(
    default=None, description="how the learning rate changes over the epochs", examples=[{"kind": "cosine"}]
)
TOLERANCE = "ends when no component of the gradient is larger than this"
Clip = Positive | None
CLIP = Field(
    default=None, description="gradients longer than this (Euclidean norm) are shortened to it", examples=[1.0]
)


class Sgd(SweepModel):
    """Stochastic gradient descent."""

    kind: Literal["sgd"] = Field(default="sgd", description=KIND)
    learning_rate: Positive = Field(default=0.1, description=RATE, examples=[[0.01, 0.1]])
    schedule: Schedules = SCHEDULE
    clip_norm: Clip = CLIP


class Momentum(SweepModel):
    """Gradient descent with momentum (Polyak 1964)."""

    kind: Literal["momentum"] = Field(default="momentum", description=KIND)
    learning_rate: Positive = Field(default=0.05, description=RATE, examples=[[0.01, 0.1]])
    momentum: Share = Field(default=0.9, description="share of the last step that is kept", examples=[0.9])
    schedule: Schedules = SCHEDULE
    clip_norm: Clip = CLIP


class Nesterov(Momentum):
    """Gradient descent with Nesterov's momentum (Nesterov 1983)."""

    kind: Literal["nesterov"] = Field(default="nesterov", description=KIND)  # type: ignore[assignment]


class AdaGrad(SweepModel):
    """AdaGrad (Duchi, Hazan & Singer 2011)."""

    kind: Literal["adagrad"] = Field(default="adagrad", description=KIND)
    learning_rate: Positive = Field(default=0.05, description=RATE, examples=[[0.01, 0.1]])
    epsilon: Positive = Field(default=1e-10, description=EPSILON, examples=[1e-10])
    schedule: Schedules = SCHEDULE
    clip_norm: Clip = CLIP


class RmsProp(SweepModel):
    """RMSProp (Tieleman & Hinton 2012)."""

    kind: Literal["rmsprop"] = Field(default="rmsprop", description=KIND)
    learning_rate: Positive = Field(default=1e-3, description=RATE, examples=[[1e-3, 1e-2]])
    decay: Share = Field(
        default=0.9, description="share of the mean squared gradient that is kept per step", examples=[0.9]
    )
    epsilon: Positive = Field(default=1e-8, description=EPSILON, examples=[1e-8])
    schedule: Schedules = SCHEDULE
    clip_norm: Clip = CLIP


class Adam(SweepModel):
    """Adam (Kingma & Ba 2015)."""

    kind: Literal["adam"] = Field(default="adam", description=KIND)
    learning_rate: Positive = Field(default=1e-3, description=RATE, examples=[[1e-3, 1e-2]])
    beta1: Share = Field(default=0.9, description="share of the mean gradient that is kept per step", examples=[0.9])
    beta2: Share = Field(
        default=0.999, description="share of the mean squared gradient that is kept per step", examples=[0.99]
    )
    epsilon: Positive = Field(default=1e-8, description=EPSILON, examples=[1e-8])
    schedule: Schedules = SCHEDULE
    clip_norm: Clip = CLIP


class AdamW(Adam):
    """Adam with λ applied to the weights outside the adaptive step (Loshchilov & Hutter 2019)."""

    kind: Literal["adamw"] = Field(default="adamw", description=KIND)  # type: ignore[assignment]


class Lbfgs(SweepModel):
    """L-BFGS (Liu & Nocedal 1989): all rows at once, no learning rate; an iteration counts as an epoch."""

    kind: Literal["lbfgs"] = Field(default="lbfgs", description=KIND)
    history: NumberSweep[Annotated[int, Field(ge=1)]] = Field(
        default=10, description="how many past steps model the curvature", examples=[10]
    )
    tolerance: Positive = Field(default=1e-6, description=TOLERANCE, examples=[1e-6])
    iterations: Annotated[int, Field(ge=1)] = Field(
        default=500, description="ends after this many iterations, which stand for search.epochs"
    )


class Newton(Lbfgs):
    """L-BFGS from the inverse of a bound on the curvature (Böhning & Lindsay 1988), all λ at once; linear models only.

    As with L-BFGS, all rows at once, no learning rate, and an iteration counts as an epoch.
    """

    kind: Literal["newton"] = Field(default="newton", description=KIND)  # type: ignore[assignment]
    tolerance: Positive = Field(default=1e-8, description=TOLERANCE, examples=[1e-8])


_Any = Sgd | Momentum | Nesterov | AdaGrad | RmsProp | Adam | AdamW | Lbfgs
NetworkOptimizer = Annotated[_Any, ByKind()]
"""What can train a network, chosen by ``kind``."""

Optimizer = Annotated[_Any | Newton, ByKind()]
"""Any optimizer, chosen by ``kind``: what can train a linear model."""

SOLVERS = (Lbfgs, Newton)
"""What takes all rows at once and ends by itself: no learning rate, no batches, no early stopping."""
