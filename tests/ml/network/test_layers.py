"""Layers before and between the dense ones: formulas, gradients against central differences, bits in company."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from descent import ml
from descent.ml.network.blocks import slices
from descent.ml.network.layers.dropout import Noise
from descent.ml.network.layout import LayerViews
from descent.ml.network.model import Embedding
from descent.ml.network.program import Program
from descent.ml.network.rows import make_rows

from ..problems import arrays, rows, same

MODELS = [
    ml.Model(5, (6, 4), 2, input_scale=True, activation="tanh"),
    ml.Model(5, (9, 4), 1, input_scale=True, activation="mish", residual=True),
    ml.Model(5, (6,), 3, "multiclass", "gelu", embedding=Embedding(5, 4, 2, 0.3)),
    ml.Model(5, (7, 7), 1, "binary", "silu", residual=True, embedding=Embedding(3, 5, 3), input_scale=True),
]


def evaluate(
    model: ml.Model,
    stack: np.ndarray,
    noise: Noise | None = None,
    smoothing: np.ndarray | None = None,
    w: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean cost (V,) and gradient (V, P) of a step of training, the noise begun anew."""
    x, y = rows(model.task, 60, 5, model.outputs)
    program = Program(model, len(stack), "float64", noise, smoothing)
    if program.noise is not None:
        program.noise.start(0)
    gradient, total = np.empty_like(stack), np.empty(len(stack))
    views = LayerViews(model.layout, stack), LayerViews(model.layout, gradient)
    program.gradient(views[0], slices(make_rows(model, x, y, w, "float64"), 25), gradient, views[1], total)
    return total / len(x), gradient


def check(model: ml.Model, stack: np.ndarray, cost: Callable[[np.ndarray], np.ndarray], gradient: np.ndarray) -> None:
    direction = np.random.default_rng(3).normal(size=stack.shape)
    slope = (cost(stack + 1e-6 * direction) - cost(stack - 1e-6 * direction)) / 2e-6
    along = (gradient * direction).sum(axis=1)
    assert (np.abs(slope - along) / np.maximum(1e-1, np.abs(along))).max() < 1e-6


def drawn(model: ml.Model, variants: int = 3) -> np.ndarray:
    return np.random.default_rng(1).normal(0, 0.5, (variants, model.size))


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_the_gradient_is_the_derivative_of_the_cost(model: ml.Model) -> None:
    w = np.random.default_rng(2).uniform(0.2, 2, 60)
    stack = drawn(model)
    check(model, stack, lambda p: evaluate(model, p, w=w)[0], evaluate(model, stack, w=w)[1])


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("activation", ["tanh", "gelu", "mish"])
def test_with_dropout_it_is_the_derivative_of_the_cost_under_the_mask(activation: str, residual: bool) -> None:
    model = ml.Model(5, (8, 8, 4), 1, "binary", activation, residual)
    noise = Noise([1, 2, 2], [0.5, 0.2, 0.0], "float64")
    stack = drawn(model)
    cost, gradient = evaluate(model, stack, noise)
    check(model, stack, lambda p: evaluate(model, p, noise)[0], gradient)
    plain = evaluate(model, stack)
    assert (cost[:2] != plain[0][:2]).all()
    np.testing.assert_array_equal(gradient[2], plain[1][2])  # a rate of 0 changes no bit


@pytest.mark.parametrize(("task", "outputs"), [("binary", 1), ("multiclass", 4)])
def test_label_smoothing_follows_smoothed_targets_and_reports_the_plain_cost(task: str, outputs: int) -> None:
    model = ml.Model(5, (6,), outputs, task, "tanh")  # type: ignore[arg-type]
    shares, stack = np.array([0.0, 0.1, 0.3]), drawn(model)
    x, y = rows(task, 60, 5, outputs)
    w = np.random.default_rng(2).uniform(0.2, 2, 60)

    def smoothed(p: np.ndarray) -> np.ndarray:
        """Cross-entropy with targets (1 − ε)·onehot + ε/K, from outputs."""
        found = []
        for one, share in zip(p, shares, strict=True):
            z = ml.outputs(model, one, x)
            z = np.stack([np.zeros_like(z), z], axis=1) if task == "binary" else z
            log = z - np.logaddexp.reduce(z, axis=1)[:, None]
            target = (1 - share) * (y[:, None] == np.arange(z.shape[1])) + share / z.shape[1]
            found.append(-(w * (target * log).sum(axis=1)).sum() / w.sum())
        return np.array(found)

    cost, gradient = evaluate(model, stack, None, shares[:, None, None], w)
    check(model, stack, smoothed, gradient)
    np.testing.assert_array_equal(cost, evaluate(model, stack, w=w)[0])


