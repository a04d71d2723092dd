"""What is refused: one error of the tree, naming the argument, what came and what is allowed."""

from typing import Any

import numpy as np
import pytest

from descent import ml

X, Y, CODES = np.ones((6, 2)), np.arange(6.0), np.array([0, 1, 2, 0, 1, 2])


def spoiled(value: float) -> np.ndarray:
    x = X.copy()
    x[2, 1] = value
    return x


def run(task: str = "regression", optimizer: str = "adam", setting: dict[str, Any] | None = None, **more: Any) -> None:
    data = {name: more.pop(name) for name in list(more) if name in ml.Arrays.__dataclass_fields__}
    fields = {"x": X, "y": Y if task == "regression" else CODES % (2 if task == "binary" else 3)} | data
    model = ml.Model(2, (3,), 3 if task == "multiclass" else 1, task)  # type: ignore[arg-type]
    ml.train(
        model, optimizer, [ml.Settings(**(setting or {}))], ml.Arrays(**fields), epochs=more.pop("epochs", 1), **more
    )


CASES: list[tuple[dict[str, Any], type[ml.MLError], str]] = [
    ({"x": np.ones((6, 3))}, ml.ArrayError, r"x has shape \(6, 3\); the model needs \(rows, 2\)"),
    ({"x": np.ones(6)}, ml.ArrayError, r"x has shape \(6,\)"),
    ({"x": np.ones((0, 2)), "y": np.ones(0)}, ml.ArrayError, "x has no rows"),
    ({"x": spoiled(np.nan)}, ml.ArrayError, r"x has 1 values that are NaN or infinite .*row 2, column 1"),
    ({"x": spoiled(np.inf)}, ml.ArrayError, "row 2, column 1"),
    ({"x": spoiled(1e300)}, ml.ArrayError, "infinite in float32"),
    ({"x": X.astype(str)}, ml.ArrayError, "x has dtype <U32; it must hold real numbers"),
    ({"y": np.ones(5)}, ml.ArrayError, r"y has shape \(5,\); it must be \(6, 1\) or \(6,\)"),
    ({"y": np.array([1, 2, 3, np.nan, 5, 6])}, ml.ArrayError, "y has 1 values that are NaN .*row 3"),
    ({"y": np.array(list("abcdef"))}, ml.TargetError, "y has dtype <U1; regression needs real numbers"),
    ({"task": "multiclass", "y": CODES + 1}, ml.TargetError, "y holds 3; classes are coded 0…2"),
    ({"task": "multiclass", "y": CODES + 0.5}, ml.TargetError, "y holds 0.5, 1.5, 2.5; classes are coded 0…2"),
    ({"task": "binary", "y": CODES}, ml.TargetError, "y holds 2; classes are coded 0…1"),
    ({"task": "binary", "y": np.array([0, 1, 0, 1, 0, -1])}, ml.TargetError, "y holds -1"),
    ({"task": "binary", "y": np.array(list("abcdef"))}, ml.TargetError, "y holds a, b, c"),
    ({"task": "binary", "y": np.zeros(6)}, ml.TargetError, "y holds only class 0.*at least 2 classes"),
    ({"x_cv": X}, ml.OptionError, "x_cv and y_cv belong together"),
    ({"x_cv": np.ones((2, 3)), "y_cv": np.ones(2)}, ml.ArrayError, r"x_cv has shape \(2, 3\)"),
    ({"x_cv": X, "y_cv": np.ones(2)}, ml.ArrayError, r"y_cv has shape \(2,\)"),
    ({"weights": np.ones(5)}, ml.ArrayError, r"weights has shape \(5,\); it must be \(6,\)"),
    ({"weights": -np.ones(6)}, ml.ArrayError, "weights has least value -1"),
    ({"weights": np.zeros(6)}, ml.ArrayError, "weights are ≥ 0 and not all 0"),
    ({"setting": {"lam": -1.0}}, ml.OptionError, r"settings\[0\].lam is -1.0; it must be a finite number ≥ 0"),
    ({"setting": {"lam": np.nan}}, ml.OptionError, r"settings\[0\].lam is nan"),
    ({"setting": {"learning_rate": 0.0}}, ml.OptionError, r"learning_rate is 0.0; it must be a finite number > 0"),
    ({"setting": {"learning_rate": np.inf}}, ml.OptionError, "learning_rate is inf"),
    ({"setting": {"beta1": 1.0}}, ml.OptionError, r"beta1 is 1.0; it must be a finite number in \[0, 1\)"),
    ({"setting": {"seed": -1}}, ml.OptionError, "seed is -1; it must be a whole number ≥ 0"),
    ({"setting": {"clip_norm": 0}}, ml.OptionError, "clip_norm is 0"),
    (
        {"setting": {"momentum": 0.9}},
        ml.OptionError,
        "momentum is 0.9, but adam has none; it takes learning_rate, beta1",
    ),
    ({"optimizer": "lbfgs", "setting": {"learning_rate": 0.1}}, ml.OptionError, "lbfgs has none; it takes history"),
    ({"optimizer": "lbfgs", "setting": {"clip_norm": 1.0}}, ml.OptionError, "clip_norm has no meaning for lbfgs"),
    ({"optimizer": "newton"}, ml.OptionError, r"newton is for linear models; hidden is \(3,\)"),
    ({"optimizer": "lbfgs", "checkpoint": "x"}, ml.OptionError, "checkpoint is 'x', but lbfgs keeps none"),
    ({"optimizer": "adma"}, ml.OptionError, "optimizer is 'adma'; allowed are .*; did you mean 'adam'?"),
    ({"dtype": "float16"}, ml.OptionError, "dtype is 'float16'; allowed are float32, float64"),
    ({"batch": 0}, ml.OptionError, "batch is 0; it must be a whole number ≥ 1"),
    ({"epochs": 0}, ml.OptionError, "epochs is 0"),
    ({"epochs": 1.5}, ml.OptionError, "epochs is 1.5"),
    ({"patience": 3}, ml.OptionError, "patience is 3, but there are no cv rows"),
    ({"min_delta": -1.0}, ml.OptionError, "min_delta is -1.0"),
]


