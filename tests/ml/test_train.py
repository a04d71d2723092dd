"""How trainings go and end: descent, early stopping, divergence, interruption, schedules, clipping, depth."""

import os
import signal
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from time import time

import numpy as np
import pytest

from descent import ml
from descent.ml.optimizers.rules import OPTIMIZERS, RULES
from descent.ml.train import train

from .problems import arrays, rows, same

TASKS = [("regression", 1), ("regression", 3), ("binary", 1), ("multiclass", 4)]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(("task", "outputs"), TASKS)
def test_every_optimizer_learns_every_task(task: str, outputs: int, optimizer: str) -> None:
    hidden = () if optimizer == "newton" else (8,)
    model, data = ml.Model(5, hidden, outputs, task), arrays(task, outputs, 200)  # type: ignore[arg-type]
    rate = 0.03 if optimizer in ("rmsprop", "adam", "adamw") else None
    (one,) = train(model, optimizer, [ml.Settings(learning_rate=rate)], data, batch=20, epochs=40)
    assert one.status == "completed"
    start = ml.cost(model, np.zeros(model.size), data.x, data.y)
    assert one.curve_train[-1] < 0.6 * start
    assert one.cost_train == pytest.approx(ml.cost(model, one.parameters, data.x, data.y), rel=1e-6)
    assert data.x_cv is not None and data.y_cv is not None
    assert one.cost_cv == pytest.approx(ml.cost(model, one.parameters, data.x_cv, data.y_cv), rel=1e-6)
    assert one.parameters.dtype == np.float32 and one.parameters.shape == (model.size,)


def test_the_best_epoch_is_restored_and_patience_ends_a_variant() -> None:
    x, y = rows("regression", 60, 5, seed=2)
    data = ml.Arrays(x[:30], y[:30], x[30:], y[30:])
    model, setting = ml.Model(5, (64,)), ml.Settings(learning_rate=0.02)
    (free,) = train(model, "adam", [setting], data, batch=10, epochs=120)
    assert free.curve_cv is not None and free.epochs == 120 and free.status == "completed"
    assert free.best_epoch == 1 + free.curve_cv.argmin() < 100
    assert free.cost_cv == pytest.approx(free.curve_cv.min(), rel=1e-6)
    (patient,) = train(model, "adam", [setting], data, batch=10, epochs=120, patience=15)
    assert patient.status == "stopped" and patient.epochs == patient.best_epoch + 15
    assert patient.curve_cv is not None and patient.cost_cv == pytest.approx(patient.curve_cv.min(), rel=1e-6)
    (strict,) = train(model, "adam", [setting], data, batch=10, epochs=120, patience=15, min_delta=1e9)
    assert strict.epochs == 16, "the first epoch always counts as an improvement, nothing after it does"
    (last,) = train(model, "adam", [setting], ml.Arrays(x[:30], y[:30]), batch=10, epochs=25)
    assert last.best_epoch == 25 and last.cost_cv is None and last.curve_cv is None


@pytest.mark.parametrize("rate", [30.0, 1e30])
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_divergence_stays_with_its_variant(task: str, rate: float) -> None:
    model, data = ml.Model(5, (16,), 1, task), arrays(task)  # type: ignore[arg-type]
    good = [ml.Settings(learning_rate=0.05), ml.Settings(learning_rate=0.1, lam=1.0)]
    bad = ml.Settings(learning_rate=rate, lam=1e3)
    found = train(model, "sgd", [good[0], bad, good[1]], data, batch=16, epochs=12)
    alone = train(model, "sgd", good, data, batch=16, epochs=12)
    assert same(found[0], alone[0]) and same(found[2], alone[1])
    assert found[1].status == "diverged" and f"in epoch {found[1].epochs};" in found[1].message
    assert "last finite cost" in found[1].message
    assert np.isfinite(found[1].parameters).all() and np.isfinite(found[1].cost_train)


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs"])
def test_ctrl_c_ends_the_epoch_and_returns_what_there_is(optimizer: str) -> None:
    model, data = ml.Model(5, (8,)), arrays("regression")
    before = signal.getsignal(signal.SIGINT)

    def press(progress: ml.Progress) -> None:
        if progress.epoch == 3:
            os.kill(os.getpid(), signal.SIGINT)

    found = train(model, optimizer, [ml.Settings(), ml.Settings(seed=1)], data, batch=16, epochs=50, callback=press)
    assert signal.getsignal(signal.SIGINT) is before
    assert [one.status for one in found] == ["interrupted"] * 2
    assert found[0].epochs in (3, 4)
    expected = train(model, optimizer, [ml.Settings()], data, batch=16, epochs=found[0].epochs)
    np.testing.assert_array_equal(found[0].parameters, expected[0].parameters)


def raise_interrupt(progress: ml.Progress) -> None:
    raise KeyboardInterrupt


def end_it(progress: ml.Progress) -> bool:
    return progress.epoch == 1


