"""Random architectures, batches, λ and seeds: what must hold for all of them."""

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from descent import ml
from descent.ml.fleets.feed import Feed, permutation
from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.blocks import spans
from descent.ml.network.initializers import initialize
from descent.ml.network.layout import LayerViews
from descent.ml.network.rows import make_rows
from descent.ml.optimizers.rules import RULES
from descent.ml.optimizers.schedules import KINDS

from .problems import rows as some_rows

some = settings(max_examples=40, deadline=None)
seeds = st.integers(0, 2**31)
lams = st.floats(0, 100)
SMOOTH = ("tanh", "sigmoid", "gelu", "silu", "mish")  # a relu whose input is exactly 0 stands at a kink


@st.composite
def models(draw, activations=tuple(ACTIVATIONS), losses=(None,)):
    task = draw(st.sampled_from(["regression", "binary", "multiclass"]))
    outputs = {"regression": draw(st.integers(1, 3)), "binary": 1, "multiclass": draw(st.integers(2, 4))}[task]
    return ml.Model(
        inputs=draw(st.integers(1, 6)),
        hidden=tuple(draw(st.lists(st.integers(1, 9), max_size=3))),
        outputs=outputs,
        task=task,
        activation=draw(st.sampled_from(activations)),
        residual=draw(st.booleans()),
        initializer=draw(st.sampled_from(["he", "glorot", "lecun"])),
        loss=draw(st.sampled_from(losses)) if task == "regression" else None,
    )


def arrays(model: ml.Model, m: int, seed: int) -> ml.Arrays:
    x, y = some_rows(model.task, m, model.inputs, model.outputs, seed % 1000)
    if model.task == "binary":
        y[:2] = 0, 1
    return ml.Arrays(x, y)


@some
@given(models(), st.integers(1, 4))
def test_layers_tile_the_buffer_and_are_views_of_it(model, variants):
    layout = model.layout
    edges = [edge for block in layout.blocks for edge in (block.start, block.stop)]
    assert edges[0] == 0
    assert edges[-1] == model.size
    assert edges[1:-1:2] == edges[2::2]
    flat = np.zeros((variants, model.size))
    for number, block in enumerate(layout.blocks):
        view = block.view(flat)
        assert view.shape == (variants, *block.shape)
        assert np.shares_memory(view, flat)
        view[...] = number
    assert (np.diff(flat, axis=1) >= 0).all()  # every block wrote its own part
    matrices = LayerViews(layout, flat)
    assert all(np.shares_memory(matrix, flat) for matrix in [*matrices.affine, *matrices.weights_T])
    assert layout.penalised.sum() == sum(block.shape[0] * block.inputs for block in layout.blocks)


@some
@given(models(), seeds)
def test_starting_parameters(model, seed):
    start = initialize(model.layout, model.initializer, model.residual, seed, "float64")
    assert start.shape == (model.size,)
    assert not start[~model.layout.penalised].any()  # biases
    assert start.any() == bool(model.hidden)  # a linear model starts at 0
    np.testing.assert_array_equal(start, initialize(model.layout, model.initializer, model.residual, seed, "float64"))


@some
@given(models(SMOOTH, (None, "huber")), st.integers(5, 40), lams, seeds)
def test_a_small_step_lowers_the_objective_as_its_gradient_says(model, m, lam, seed):
    data, rate = arrays(model, m, seed), 1e-6
    before = initialize(model.layout, model.initializer, model.residual, seed, "float64")
    (found,) = ml.train(
        model, "sgd", [ml.Settings(lam=lam, seed=seed, learning_rate=rate)], data, batch=None, epochs=1, dtype="float64"
    )

    def objective(parameters):
        weights = parameters[model.layout.penalised]
        return ml.cost(model, parameters, data.x, data.y) + lam / (2 * m) * weights @ weights

    predicted = ((before - found.parameters) ** 2).sum() / rate  # rate·|gradient|²
    fall = objective(before) - objective(found.parameters)
    assert abs(fall - predicted) < 0.1 * predicted + 1e-13 * (1 + objective(before))