@pytest.mark.parametrize(("arguments", "error", "message"), CASES, ids=[str(case[2])[:40] for case in CASES])
def test_training_refuses(arguments: dict[str, Any], error: type[ml.MLError], message: str) -> None:
    with pytest.raises(error, match=message):
        run(**arguments)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"inputs": 0}, "inputs is 0"),
        ({"hidden": (3, 0)}, r"hidden is \(3, 0\); every width must be at least 1"),
        ({"outputs": 0}, "outputs is 0; a regression model needs at least 1"),
        ({"task": "binary", "outputs": 2}, r"a binary model needs exactly 1"),
        ({"task": "multiclass"}, "a multiclass model needs the number of classes, at least 2"),
        ({"task": "ranking"}, "task is 'ranking'; allowed are regression, binary, multiclass"),
        ({"activation": "rleu"}, "did you mean 'relu'?"),
        ({"initializer": "xavier"}, "allowed are he, glorot, lecun"),
        ({"loss": "huber", "task": "binary"}, "loss of a binary model is 'huber'; allowed are binary_cross_entropy"),
        ({"loss": "huber", "huber_delta": 0.0}, "huber_delta is 0.0; it must be > 0"),
    ],
)
def test_models_refuse(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ml.OptionError, match=message):
        ml.Model(**({"inputs": 2} | arguments))


@pytest.mark.parametrize(
    "arguments",
    [{"kind": "linear"}, {"every": 0}, {"factor": 0.0}, {"rate": 1.5}, {"final": -0.1}, {"warmup": -1.0}],
)
def test_schedules_refuse(arguments: dict[str, Any]) -> None:
    with pytest.raises(ml.OptionError, match=f"schedule.{next(iter(arguments))}"):
        ml.Schedule(**arguments)


def test_an_empty_fleet_is_refused() -> None:
    with pytest.raises(ml.OptionError, match="settings is empty"):
        ml.train(ml.Model(2), "adam", [], ml.Arrays(X, Y))


def test_prediction_refuses_what_does_not_fit() -> None:
    model = ml.Model(2)
    with pytest.raises(ml.ArrayError, match=r"parameters has shape \(2,\); the model has \(3,\)"):
        ml.predict(model, np.ones(2), X)
    with pytest.raises(ml.ArrayError, match="x has shape"):
        ml.predict(model, np.ones(3), np.ones((2, 5)))
    with pytest.raises(ml.OptionError, match="use predict"):
        ml.predict_proba(model, np.ones(3), X)


def test_every_error_is_a_value_error_of_one_tree() -> None:
    for error in (ml.ArrayError, ml.CheckpointError, ml.OptionError, ml.TargetError):
        assert issubclass(error, ml.MLError) and issubclass(error, ValueError)
