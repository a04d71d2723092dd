"""The scikit-learn face: estimators for pipelines, searches and everything else that expects `fit` and `predict`.

Arguments are called as in `ml.Settings` and `ml.train`: ``lam`` is λ of J + λ/(2m) Σ w², in every batch size, so it
equals Ridge's alpha and LogisticRegression's 1/C; an epoch is one pass over the rows. (``alpha`` means two things in
scikit-learn, and ``lambda`` is a keyword of Python.) Inputs are taken as they come: scale them in a pipeline.
"""

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass
from numbers import Integral
from typing import Any, ClassVar, NamedTuple, Self
from warnings import warn

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.metaestimators import available_if
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, column_or_1d, validate_data

from descent.ml.errors import OptionError, TargetError
from descent.ml.fleets.online import Online
from descent.ml.network.initializers import INITIALIZER_OF
from descent.ml.network.layout import Array
from descent.ml.network.losses import LOSSES
from descent.ml.network.model import Embedding, Model
from descent.ml.network.rows import Arrays
from descent.ml.optimizers.rules import SOLVERS
from descent.ml.optimizers.settings import Settings
from descent.ml.prediction import outputs, predict, predict_proba
from descent.ml.train import train

FLOATS = (np.float64, np.float32)


class Encoded(NamedTuple):
    """Targets as the core wants them, weights of the rows, what the targets decide about the model, and attributes."""

    y: Array
    weights: Array | None
    shape: dict[str, Any]
    attributes: dict[str, Any]


