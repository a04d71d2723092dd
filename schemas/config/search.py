"""The search: which models are trained, for how long, and which of them to the end."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from descent.schemas.config.base import ConfigModel, refuse
from descent.schemas.config.models import AnyModel

Strategy = Literal["grid", "random", "halving"]
Effort = Literal["quick", "standard", "thorough"]

SAMPLES = 60
"""Draws of a random search: with 95 % probability one of 60 is among the best 5 % (1 − 0.95⁶⁰; Bergstra & Bengio 2012,
"Random Search for Hyper-Parameter Optimization", JMLR 13)."""


class EarlyStopping(ConfigModel):
    """Ends the training of a variant whose J_cv no longer falls."""

    patience: Annotated[int, Field(ge=1)] = Field(
        default=20, description="epochs without improvement before training stops"
    )
    min_delta: Annotated[float, Field(ge=0)] = Field(
        default=0.0, description="a smaller decrease of J_cv does not count as improvement"
    )


class Halving(ConfigModel):
    """How ``strategy: halving`` cuts."""

    eta: Annotated[int, Field(ge=2)] = Field(
        default=4, description="one variant in eta continues after each rung, four at least"
    )
    first: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="epochs of the first rung; not given: epochs / (3 eta), with eta: 2 epochs / 4",
        examples=[5],
    )


class Budget(ConfigModel):
    """What the training of a search may cost; a variant that it ends is marked so."""

    minutes: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="of training, folds and refit together", examples=[5]
    )
    epochs: Annotated[int, Field(ge=1)] | None = Field(
        default=None, description="of all variants together; iterations of lbfgs and newton are not counted"
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.minutes is None and self.epochs is None:
            raise refuse("a budget is written {minutes: 5} or {epochs: 10000}, or both; null for none")
        return self


class SearchConfig(ConfigModel):
    """All models to train. Wherever a list or a range stands, every value is tried with every other."""

    effort: Effort = Field(
        default="standard",
        description="how much is tried if models are not given: quick for a first look, thorough overnight",
        examples=["quick"],
    )
    strategy: Strategy = Field(
        default="grid",
        description="grid: every variant; random: samples of them; halving: the better ones continue after each rung",
    )
    samples: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None,
        description="variants to draw; not given: 60 for random, every variant for halving",
        examples=[100],
    )
    halving: Halving = Field(default=Halving.model_construct(), description="how strategy: halving cuts")
    budget: Budget | None = Field(
        default=None, description="what the training may cost; null: as long as it takes", examples=[{"minutes": 5}]
    )
    epochs: Annotated[int, Field(ge=1)] = Field(default=200, description="passes over the training rows, at most")
    early_stopping: EarlyStopping | None = Field(
        default=EarlyStopping.model_construct(), description="ends a variant that no longer improves; null turns it off"
    )
    models: Annotated[tuple[AnyModel, ...], Field(strict=False, min_length=1)] | None = Field(
        default=None,
        description="the families of models; not given: a search that fits the size of the table",
        examples=[[{"kind": "linear", "lambda": [0, 1, 10]}, {"kind": "network", "layers": [32, 16]}]],
    )

    @model_validator(mode="after")
    def _samples_are_drawn(self) -> Self:
        if self.strategy == "grid" and self.samples is not None:
            raise refuse("samples are drawn by strategy: random or halving; this search is a grid")
        return self

    @property
    def drawn(self) -> int | None:
        """How many variants are drawn; None where every one is taken."""
        return SAMPLES if self.strategy == "random" and self.samples is None else self.samples