@pytest.mark.parametrize("callback", [raise_interrupt, end_it])
@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "newton"])
def test_a_callback_can_end_it(optimizer: str, callback: Callable[[ml.Progress], bool | None]) -> None:
    found = train(
        ml.Model(5, task="binary"), optimizer, [ml.Settings()], arrays("binary"), epochs=50, callback=callback
    )
    assert found[0].status == "interrupted" and found[0].epochs == 1


def test_progress_is_reported_for_who_still_trains() -> None:
    seen: list[ml.Progress] = []
    settings = [ml.Settings(learning_rate=0.01), ml.Settings(learning_rate=1e9)]
    train(ml.Model(5, (8,)), "sgd", settings, arrays("regression"), batch=16, epochs=4, callback=seen.append)
    assert [list(progress.ids) for progress in seen] == [[0, 1], [0], [0], [0]]
    assert [progress.done for progress in seen] == [0.25, 0.5, 0.75, 1.0]
    assert all(progress.cost_cv is not None and progress.cost_cv.shape == progress.ids.shape for progress in seen)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (ml.Schedule(), [1, 1, 1, 1]),
        (ml.Schedule("step", every=2, factor=0.1), [1, 1, 0.1, 0.1]),
        (ml.Schedule("exponential", rate=0.5), [1, 0.5, 0.25, 0.125]),
        (ml.Schedule("cosine", final=0.2), [1, 0.2 + 0.4 * (1 + np.sqrt(0.5)), 0.6, 0.2 + 0.4 * (1 - np.sqrt(0.5))]),
        (ml.Schedule("coslog4"), [0.5 * (1 - np.cos(2 * np.pi * np.log2(1 + 15 * t))) for t in (0, 0.25, 0.5, 0.75)]),
        (ml.Schedule("one_cycle", initial=0.2, rise=0.5, final=0.1), [0.2, 0.6, 1, 0.55]),
        (ml.Schedule(warmup=2), [0.25, 0.75, 1, 1]),
    ],
)
def test_schedules(schedule: ml.Schedule, expected: list[float]) -> None:
    steps = 2  # with two steps an epoch, warm-up over two epochs climbs in quarters
    found = [schedule.factors(epoch, steps, 4)[0] for epoch in range(4)]
    np.testing.assert_allclose(found, expected)


def test_coslog4_is_at_its_height_once_in_each_of_four_waves_and_ends_at_zero() -> None:
    factors = ml.Schedule("coslog4").factors(0, 15 * 1024, 1)
    at = [(2 ** (k + 0.5) - 1) / 15 for k in range(4)]
    peaks = np.flatnonzero((factors[1:-1] > factors[:-2]) & (factors[1:-1] >= factors[2:])) + 1
    np.testing.assert_allclose(peaks / len(factors), at, atol=1e-4)
    np.testing.assert_allclose(factors[peaks], 1, atol=1e-6)
    assert factors[-1] < 1e-6


def test_a_schedule_scales_the_steps() -> None:
    data, model = arrays("regression", cv=False), ml.Model(5)
    decaying = ml.Settings(learning_rate=0.1, schedule=ml.Schedule("exponential", rate=0.5))
    (one,) = train(model, "sgd", [decaying], data, batch=None, epochs=2, dtype="float64")
    first = train(model, "sgd", [ml.Settings(learning_rate=0.1)], data, batch=None, epochs=1, dtype="float64")[0]
    second = train(model, "sgd", [ml.Settings(learning_rate=0.1)], data, batch=None, epochs=2, dtype="float64")[0]
    np.testing.assert_allclose(one.parameters - first.parameters, 0.5 * (second.parameters - first.parameters))


def test_clipping_limits_the_length_of_a_step() -> None:
    data, model = arrays("regression", cv=False), ml.Model(5)
    settings = [ml.Settings(learning_rate=1.0, clip_norm=limit) for limit in (0.01, 1e6)]
    small, free = train(model, "sgd", settings, data, batch=None, epochs=1, dtype="float64")
    plain = train(model, "sgd", [ml.Settings(learning_rate=1.0)], data, batch=None, epochs=1, dtype="float64")[0]
    assert np.linalg.norm(small.parameters) == pytest.approx(0.01)
    np.testing.assert_array_equal(free.parameters, plain.parameters)
    np.testing.assert_allclose(small.parameters / 0.01, free.parameters / np.linalg.norm(free.parameters))


@pytest.mark.parametrize("optimizer", [name for name in RULES if name != "adamw"])
def test_the_penalty_pulls_weights_and_never_biases(optimizer: str) -> None:
    x = np.zeros((20, 2))
    x[:, 0] = np.linspace(-1, 1, 20)
    data = ml.Arrays(x, 5 + x[:, 0])
    settings = [ml.Settings(lam=lam, learning_rate=0.05) for lam in (0.0, 1e4)]
    rate_of_big = train(ml.Model(2), optimizer, settings[:1], data, batch=None, epochs=400, dtype="float64")[0]
    held = train(ml.Model(2), optimizer, [ml.Settings(lam=40.0, learning_rate=0.05)], data, batch=None, epochs=400)[0]
    assert abs(held.parameters[0]) < abs(rate_of_big.parameters[0])
    # A penalised bias would end near 5 · 20 / (20 + 40); what stays is the swing of a step around 5.
    assert held.parameters[2] == pytest.approx(rate_of_big.parameters[2], rel=0.02)