def test_embedding_and_scale_compute_their_formulas() -> None:
    model = ml.Model(4, (3,), 1, activation="tanh", embedding=Embedding(2, 5, 3), input_scale=True)
    flat = np.random.default_rng(0).normal(size=model.size)
    views = LayerViews(model.layout, flat[None])
    assert views.waves is not None and views.scale is not None
    w, b, maps = (view[0] for view in views.waves)
    x = np.random.default_rng(1).normal(size=(7, 4))
    h = np.cos(2 * np.pi * x[:, :2, None] * w + b)
    new = np.einsum("mck,cdk->mcd", h, maps[:, :, :-1]) + maps[:, :, -1]
    inputs = np.concatenate([new.reshape(7, 6), x], axis=1) * views.scale[0, :, 0]
    a = np.tanh(inputs @ views.affine[0][0, :, :-1].T + views.affine[0][0, :, -1])
    expected = a @ views.affine[1][0, :, :-1].T + views.affine[1][0, :, -1]
    np.testing.assert_allclose(ml.outputs(model, flat, x), expected[:, 0], rtol=1e-12)


def test_dropout_leaves_out_its_share_and_keeps_the_mean() -> None:
    noise = Noise([5, 6, 5], [0.25, 0.25, 0.5], "float64")
    noise.start(0)
    raw = np.empty((3, 100, 1000), np.uint8)
    noise.fill(raw)
    kept = raw >= noise.threshold
    np.testing.assert_allclose(kept.mean(axis=(1, 2)), [0.75, 0.75, 0.5], atol=0.01)
    np.testing.assert_allclose((kept * noise.factor).mean(axis=(1, 2)), 1, atol=0.01)
    assert (raw[0] == raw[2]).all() and (raw[0] != raw[1]).any()
    noise.start(1)
    later = np.empty_like(raw)
    noise.fill(later)
    assert (later[0] != raw[0]).any()


