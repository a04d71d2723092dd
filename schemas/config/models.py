"""The families of models that can be searched."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from descent.schemas.config.base import ByKind, refuse
from descent.schemas.config.embeddings import Embedding
from descent.schemas.config.optimizers import SOLVERS, Adam, NetworkOptimizer, Newton, Optimizer
from descent.schemas.config.sweeps import ListSweep, Many, NumberSweep, Sweep, SweepModel, choices, whole_choices
from descent.schemas.config.words import BatchSize

Activation = Literal["relu", "tanh", "sigmoid", "leaky_relu", "gelu", "silu", "mish", "selu"]
Initializer = Literal["he", "glorot", "lecun"]
NumberLoss = Literal["squared_error", "poisson", "gamma"]
NEVER_NEGATIVE, POSITIVE = "that is never negative", "above 0"
TARGETS = {"poisson": NEVER_NEGATIVE, "gamma": POSITIVE}
"""The losses that not every target of numbers allows, and what they need."""
LinearKind = Literal["linear", "logistic", "softmax"]


Lambda = NumberSweep[Annotated[float, Field(ge=0)]]
LAMBDA = Field(
    default=0.0,
    validation_alias="lambda",
    serialization_alias="lambda",
    description="strength λ of the L2 penalty λ/(2m) Σw²; 0 = none",
    examples=[[0, 0.1, 1, 10], {"log": [0.001, 10], "count": 5}],
)
Batch = NumberSweep[BatchSize] | None
BATCH = Field(
    default=None,
    description="rows per step, or full for all; not given: 128, and full for lbfgs and newton",
    examples=[32, "full"],
)
Seed = NumberSweep[Annotated[int, Field(ge=0)]] | None
SEED = Field(
    default=None,
    description="random numbers of initial weights and batches; not given: split.seed",
    examples=[[0, 1, 2]],
)


def check_batch(batch: Any, optimizer: Any) -> None:
    """Refuse mini-batches for an optimizer that knows none."""
    solver = next((each.kind for each in choices(optimizer) if isinstance(each, SOLVERS)), None)
    if solver is not None and batch is not None and set(whole_choices(batch)) != {"full"}:
        raise refuse(f"{solver} always takes all rows at once: leave out batch, or write batch: full")


class LinearSearch(SweepModel):
    """A model without hidden layers: linear regression, logistic or softmax regression, as the task asks."""

    kind: LinearKind = Field(description="linear is the linear model of the task")
    lambda_: Lambda = LAMBDA
    degree: NumberSweep[Annotated[int, Field(ge=1, le=5)]] | None = Field(
        default=None,
        description="powers and products of numeric columns in this family; not given: features.degree",
        examples=[[1, 2]],
    )
    optimizer: Sweep[Optimizer] = Field(
        default=Newton.model_construct(), description="how the model is trained", examples=[{"kind": "newton"}]
    )
    batch: Batch = BATCH
    seed: Seed = SEED

    @model_validator(mode="after")
    def _batch_fits(self) -> Self:
        check_batch(self.batch, self.optimizer)
        return self


class Rates(SweepModel):
    """Learning rates of kinds of parameters, as factors on the optimizer's."""

    bias: NumberSweep[Annotated[float, Field(gt=0)]] = Field(default=1.0, description="of biases", examples=[0.1])
    scale: NumberSweep[Annotated[float, Field(gt=0)]] = Field(
        default=1.0, description="of the scales that input_scale learns", examples=[6]
    )
    embedding: NumberSweep[Annotated[float, Field(gt=0)]] = Field(
        default=1.0, description="of numeric embeddings", examples=[0.1]
    )
    ntk: Sweep[bool] = Field(
        default=False, description="weights of a layer with n inputs get 1/√n: NTK parametrisation", examples=[True]
    )


class NetworkSearch(SweepModel):
    """A dense network."""

    kind: Literal["network"] = Field(default="network", description="a dense neural network")
    layers: ListSweep[Many[Annotated[int, Field(ge=1)]]] = Field(
        description="units of each hidden layer", examples=[[32, 16], [[16], [64, 32]]]
    )
    activation: Sweep[Activation] = Field(
        default="relu", description="function after each hidden layer", examples=["tanh"]
    )
    residual: Sweep[bool] = Field(
        default=False,
        description="add the input of a hidden layer to its output, through a linear projection where widths differ",
        examples=[True],
    )
    initializer: Sweep[Initializer] | None = Field(
        default=None,
        description="spread of the initial weights; not given: glorot for tanh and sigmoid, lecun for selu, else he",
        examples=["lecun"],
    )
    input_scale: Sweep[bool] = Field(
        default=False, description="whether every input gets a learned scale before the first layer", examples=[True]
    )
    loss: Sweep[NumberLoss] = Field(
        default="squared_error",
        description="for numbers: what is minimised; poisson and gamma predict amounts and counts, never below zero",
        examples=[["squared_error", "poisson"]],
    )
    embedding: Sweep[Embedding] | None = Field(
        default=None, description="how numbers become several columns each", examples=[{"kind": "pbld"}]
    )
    lambda_: Lambda = LAMBDA
    dropout: NumberSweep[Annotated[float, Field(ge=0, le=0.99)]] = Field(
        default=0.0, description="share of hidden units left out in each row of training", examples=[[0, 0.15]]
    )
    label_smoothing: NumberSweep[Annotated[float, Field(ge=0, lt=1)]] = Field(
        default=0.0, description="share of a class target that is spread evenly over all classes", examples=[0.1]
    )
    rates: Rates = Field(
        default=Rates.model_construct(), description="learning rates of kinds of parameters, as factors"
    )
    optimizer: Sweep[NetworkOptimizer] = Field(
        default=Adam.model_construct(),
        description="how the network is trained",
        examples=[{"kind": "adam", "learning_rate": [0.001, 0.01]}],
    )
    batch: Batch = BATCH
    seed: Seed = SEED

    @model_validator(mode="after")
    def _batch_fits(self) -> Self:
        check_batch(self.batch, self.optimizer)
        solver = next((each.kind for each in choices(self.optimizer) if isinstance(each, SOLVERS)), None)
        for key in ("dropout", "label_smoothing"):
            if solver is not None and any(choices(getattr(self, key))):
                raise refuse(f"{solver} minimises the cost itself: leave out {key}, or take another optimizer")
        if solver is not None and set(choices(self.loss)) != {"squared_error"}:
            raise refuse(f"{solver} minimises the squared error: leave out loss, or take another optimizer")
        if solver is not None and self.rates != Rates():
            raise refuse(f"{solver} has no learning rate: leave out rates, or take another optimizer")
        return self


AnyModel = Annotated[LinearSearch | NetworkSearch, ByKind()]
"""Any family of models, chosen by ``kind``."""