@some
@given(
    models(),
    st.sampled_from(sorted(RULES)),
    st.lists(st.tuples(lams, seeds), min_size=2, max_size=4),
    st.none() | st.integers(1, 50),
    st.sampled_from(["float32", "float64"]),
    st.none() | st.floats(0.01, 10),
)
def test_outcomes_of_any_fleet(model, optimizer, variants, batch, dtype, clip):
    data, held = arrays(model, 30, 0), arrays(model, 11, 1)
    data = ml.Arrays(data.x, data.y, held.x, held.y)
    fleet = [ml.Settings(lam=lam, seed=seed, learning_rate=1e-3, clip_norm=clip) for lam, seed in variants]
    arguments = {"batch": batch, "epochs": 3, "dtype": dtype}
    found = ml.train(model, optimizer, fleet, data, **arguments)
    for one in found:
        assert one.parameters.shape == (model.size,)
        assert one.parameters.dtype == dtype
        assert one.curve_train.shape == one.curve_cv.shape == (one.epochs,)
        assert np.isfinite(one.parameters).all()
        assert one.status == "completed"
        assert one.cost_cv == one.curve_cv.min()
        assert one.best_epoch == 1 + one.curve_cv.argmin()
    (alone,) = ml.train(model, optimizer, fleet[-1:], data, **arguments)
    assert alone.parameters.tobytes() == found[-1].parameters.tobytes()
    assert alone.curve_cv.tobytes() == found[-1].curve_cv.tobytes()


@some
@given(st.integers(1, 300), st.none() | st.integers(1, 400), st.lists(seeds, min_size=1, max_size=3), st.integers(0, 9))
def test_an_epoch_shows_every_row_once(m, batch, chosen, epoch):
    rows = make_rows(ml.Model(1), np.arange(m)[:, None], np.arange(m), None, "float64")
    feed = Feed(rows, chosen, batch)
    feed.start(epoch)
    steps = []
    for number in range(len(feed.steps)):
        blocks = [block.x[:, :, 0] for block in feed.step(number)]
        steps.append(np.concatenate([np.broadcast_to(x, (len(chosen), x.shape[1])) for x in blocks], axis=1))
    assert all(step.shape[1] == min(batch or m, m) for step in steps[:-1])
    for variant, seen in enumerate(np.concatenate(steps, axis=1)):
        assert sorted(seen) == list(range(m))
        if batch is not None and batch < m:
            np.testing.assert_array_equal(seen, permutation(chosen[variant], epoch, m))


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_spans_cut_without_gap(rows, size):
    pieces = spans(rows, size)
    assert [row for start, stop in pieces for row in range(start, stop)] == list(range(rows))
    assert all(stop - start <= size for start, stop in pieces)


@some
@given(models(), seeds, st.integers(1, 600))
def test_predictions(model, seed, m):
    x = np.random.default_rng(seed).normal(size=(m, model.inputs))
    parameters = np.random.default_rng(seed).normal(size=model.size)
    predicted = ml.predict(model, parameters, x)
    order = np.random.default_rng(seed).permutation(m)
    ordered, moved = (ml.outputs(model, parameters, rows) for rows in (x, x[order]))
    np.testing.assert_allclose(moved, ordered[order], rtol=1e-9, atol=1e-12)
    if model.task == "regression":
        assert predicted.shape == ((m,) if model.outputs == 1 else (m, model.outputs))
        return
    probabilities = ml.predict_proba(model, parameters, x)
    assert probabilities.shape == (m, max(2, model.outputs))
    assert (probabilities >= 0).all()
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    np.testing.assert_array_equal(probabilities[np.arange(m), predicted], probabilities.max(axis=1))


@settings(max_examples=10, deadline=None)
@given(st.sampled_from(["regression", "binary", "multiclass"]), seeds)
def test_more_penalty_means_smaller_weights_and_a_higher_cost(task, seed):
    model = ml.Model(4, (), {"regression": 2, "binary": 1, "multiclass": 3}[task], task)
    path = [ml.Settings(lam=lam) for lam in (0.1, 1.0, 10.0, 100.0)]
    found = ml.train(model, "lbfgs", path, arrays(model, 40, seed), epochs=300, dtype="float64")
    norms = [np.linalg.norm(one.parameters[model.layout.penalised]) for one in found]
    assert all(after < before for before, after in pairwise(norms))
    assert all(after.cost_train > before.cost_train for before, after in pairwise(found))


@some
@given(
    st.sampled_from(KINDS),
    st.integers(1, 30),
    st.floats(0.01, 1),
    st.floats(0, 1),
    st.just(0.0) | st.floats(0.01, 20),
    st.integers(1, 9),
)
def test_schedules_never_exceed_the_learning_rate(kind, every, rate, final, warmup, steps):
    schedule = ml.Schedule(kind, every=every, factor=rate, rate=rate, final=final, warmup=warmup)
    factors = np.concatenate([schedule.factors(epoch, steps, 15) for epoch in range(15)])
    assert factors.shape == (15 * steps,)
    assert (factors >= 0).all() if kind == "coslog4" else (factors > 0).all()
    assert (factors <= 1).all()
    if kind not in ("coslog4", "one_cycle"):
        after = factors[int(np.ceil(warmup * steps)) :]
        assert (np.diff(after) <= 1e-15).all()
