"""Every gradient along random directions against central differences, in float64."""

from itertools import product

import numpy as np
import pytest

from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.blocks import slices
from descent.ml.network.layout import LayerViews
from descent.ml.network.losses import LOSSES as ALL
from descent.ml.network.model import Model
from descent.ml.network.program import Program
from descent.ml.network.rows import make_rows

from ..problems import rows

LOSSES = [
    ("regression", 1, "squared_error"),
    ("regression", 3, "squared_error"),
    ("regression", 2, "huber"),
    ("binary", 1, "binary_cross_entropy"),
    ("multiclass", 4, "categorical_cross_entropy"),
]
HIDDEN = [(), (6,), (6, 4), (6, 6, 3)]
CASES = [
    (loss, activation, hidden, residual)
    for loss, activation, hidden, residual in product(LOSSES, ACTIVATIONS, HIDDEN, [False, True])
    if hidden or (activation == "relu" and not residual)
]


def evaluate(
    model: Model, stack: np.ndarray, x: np.ndarray, y: np.ndarray, w: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cost (V,) and gradient (V, P) by the product's own code."""
    program = Program(model, len(stack), "float64")
    gradient, total = np.empty_like(stack), np.empty(len(stack))
    blocks = slices(make_rows(model, x, y, w, "float64"), 25)
    views = LayerViews(model.layout, stack), LayerViews(model.layout, gradient)
    program.gradient(views[0], blocks, gradient, views[1], total)
    return total / len(x), gradient


@pytest.mark.parametrize(("loss", "activation", "hidden", "residual"), CASES, ids=str)
def test_the_gradient_is_the_derivative_of_the_cost(
    loss: tuple[str, int, str], activation: str, hidden: tuple[int, ...], residual: bool
) -> None:
    task, outputs, name = loss
    model = Model(5, hidden, outputs, task, activation, residual, loss=name, huber_delta=0.4)  # type: ignore[arg-type]
    x, y = rows(task, 60, 5, outputs)
    random = np.random.default_rng(1)
    w = random.uniform(0.2, 2, len(x))
    stack = random.normal(0, 0.5, (3, model.size))
    _, gradient = evaluate(model, stack, x, y, w)
    for _ in range(2):
        direction = random.normal(size=stack.shape)
        # Activations with a corner need a step that crosses none, the smooth ones one that rounding does not spoil.
        errors = []
        for h in (1e-5, 1e-6, 1e-7):
            up, _ = evaluate(model, stack + h * direction, x, y, w)
            down, _ = evaluate(model, stack - h * direction, x, y, w)
            slope = (up - down) / (2 * h)
            along = (gradient * direction).sum(axis=1)
            errors.append(np.abs(slope - along) / np.maximum(1e-1, np.abs(along)))
        assert np.min(errors, axis=0).max() < 1e-6


TEXTBOOK = {
    "silu": lambda z: z / (1 + np.exp(-z)),
    "mish": lambda z: z * np.tanh(np.logaddexp(0, z)),
    "selu": lambda z: 1.0507009873554805 * np.where(z > 0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0))),
}


@pytest.mark.parametrize("name", TEXTBOOK)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_activations_are_the_textbooks_and_bear_any_number(name: str, dtype: str) -> None:
    z = np.concatenate([np.linspace(-90, 90, 361), [-1e30, 1e30]]).astype(dtype)[None, None]
    a, delta = np.empty_like(z), np.ones_like(z)
    activation = ACTIVATIONS[name](z.shape, np.empty_like(z))
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        activation.forward(z, a)
        found = a.copy()
        activation.backward(z.copy(), a, delta)
    wide = np.clip(z.astype(np.float64), -700, None)
    np.testing.assert_allclose(found, TEXTBOOK[name](wide), rtol=1e-5 if dtype == "float32" else 1e-9, atol=1e-6)
    slope = (TEXTBOOK[name](wide + 1e-6) - TEXTBOOK[name](wide - 1e-6)) / 2e-6
    inner = (abs(wide) < 90) & (wide != 0)  # selu has a corner at 0
    np.testing.assert_allclose(delta[inner], slope[inner], rtol=1e-5, atol=1e-5)
    assert np.isfinite(delta).all()


def expected_cost(name: str, z: np.ndarray, y: np.ndarray) -> float:
    """The textbook's sum of losses for outputs z (B, K), in float64."""
    if name == "binary_cross_entropy":
        return float((np.logaddexp(0, z[:, 0]) - z[:, 0] * y).sum())
    if name == "categorical_cross_entropy":
        return float((np.logaddexp.reduce(z, axis=1) - z[np.arange(len(z)), y]).sum())
    if name == "squared_error":
        return float(0.5 * (z**2).sum())
    return float(np.where(abs(z) < 1, 0.5 * z**2, abs(z) - 0.5).sum())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("task", "outputs", "name"), LOSSES)
def test_losses_bear_extreme_outputs(task: str, outputs: int, name: str, dtype: str) -> None:
    column = np.array([1e4, -1e4, 0.0, 30.0, -30.0, 88.8], dtype)
    z = np.stack([np.roll(column, k) for k in range(outputs)])[None].copy()
    y = np.zeros((6, outputs)) if task == "regression" else np.arange(6) % max(outputs, 2)
    expected = expected_cost(name, z[0].T.astype(np.float64), y)
    loss, total = ALL[name]((1, outputs, 6), dtype, 1.0), np.empty(1, dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss(z, ALL[name].encode(y, outputs, dtype)[None], None, total)
    assert total[0] == pytest.approx(expected, rel=1e-6)
    assert np.isfinite(z).all()
