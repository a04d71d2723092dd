"""Linear, logistic and softmax regression and dense networks: one description, a layout plus a loss.

A linear model is a network without hidden layers. The task chooses the output: ``regression`` predicts numbers,
``binary`` one logit, ``multiclass`` K logits.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

from descent.ml.errors import OptionError, check_name
from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.initializers import VARIANCES
from descent.ml.network.layout import Layout, make_layout
from descent.ml.network.losses import LOSSES, Loss

Task = Literal["regression", "binary", "multiclass"]
_LOSS_OF = {
    "regression": "squared_error",
    "binary": "binary_cross_entropy",
    "multiclass": "categorical_cross_entropy",
}


@dataclass(frozen=True)
class Embedding:
    """Numeric embeddings (`ml.network.layers.embedding`): each of the first ``columns`` columns gets ``width`` more.

    ``waves`` is the number of waves per column, ``sigma`` the standard deviation of their frequencies at the start.
    Raises `OptionError`.
    """

    columns: int
    waves: int = 16
    width: int = 3
    sigma: float = 0.1

    def __post_init__(self) -> None:
        for name in ("columns", "waves", "width"):
            if not getattr(self, name) >= 1:
                raise OptionError(f"embedding.{name} is {getattr(self, name)!r}; it must be at least 1")
        if not 0 < self.sigma < float("inf"):
            raise OptionError(f"embedding.sigma is {self.sigma!r}; it must be a finite number > 0")


@dataclass(frozen=True)
class Model:
    """Architecture and loss; no parameters.

    ``hidden`` are the widths of the hidden layers; ``outputs`` is 1 for binary, the number of classes K ≥ 2 for
    multiclass and the number of targets for regression. ``residual`` adds to the output of every hidden layer its
    input (through a linear projection where widths differ; He et al. 2016). ``loss`` is chosen by the task unless
    regression asks for ``"huber"``, whose threshold is ``huber_delta``, or ``"poisson"`` or ``"gamma"``, for targets
    whose sum with ``shift`` is never negative, or above 0. ``input_scale`` gives every column that the
    first dense layer reads a learned scale, after the ``embedding`` of numeric columns; both need hidden layers.

    Raises `OptionError`.
    """

    inputs: int
    hidden: tuple[int, ...] = ()
    outputs: int = 1
    task: Task = "regression"
    activation: str = "relu"
    residual: bool = False
    initializer: str = "he"
    loss: str | None = None
    huber_delta: float = 1.0
    input_scale: bool = False
    embedding: Embedding | None = None
    shift: float = 0.0

    def __post_init__(self) -> None:
        if isinstance(self.embedding, dict):  # as `dataclasses.asdict` stores it
            object.__setattr__(self, "embedding", Embedding(**self.embedding))
        check_name("task", self.task, get_args(Task))
        check_name("activation", self.activation, ACTIVATIONS)
        check_name("initializer", self.initializer, VARIANCES)
        object.__setattr__(self, "hidden", tuple(int(width) for width in self.hidden))
        if self.loss is None:
            object.__setattr__(self, "loss", _LOSS_OF[self.task])
        fitting = [name for name, loss in LOSSES.items() if self.task in loss.tasks]
        check_name(f"loss of a {self.task} model", self.loss, fitting)
        if not self.inputs >= 1:
            raise OptionError(f"inputs is {self.inputs!r}; a model needs at least 1 input column")
        if any(width < 1 for width in self.hidden):
            raise OptionError(f"hidden is {self.hidden!r}; every width must be at least 1")
        if not self.huber_delta > 0:
            raise OptionError(f"huber_delta is {self.huber_delta!r}; it must be > 0")
        if not self.hidden and (self.input_scale or self.embedding):
            raise OptionError("input_scale and embedding need hidden layers; hidden is ()")
        if self.embedding is not None and self.embedding.columns > self.inputs:
            raise OptionError(f"embedding.columns is {self.embedding.columns}; the model has {self.inputs} inputs")
        if not -float("inf") < self.shift < float("inf"):
            raise OptionError(f"shift is {self.shift!r}; it must be a finite number")
        lowest = 2 if self.task == "multiclass" else 1
        if self.outputs < lowest or (self.task == "binary" and self.outputs != 1):
            rule = {"binary": "exactly 1 (one logit)", "multiclass": "the number of classes, at least 2"}
            raise OptionError(
                f"outputs is {self.outputs!r}; a {self.task} model needs {rule.get(self.task, 'at least 1')}"
            )

    @property
    def widths(self) -> tuple[int, ...]:
        """Inputs, hidden widths, outputs."""
        return (self.inputs, *self.hidden, self.outputs)

    @cached_property
    def layout(self) -> Layout:
        """Where each layer lives in the flat buffer of parameters."""
        e = self.embedding
        waves = None if e is None else (e.columns, e.waves, e.width)
        return make_layout(self.widths, self.residual, self.input_scale, waves)

    @property
    def criterion(self) -> type[Loss]:
        """The loss that is minimised."""
        return LOSSES[self.loss or _LOSS_OF[self.task]]

    @property
    def never_negative(self) -> bool:
        """Whether predictions, counted from the target's own zero, are never below it: a loss with a log link."""
        return bool(self.criterion.targets)

    @property
    def prepared(self) -> bool:
        """Whether layers stand between the rows and the first dense one."""
        return self.input_scale or self.embedding is not None

    @property
    def size(self) -> int:
        """Number of parameters P."""
        return self.layout.size