def first_layer_norms(residual: bool) -> tuple[float, float, ml.Outcome]:
    """Gradient norms of the first and the last hidden layer at the start, and the trained outcome."""
    from descent.ml.network.blocks import slices
    from descent.ml.network.initializers import initialize
    from descent.ml.network.layout import LayerViews
    from descent.ml.network.program import Program
    from descent.ml.network.rows import make_rows

    model = ml.Model(5, (12,) * 20, 1, "regression", "sigmoid", residual, "glorot")
    data = arrays("regression", m=200)
    stack = initialize(model.layout, "glorot", residual, 0, "float64")[None]
    gradient, total = np.empty_like(stack), np.empty(1)
    views = LayerViews(model.layout, gradient)
    blocks = slices(make_rows(model, data.x, data.y, None, "float64"))
    Program(model, 1, "float64").gradient(LayerViews(model.layout, stack), blocks, gradient, views, total)
    settings = [ml.Settings(learning_rate=0.003)]
    (trained,) = train(model, "adam", settings, data, batch=20, epochs=40)
    return float(np.linalg.norm(views.affine[0])), float(np.linalg.norm(views.affine[19])), trained


def test_skips_carry_gradients_through_twenty_layers() -> None:
    first, last, plain = first_layer_norms(residual=False)
    assert first < 1e-6 * last, "the plain network's gradient vanishes on its way down"
    first, last, skipping = first_layer_norms(residual=True)
    assert first > 1e-2 * last
    assert skipping.cost_train < 0.5 * plain.cost_train


def test_probabilities_and_predictions() -> None:
    for task, outputs in (("binary", 1), ("multiclass", 4)):
        data = arrays(task, outputs, 200)
        model = ml.Model(5, (8,), outputs, task)  # type: ignore[arg-type]
        (one,) = train(model, "adam", [ml.Settings(learning_rate=0.02)], data, batch=20, epochs=30)
        proba, codes = ml.predict_proba(model, one.parameters, data.x), ml.predict(model, one.parameters, data.x)
        assert proba.shape == (200, max(outputs, 2)) and codes.shape == (200,)
        np.testing.assert_allclose(proba.sum(axis=1), 1, rtol=1e-6)
        np.testing.assert_array_equal(proba.argmax(axis=1), codes)
        picked = proba[np.arange(200), data.y]
        assert -np.log(picked).mean() == pytest.approx(one.cost_train, rel=1e-4)
        assert (codes == data.y).mean() > 0.75


def test_chunks_report_obey_and_measure(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    np.save(folder / "progress.npy", np.zeros(4))
    data = arrays("binary")
    chunk = ml.Chunk(
        ml.Model(5, (4,), 1, "binary"),
        "adam",
        (ml.Settings(), ml.Settings(lam=1.0)),
        data,
        batch=16,
        epochs=5,
        progress=(folder / "progress.npy", (1, 3)),
        metrics=("accuracy", "log_loss"),
    )
    result = ml.train_chunk(chunk)
    np.testing.assert_array_equal(np.load(folder / "progress.npy"), [0, 1, 0, 1])
    assert [sorted(metrics) for metrics in result.metrics_cv] == [["accuracy", "log_loss"]] * 2
    assert result.metrics_cv[0]["log_loss"] == pytest.approx(result.outcomes[0].cost_cv, rel=1e-5)
    assert result.seconds > 0
    deadline, asked = time() + 3600, count(1)
    steps = 2.5 * -(-len(data.x) // 16)  # after so many, whatever the machine, it is too late
    monkeypatch.setattr("descent.ml.fleets.trainer.time", lambda: deadline + (1 if next(asked) > steps else -1))
    ended = ml.train_chunk(replace(chunk, deadline=deadline))
    assert {(one.status, one.epochs) for one in ended.outcomes} == {("expired", 2)}
    assert all(np.isfinite(one.parameters).all() for one in ended.outcomes)
    paused = ml.train_chunk(replace(chunk, pause=2, checkpoint=folder / "state.safetensors"))
    assert [(one.status, one.epochs) for one in paused.outcomes] == [("paused", 2)] * 2
    np.testing.assert_array_equal(np.load(folder / "progress.npy"), [0, 0.4, 0, 0.4])


@pytest.mark.parametrize("optimizer", ["adam", "lbfgs", "newton"])
def test_a_deadline_that_has_passed_leaves_finite_parameters(optimizer: str) -> None:
    one = ml.train(ml.Model(5, (), 1, "binary"), optimizer, [ml.Settings()], arrays("binary"), deadline=time())[0]
    assert one.status == "expired" and one.epochs <= 1 and "out of time" in one.message
    assert np.isfinite(one.parameters).all() and np.isfinite(one.cost_train)


def test_chunks_shrink_as_models_grow() -> None:
    sizes = [ml.chunk_size(ml.Model(10, hidden), 128) for hidden in ((), (16,), (64, 64), (256, 256), (2048, 2048))]
    assert sizes == sorted(sizes, reverse=True) and sizes[-1] == 1 and sizes[0] > 8