def variants(count: int) -> list[ml.Settings]:
    return [
        ml.Settings(
            lam=(0.0, 2.0)[v % 2],
            seed=v % 3,
            learning_rate=0.01 * (1 + v % 4),
            dropout=(0.0, 0.1, 0.5)[v % 3],
            label_smoothing=(0.0, 0.1)[v % 2],
            bias_rate=(1.0, 0.1)[v // 2 % 2],
            scale_rate=(6.0, 1.0)[v % 2],
            embedding_rate=(1.0, 0.1)[v // 3 % 2],
            ntk=v % 4 == 0,
            clip_norm=0.5 if v % 5 == 0 else None,
        )
        for v in range(count)
    ]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("model", "optimizer", "batch"),
    [
        (ml.Model(5, (16, 9), 3, "multiclass", "mish", embedding=Embedding(4), input_scale=True), "adam", 32),
        (ml.Model(5, (8, 8), 1, "binary", "relu", True, input_scale=True), "adamw", 600),
        (ml.Model(5, (100, 9), 3, "multiclass", "silu"), "sgd", 16),
    ],
    ids=str,
)
def test_alone_in_a_fleet_and_resumed(model: ml.Model, optimizer: str, batch: int, dtype: str, tmp_path: Path) -> None:
    data, chosen = arrays(model.task, model.outputs, 700 if batch > 500 else 90), variants(12)

    def run(part: list[ml.Settings], **more: object) -> list[ml.Outcome]:
        return ml.train(model, optimizer, part, data, batch=batch, epochs=4, dtype=dtype, **more)  # type: ignore[arg-type]

    fleet = run(chosen)
    assert {one.status for one in fleet} == {"completed"} and len({one.parameters.tobytes() for one in fleet}) == 12
    for v in (0, 1, 5, 10):
        assert same(run([chosen[v]])[0], fleet[v]), f"variant {v} alone"
    assert all(same(one, other) for one, other in zip(run(chosen[3:8]), fleet[3:8], strict=True))
    path = tmp_path / "state"
    run(chosen, checkpoint=path, callback=lambda progress: progress.epoch == 2)
    assert all(same(one, other) for one, other in zip(run(chosen, checkpoint=path), fleet, strict=True))


@pytest.mark.parametrize("optimizer", ["adam", "adamw"])
def test_each_kind_of_parameter_moves_at_its_own_rate(optimizer: str) -> None:
    """Adam's first step is the learning rate for every parameter whose gradient is not 0."""
    model = ml.Model(5, (4, 3), 1, activation="tanh", embedding=Embedding(5), input_scale=True)
    settings = ml.Settings(
        learning_rate=1e-3, bias_rate=0.1, scale_rate=6.0, embedding_rate=0.5, ntk=True, epsilon=1e-14
    )
    data = arrays("regression", cv=False)
    before = ml.train(model, optimizer, [ml.Settings(learning_rate=1e-30)], data, batch=None, epochs=1, dtype="float64")
    after = ml.train(model, optimizer, [settings], data, batch=None, epochs=1, dtype="float64")
    moved = LayerViews(model.layout, np.abs(after[0].parameters - before[0].parameters)[None])
    for matrix in moved.affine:
        np.testing.assert_allclose(matrix[0, :, :-1], 1e-3 / np.sqrt(matrix.shape[2] - 1), rtol=1e-3)
        np.testing.assert_allclose(matrix[0, :, -1], 1e-4, rtol=1e-3)
    assert moved.scale is not None and moved.waves is not None
    np.testing.assert_allclose(moved.scale, 6e-3, rtol=1e-3)
    for part in moved.waves:
        np.testing.assert_allclose(part, 5e-4, rtol=1e-3)


def test_scales_and_waves_start_as_documented_and_are_not_penalised() -> None:
    model = ml.Model(6, (4,), 1, embedding=Embedding(6, 400, 3, 0.2), input_scale=True)
    (found,) = ml.train(model, "sgd", [ml.Settings(learning_rate=1e-30)], arrays("regression", n=6), epochs=1)
    start, mask = (
        LayerViews(model.layout, found.parameters[None]),
        LayerViews(model.layout, model.layout.penalised[None]),
    )
    assert start.scale is not None and start.waves is not None and mask.scale is not None and mask.waves is not None
    assert (start.scale == 1).all() and not mask.scale.any()
    assert start.waves[0].std() == pytest.approx(0.2, rel=0.05) and not mask.waves[0].any()
    assert start.waves[1].std() == pytest.approx(np.pi / np.sqrt(3), rel=0.05) and not mask.waves[1].any()
    assert abs(start.waves[2]).max() <= 1 / 20 and mask.waves[2][..., :-1].all() and not mask.waves[2][..., -1].any()


def test_a_model_with_layers_is_stored_and_read(tmp_path: Path) -> None:
    ml.save_model(tmp_path, MODELS[3], drawn(MODELS[3])[0])
    model, flat = ml.load_model(tmp_path)
    assert model == MODELS[3]
    np.testing.assert_array_equal(flat, drawn(MODELS[3])[0])


@pytest.mark.parametrize(
    ("model", "optimizer", "settings", "message"),
    [
        (ml.Model(5), "adam", {"dropout": 0.1}, r"settings\[0\].dropout is 0.1, but a linear model has no hidden"),
        (ml.Model(5, (3,)), "lbfgs", {"dropout": 0.1}, "but lbfgs minimises the cost itself"),
        (ml.Model(5, (3,)), "adam", {"dropout": 1.0}, r"must be a finite number in \[0, 0.99\]"),
        (ml.Model(5, (3,)), "adam", {"label_smoothing": 0.1}, "but a regression has no labels"),
        (ml.Model(5, (3,)), "lbfgs", {"ntk": True}, "has no meaning for lbfgs"),
        (ml.Model(5, (3,)), "adam", {"bias_rate": 0.0}, "must be a finite number > 0"),
    ],
)
def test_what_means_nothing_is_refused(model: ml.Model, optimizer: str, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ml.OptionError, match=message):
        ml.train(model, optimizer, [ml.Settings(**settings)], arrays("regression"), epochs=1)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"input_scale": True}, "need hidden layers"),
        ({"hidden": (3,), "embedding": Embedding(6)}, "embedding.columns is 6; the model has 5 inputs"),
    ],
)
def test_architectures_that_mean_nothing_are_refused(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ml.OptionError, match=message):
        ml.Model(5, **keys)
    with pytest.raises(ml.OptionError, match=r"embedding\.sigma is 0"):
        Embedding(1, sigma=0)