@dataclass(eq=False, repr=False)
class NeuralNetwork(BaseEstimator, ABC):  # type: ignore[misc]
    """What both estimators share. Only ``hidden`` may be given by position.

    Args:
        hidden: widths of the hidden layers; () is a linear model.
        activation: a name of `ml.network.activations.ACTIVATIONS`, such as relu.
        residual: whether hidden layers have skip connections.
        initializer: he, glorot or lecun; None is glorot for tanh and sigmoid, lecun for selu, else he.
        input_scale: whether every input gets a learned scale before the first layer.
        embedding: None, or the fields of `ml.Embedding` for numeric embeddings, such as ``{"columns": 3}``; without
            ``columns`` of all inputs.
        lam: λ ≥ 0 of the penalty λ/(2m) Σ w².
        optimizer: a name of `ml.optimizers.rules.OPTIMIZERS`, such as adam; newton takes linear models alone.
        learning_rate: None is the optimizer's default.
        options: further fields of `ml.Settings`, such as ``{"dropout": 0.1, "clip_norm": 1.0, "ntk": True}``.
        batch: rows per step; None is all of them.
        epochs: most passes over the rows (iterations of lbfgs and newton).
        patience: None trains all epochs; a number holds ``validation_fraction`` of the rows back, ends the training
            when their cost has not fallen by more than ``min_delta`` for that many epochs, and keeps the best epoch.
        min_delta: least fall of the cost that counts.
        validation_fraction: share of the rows that is held back, stratified by class.
        dtype: float32 or float64, of the training; predictions are always computed in float64.
        random_state: draws the starting weights, the order of rows and the rows held back.

    Attributes:
        model_: architecture and loss, an `ml.Model`.
        parameters_: all weights and biases, (P,).
        loss_curve_: J_train per epoch.
        validation_curve_: J of the rows held back per epoch, None without patience.
        n_iter_: epochs that ran.
        best_epoch_: the epoch whose parameters were kept, counted from 1.
    """

    _y_checks: ClassVar[dict[str, Any]] = {}

    hidden: tuple[int, ...] = (32,)
    _: KW_ONLY
    activation: str = "relu"
    residual: bool = False
    initializer: str | None = None
    input_scale: bool = False
    embedding: dict[str, Any] | None = None
    lam: float = 0.0
    optimizer: str = "adam"
    learning_rate: float | None = None
    options: dict[str, Any] | None = None
    batch: int | None = 32
    epochs: int = 200
    patience: int | None = None
    min_delta: float = 0.0
    validation_fraction: float = 0.1
    dtype: str = "float32"
    random_state: Any = None

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Train from new weights on X (m, n) and y. ``sample_weight`` (m,) counts rows as if repeated that often.

        Raises `MLError` (a ValueError) for arguments outside what is allowed. Warns of divergence.
        """
        X, y = validate_data(self, X, y, dtype=FLOATS, **self._y_checks)
        encoded = self._encode(X, y, sample_weight)
        model, settings = self._model(X.shape[1], encoded), self._settings()
        held: dict[str, Any] = {}
        rows, weights = np.arange(len(X)), encoded.weights
        if self.patience is not None:
            rows, out = train_test_split(
                rows,
                test_size=self.validation_fraction,
                random_state=settings.seed % 2**32,
                stratify=encoded.y if isinstance(self, ClassifierMixin) else None,
            )
            held = {"x_cv": X[out], "y_cv": encoded.y[out], "weights_cv": None if weights is None else weights[out]}
        data = Arrays(X[rows], encoded.y[rows], weights=None if weights is None else weights[rows], **held)
        (found,) = train(
            model,
            self.optimizer,
            [settings],
            data,
            batch=self.batch,
            epochs=self.epochs,
            patience=self.patience,
            min_delta=self.min_delta,
            dtype=self.dtype,
        )
        if found.status in ("diverged", "interrupted"):
            warn(f"the training {found.message}", ConvergenceWarning, stacklevel=2)
        elif self.optimizer in SOLVERS and found.epochs >= self.epochs:
            warn(f"{self.optimizer} {found.message}; raise epochs", ConvergenceWarning, stacklevel=2)
        self._keep(encoded, model, found.parameters, found.curve_train, found.curve_cv, found.best_epoch)
        self._online: Online | None = None
        return self

    def _learn(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """One pass over a portion of the rows, from where the last one or `fit` left off."""
        first = not hasattr(self, "parameters_")
        X, y = validate_data(self, X, y, reset=first, dtype=FLOATS, **self._y_checks)
        encoded = self._encode(X, y, sample_weight, first, classes, portion=True)
        online, past = getattr(self, "_online", None), ()
        if online is None:
            model = self._model(X.shape[1], encoded) if first else self.model_
            start = None if first else self.parameters_
            online = Online(model, self.optimizer, self._settings(), self.batch, self.dtype, start)
        cost = online.learn(X, encoded.y, encoded.weights)
        curve = np.append(past if first else self.loss_curve_, cost)
        self._keep(encoded, online.model, online.parameters, curve, None, len(curve))
        self._online = online
        return self

    def _keep(
        self, encoded: Encoded, model: Model, parameters: Array, curve: Array, held: Array | None, best: int
    ) -> None:
        for name, value in encoded.attributes.items():
            setattr(self, name, value)
        self.model_, self.parameters_ = model, parameters
        self.loss_curve_, self.validation_curve_ = curve, held
        self.n_iter_, self.best_epoch_ = len(curve), best

    def _settings(self) -> Settings:
        state = self.random_state
        seed = state if isinstance(state, Integral) else check_random_state(state).randint(2**31 - 1)
        return Settings(lam=self.lam, seed=int(seed), learning_rate=self.learning_rate, **(self.options or {}))

    def _model(self, inputs: int, encoded: Encoded) -> Model:
        rule = self.initializer or INITIALIZER_OF.get(self.activation, "he")
        embedding = None if self.embedding is None else Embedding(**{"columns": inputs, **self.embedding})
        return Model(
            inputs,
            tuple(self.hidden),
            activation=self.activation,
            residual=self.residual,
            initializer=rule,
            input_scale=self.input_scale,
            embedding=embedding,
            **encoded.shape,
        )

    def _checked(self, X: Any) -> tuple[Model, Array, Array]:
        """Model, parameters and rows, ready to predict; float64, so that a row's answer depends on no other row."""
        check_is_fitted(self, "parameters_")
        X = validate_data(self, X, reset=False, dtype=FLOATS)
        return self.model_, self.parameters_.astype(np.float64), X

    def _learns_in_portions(self) -> bool:
        if self.optimizer in SOLVERS:
            raise AttributeError(f"partial_fit does not exist with optimizer={self.optimizer!r}: it needs all rows")
        return True

    @abstractmethod
    def _encode(
        self, X: Array, y: Array, sample_weight: Any, first: bool = True, classes: Any = None, portion: bool = False
    ) -> Encoded:
        """What is trained on, from what `fit` was given."""


@dataclass(eq=False, repr=False)
class NeuralNetworkRegressor(RegressorMixin, NeuralNetwork):  # type: ignore[misc]
    """Linear regression (``hidden=()``) and dense networks, for one target or several.

    The network learns targets in units of their standard deviation; for ``hidden=()`` this leaves the meaning of λ
    unchanged. ``loss`` is squared_error; huber, whose ``huber_delta`` is in these units, as is ``loss_curve_``; or
    poisson or gamma, for one target that is never negative, or above 0.
    All other arguments and attributes are those of `NeuralNetwork`, besides:

    Attributes:
        target_mean_: mean of y, per target.
        target_scale_: standard deviation of y, per target.
    """

    _y_checks: ClassVar[dict[str, Any]] = {"multi_output": True, "y_numeric": True}

    _: KW_ONLY
    loss: str = "squared_error"
    huber_delta: float = 1.0

    @available_if(NeuralNetwork._learns_in_portions)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One pass over these rows, from where the last call or `fit` left off. The first rows fix the target's scale.

        Raises `MLError` and stays as it was where the training would diverge.
        """
        return self._learn(X, y, sample_weight)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def predict(self, X: Any) -> Array:
        """Predictions (m,) or (m, k), like y."""
        z = outputs(*self._checked(X))
        return np.asarray(z.reshape(len(z), *np.shape(self.target_mean_)) * self.target_scale_ + self.target_mean_)

    def _encode(
        self, X: Array, y: Array, sample_weight: Any, first: bool = True, classes: Any = None, portion: bool = False
    ) -> Encoded:
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        y = y.astype(np.float64)
        if first:
            mean = np.average(y, axis=0, weights=weights)
            spread = np.sqrt(np.average((y - mean) ** 2, axis=0, weights=weights))
            scale = np.where(spread > 1e-12 * np.maximum(1.0, np.abs(mean)), spread, 1.0)
        else:
            mean, scale = self.target_mean_, self.target_scale_
        shape = {"outputs": y.shape[1] if y.ndim == 2 else 1, "loss": self.loss, "huber_delta": self.huber_delta}
        if self.loss in LOSSES and LOSSES[self.loss].targets:
            if np.ptp(scale) or np.ptp(mean / scale):
                raise OptionError(f"loss is {self.loss!r}, which takes one target; y has shape {y.shape}")
            shape["shift"] = float(np.max(mean / scale))
        return Encoded((y - mean) / scale, weights, shape, {"target_mean_": mean, "target_scale_": scale})


@dataclass(eq=False, repr=False)
class NeuralNetworkClassifier(ClassifierMixin, NeuralNetwork):  # type: ignore[misc]
    """Logistic and softmax regression (``hidden=()``) and dense networks, for two classes or more.

    ``class_weight`` is None, "balanced" or a dict label → weight, and is multiplied with ``sample_weight``. All other
    arguments and attributes are those of `NeuralNetwork`, besides:

    Attributes:
        classes_: the sorted labels (K,).
    """

    _: KW_ONLY
    class_weight: Any = None

    @available_if(NeuralNetwork._learns_in_portions)  # type: ignore[untyped-decorator]
    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One pass over these rows, from where the last call or `fit` left off.

        ``classes`` are all labels that will ever come; needed in the first call. Raises `MLError` and stays as it was
        where the training would diverge.
        """
        return self._learn(X, y, sample_weight, classes)

    def predict(self, X: Any) -> Array:
        """The likeliest label of each row, (m,)."""
        codes = predict(*self._checked(X))
        return np.asarray(self.classes_[codes])

    def predict_proba(self, X: Any) -> Array:
        """Probabilities (m, K) in the order of ``classes_``."""
        return predict_proba(*self._checked(X))

    def _encode(
        self, X: Array, y: Array, sample_weight: Any, first: bool = True, classes: Any = None, portion: bool = False
    ) -> Encoded:
        y = column_or_1d(y, warn=True)
        check_classification_targets(y)
        known = self._classes(y, first, classes, portion)
        places = np.searchsorted(known, y)
        if (known[np.minimum(places, len(known) - 1)] != y).any():
            raise TargetError(f"y holds {sorted(set(y.tolist()) - set(known.tolist()))}; classes are {known.tolist()}")
        weights = None if sample_weight is None else _check_sample_weight(sample_weight, X, dtype=np.float64)
        if self.class_weight is not None:
            per_class = compute_class_weight(self.class_weight, classes=known, y=y, sample_weight=weights)
            weights = per_class[places] * (1.0 if weights is None else weights)
        shape = {"task": "binary"} if len(known) == 2 else {"task": "multiclass", "outputs": len(known)}
        return Encoded(places, weights, shape, {"classes_": known})

    def _classes(self, y: Array, first: bool, classes: Any, portion: bool) -> Array:
        """The sorted labels, from y or as they were announced."""
        if portion and self.class_weight == "balanced":
            raise OptionError("class_weight='balanced' needs all rows at once; give partial_fit a dict label → weight")
        if portion and first and classes is None:
            raise OptionError("classes is None; the first call of partial_fit needs all labels that will ever come")
        announced = None if classes is None else np.unique(classes)
        if not first:
            if announced is not None and not np.array_equal(announced, self.classes_):
                raise TargetError(f"classes is {announced.tolist()}; it was {self.classes_.tolist()} before")
            return np.asarray(self.classes_)
        known = np.unique(y) if announced is None else announced
        if len(known) < 2:
            raise TargetError(f"y holds one class only, {known.tolist()[0]!r}; a classifier needs at least 2 classes")
        return known
