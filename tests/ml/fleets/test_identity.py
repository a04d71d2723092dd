"""A variant is the same, bit for bit, alone, in a fleet, in any chunk, after neighbours left, after resuming."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from descent import ml
from descent.ml.checkpoints import write_state
from descent.ml.fleets.feed import Feed
from descent.ml.fleets.resuming import epochs_in, gather_training, take_training
from descent.ml.machine import threads
from descent.ml.network.rows import make_rows
from descent.ml.optimizers.rules import RULES, SOLVERS

from ..problems import arrays, same

FLEET = 32
SCHEDULES = {2: ml.Schedule("cosine", warmup=1.5), 4: ml.Schedule("coslog4"), 5: ml.Schedule("one_cycle", rise=0.4)}


def settings(optimizer: str, seeds: str, count: int = FLEET) -> list[ml.Settings]:
    """Variants that differ in λ, learning rate, clipping, schedule and, on demand, in the seed."""
    rate = RULES[optimizer].defaults["learning_rate"] if optimizer in RULES else None
    return [
        ml.Settings(
            lam=(0.1, 3.0, 40.0)[v % 3] if optimizer in SOLVERS else (0.0, 0.1, 3.0)[v % 3],
            seed={"equal": 7, "distinct": v, "mixed": v % 3}[seeds],
            learning_rate=None if rate is None else rate * (1 + v % 5) / 3,
            clip_norm=0.5 if v % 4 == 1 and rate is not None else None,
            schedule=None if rate is None else SCHEDULES.get(v % 7),
        )
        for v in range(count)
    ]


CASES = [
    # task, outputs, hidden, activation, residual, optimizer, batch, seeds, rows
    ("regression", 1, (7, 5), "relu", False, "adam", 16, "equal", 90),
    ("regression", 1, (7, 5), "relu", False, "adam", 16, "distinct", 90),
    ("binary", 1, (9,), "tanh", False, "momentum", 32, "mixed", 90),
    ("multiclass", 3, (8, 8), "gelu", True, "adamw", 32, "equal", 97),
    ("regression", 1, (33, 8), "mish", False, "adam", 32, "mixed", 90),
    ("binary", 1, (9, 9), "selu", True, "adamw", 32, "distinct", 90),
    ("binary", 1, (9, 5), "silu", False, "sgd", 32, "equal", 90),
    ("multiclass", 3, (), "relu", False, "sgd", 1, "distinct", 40),
    ("regression", 4, (6,), "sigmoid", False, "rmsprop", 200, "equal", 90),
    ("binary", 1, (), "relu", False, "nesterov", 7, "equal", 90),
    ("binary", 1, (64, 33), "leaky_relu", False, "adagrad", None, "mixed", 700),
    ("regression", 1, (100, 100), "relu", True, "adam", 64, "distinct", 130),
    ("multiclass", 3, (), "relu", False, "lbfgs", None, "equal", 90),
    ("regression", 1, (5,), "tanh", False, "lbfgs", None, "distinct", 90),
    ("regression", 2, (), "relu", False, "newton", None, "equal", 90),
    ("binary", 1, (), "relu", False, "newton", None, "distinct", 700),
    ("multiclass", 3, (), "relu", False, "newton", None, "equal", 97),
]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("task", "outputs", "hidden", "activation", "residual", "optimizer", "batch", "seeds", "m"), CASES, ids=str
)
def test_alone_in_a_fleet_in_a_chunk_beside_others(
    task: str,
    outputs: int,
    hidden: tuple[int, ...],
    activation: str,
    residual: bool,
    optimizer: str,
    batch: int | None,
    seeds: str,
    m: int,
    dtype: str,
) -> None:
    model = ml.Model(5, hidden, outputs, task, activation, residual)  # type: ignore[arg-type]
    data = arrays(task, outputs, m)
    chosen = settings(optimizer, seeds)

    def run(part: list[ml.Settings]) -> list[ml.Outcome]:
        return ml.train(model, optimizer, part, data, batch=batch, epochs=5, dtype=dtype)

    fleet = run(chosen)
    for v in (0, 1, 2, 13, FLEET - 1):
        assert same(run([chosen[v]])[0], fleet[v]), f"variant {v} alone"
    for start, stop in ((0, 5), (5, 6), (6, 29), (29, 32)):
        for one, other in zip(run(chosen[start:stop]), fleet[start:stop], strict=True):
            assert same(one, other), f"chunk {start}:{stop}"
    assert len({one.parameters.tobytes() for one in fleet}) >= 3


@pytest.mark.parametrize("seeds", ["equal", "distinct"])
def test_neighbours_that_leave_change_nothing(seeds: str) -> None:
    model, data = ml.Model(5, (16,), 1, "regression"), arrays("regression")
    chosen = [
        ml.Settings(seed=3 if seeds == "equal" else v, learning_rate=rate)
        for v, rate in enumerate([1e-3, 0.05, 1e9, 0.2, 1e-2, 3e-2])
    ]
    fleet = ml.train(model, "adam", chosen, data, batch=16, epochs=40, patience=3)
    assert {one.status for one in fleet} >= {"stopped", "completed"} and len({one.epochs for one in fleet}) >= 3
    for one, setting in zip(fleet, chosen, strict=True):
        assert same(one, ml.train(model, "adam", [setting], data, batch=16, epochs=40, patience=3)[0])


@pytest.mark.parametrize(("optimizer", "seeds"), [("adam", "equal"), ("momentum", "distinct"), ("sgd", "mixed")])
def test_resuming_changes_nothing(tmp_path: Path, optimizer: str, seeds: str) -> None:
    model, data = ml.Model(5, (16, 8), 3, "multiclass", residual=True), arrays("multiclass", 3)
    chosen = settings(optimizer, seeds, 6)

    def run(epochs: int, **more: object) -> list[ml.Outcome]:
        return ml.train(model, optimizer, chosen, data, batch=16, epochs=epochs, patience=6, **more)  # type: ignore[arg-type]

    whole = run(20)
    path = tmp_path / "state.safetensors"
    cut = run(20, checkpoint=path, callback=lambda progress: progress.epoch == 7)
    assert {one.status for one in cut} <= {"interrupted", "stopped"}
    resumed = run(20, checkpoint=path)
    assert all(same(one, other) for one, other in zip(resumed, whole, strict=True))
    again = run(20, checkpoint=path, callback=lambda progress: pytest.fail("nothing is left to train"))
    assert all(same(one, other) for one, other in zip(again, whole, strict=True))


@pytest.mark.parametrize("schedule", [None, ml.Schedule("cosine", warmup=2)], ids=["constant", "cosine"])
def test_survivors_of_several_chunks_end_as_if_they_had_trained_alone(
    tmp_path: Path, schedule: ml.Schedule | None
) -> None:
    """Two rungs: chunks pause, the better of each go on together in a new one, and once more."""
    model, data = ml.Model(5, (16, 8), 3, "multiclass"), arrays("multiclass", 3)
    chosen = [replace(one, schedule=schedule) for one in settings("adam", "mixed", 9)]

    def chunk(variants: list[int], **more: object) -> ml.Chunk:
        return ml.Chunk(model, "adam", tuple(chosen[v] for v in variants), data, 16, 30, patience=12, **more)  # type: ignore[arg-type]

    first = [tmp_path / f"first-{number}" for number in range(3)]
    for number, path in enumerate(first):
        paused = ml.train_chunk(chunk([3 * number, 3 * number + 1, 3 * number + 2], pause=3, checkpoint=path))
        assert {one.status for one in paused.outcomes} == {"paused"}
    second = chunk(
        [7, 0, 3, 5],
        pause=10,
        checkpoint=tmp_path / "second",
        states=((first[2], 1), (first[0], 0), (first[1], 0), (first[1], 2)),
    )
    assert [one.epochs for one in ml.train_chunk(second).outcomes] == [10] * 4
    third = chunk([5, 7], checkpoint=tmp_path / "third", states=((tmp_path / "second", 3), (tmp_path / "second", 0)))
    for one, variant in zip(ml.train_chunk(third).outcomes, [5, 7], strict=True):
        assert same(one, ml.train_chunk(chunk([variant])).outcomes[0])


def test_states_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    model, data = ml.Model(5, (4,), 1, "binary"), arrays("binary")
    for name, pause in (("a", 2), ("b", 3)):
        ml.train(model, "adam", [ml.Settings()], data, epochs=9, pause=pause, checkpoint=tmp_path / name)
    with pytest.raises(ml.CheckpointError, match="do not fit together: other epoch, step"):
        gather_training([(tmp_path / "a", 0), (tmp_path / "b", 0)], tmp_path / "c")
    with pytest.raises(ml.CheckpointError, match="lacks"):
        gather_training([(tmp_path / "a", 1)], tmp_path / "c")
    gather_training([(tmp_path / "a", 0)], tmp_path / "c")
    with pytest.raises(ml.CheckpointError, match="belongs to another training: settings"):
        ml.train(model, "adam", [ml.Settings(lam=1.0)], data, epochs=9, checkpoint=tmp_path / "c")


def test_the_number_of_blas_threads_changes_nothing_and_is_given_back() -> None:
    controls = threads.openblas()
    if controls is None:
        pytest.skip("this NumPy has no OpenBLAS of its own")
    count, set_count = controls
    before = count()
    data, model = arrays("binary", m=1000, n=60), ml.Model(60, (128, 64), 1, "binary")
    try:
        found = []
        for number in (1, 2):
            set_count(number)
            outcome = ml.train(model, "adam", [ml.Settings()], data, batch=500, epochs=2)[0]
            probabilities = ml.predict_proba(model, outcome.parameters, data.x)
            found.append((outcome, probabilities.tobytes()))
            assert count() == number
    finally:
        set_count(before)
    assert same(found[0][0], found[1][0]) and found[0][1] == found[1][1]


def test_rows_on_disk_and_in_memory_train_alike(tmp_path: Path) -> None:
    data = arrays("binary")
    model = ml.Model(5, (4,), 1, "binary")
    paths = []
    for name in ("x", "y", "x_cv", "y_cv"):
        np.save(tmp_path / f"{name}.npy", getattr(data, name))
        paths.append(tmp_path / f"{name}.npy")
    chosen = tuple(settings("adam", "equal", 3))
    on_disk = ml.train_chunk(ml.Chunk(model, "adam", chosen, ml.Sources(*paths), batch=16, epochs=4))
    in_memory = ml.train(model, "adam", chosen, data, batch=16, epochs=4)
    assert all(same(one, other) for one, other in zip(on_disk.outcomes, in_memory, strict=True))


@pytest.mark.parametrize("window", [1, 1200, 2500])
@pytest.mark.parametrize("weighted", [False, True])
def test_gathering_rows_in_windows_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, window: int, weighted: bool
) -> None:
    given = arrays("multiclass", 3, 97)
    data = ml.Arrays(given.x, given.y, weights=np.arange(1.0, 98.0) if weighted else None)
    model, chosen = ml.Model(5, (8,), 3, "multiclass"), settings("adam", "equal", 4)
    whole = ml.train(model, "adam", chosen, data, batch=10, epochs=3)
    monkeypatch.setattr("descent.ml.fleets.feed.WINDOW", window)
    feed = Feed(make_rows(model, data.x, data.y, data.weights, "float32"), [0], 10)
    assert 1 <= feed.ahead < len(feed.steps)
    assert all(
        same(*pair) for pair in zip(ml.train(model, "adam", chosen, data, batch=10, epochs=3), whole, strict=True)
    )


def test_a_mapped_file_that_ends_in_ones_is_trained_on_where_it_lies(tmp_path: Path) -> None:
    data, model = arrays("binary"), ml.Model(5, (4,), 1, "binary")
    np.save(tmp_path / "x.npy", np.column_stack([data.x, np.ones(len(data.x))]).astype(np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    assert np.shares_memory(make_rows(model, mapped, data.y, None, "float32").x, mapped)
    for dtype in ("float32", "float64"):  # the second must be converted, and so loses nothing but time
        found = ml.train(model, "adam", [ml.Settings()], ml.Arrays(mapped, data.y), batch=16, epochs=4, dtype=dtype)[0]
        plain = ml.Arrays(data.x.astype(np.float32), data.y)
        assert same(found, ml.train(model, "adam", [ml.Settings()], plain, batch=16, epochs=4, dtype=dtype)[0])
    np.save(tmp_path / "bad.npy", np.full((len(data.x), 6), np.nan, np.float32))
    with pytest.raises(ml.ArrayError, match=r"x has shape .*the model needs \(rows, 5\)"):
        ml.train(model, "adam", [ml.Settings()], ml.Arrays(np.load(tmp_path / "bad.npy", mmap_mode="r"), data.y))


def test_a_checkpoint_by_the_clock_is_gone_on_from_and_left_only_where_something_is_left(tmp_path: Path) -> None:
    model, data, chosen = ml.Model(5, (16, 8), 3, "multiclass"), arrays("multiclass", 3), settings("adam", "mixed", 6)
    path = tmp_path / "state.safetensors"
    chunk = ml.Chunk(model, "adam", tuple(chosen), data, 16, 20, checkpoint=path, checkpoint_seconds=0.0)
    whole = ml.train_chunk(chunk)
    keeper_left = epochs_in(path)
    assert 0 < keeper_left < 20  # the last one was written on the way, not at the end
    resumed = ml.train_chunk(chunk)
    assert (whole.resumed, resumed.resumed) == (0, keeper_left)
    assert all(same(one, other) for one, other in zip(resumed.outcomes, whole.outcomes, strict=True))
    path.unlink()
    ml.train_chunk(replace(chunk, checkpoint_seconds=1e6))
    assert not path.exists()
    ml.train_chunk(replace(chunk, checkpoint_seconds=1e6, pause=4))
    assert epochs_in(path) == 4


@pytest.mark.parametrize("damage", ["cut short", "no checkpoint at all", "of another training"])
def test_a_damaged_checkpoint_is_said_and_training_begins_anew(tmp_path: Path, damage: str) -> None:
    model, data, path = ml.Model(5, (4,), 1, "binary"), arrays("binary"), tmp_path / "state.safetensors"
    chunk = ml.Chunk(model, "adam", (ml.Settings(), ml.Settings(lam=1.0)), data, 16, 9, checkpoint=path)
    ml.train_chunk(replace(chunk, pause=3, batch=32 if damage == "of another training" else 16))
    if damage == "cut short":
        path.write_bytes(path.read_bytes()[:-50])
    elif damage == "no checkpoint at all":
        path.write_bytes(b"")
    found = ml.train_chunk(chunk)
    assert found.resumed == 0
    assert found.notes[0].startswith("training starts over: ")
    expected = ml.train_chunk(replace(chunk, checkpoint=None)).outcomes
    assert all(same(one, other) for one, other in zip(found.outcomes, expected, strict=True))


def test_a_state_taken_out_of_a_checkpoint_goes_on_like_the_rest(tmp_path: Path) -> None:
    model, data, chosen = ml.Model(5, (6,), 1, "binary"), arrays("binary"), settings("momentum", "distinct", 5)
    chunk = ml.Chunk(model, "momentum", tuple(chosen), data, 16, 12)
    ml.train_chunk(replace(chunk, pause=4, checkpoint=tmp_path / "all"))
    (one,) = take_training(tmp_path / "all", [3])
    write_state(tmp_path / "one", *one)
    states = ((tmp_path / "one", 0), (tmp_path / "all", 1))
    two = replace(chunk, settings=(chosen[3], chosen[1]), checkpoint=tmp_path / "two", states=states)
    whole = ml.train_chunk(chunk).outcomes
    assert all(same(a, b) for a, b in zip(ml.train_chunk(two).outcomes, (whole[3], whole[1]), strict=True))
    with pytest.raises(ml.CheckpointError, match="lacks the state of variant 9"):
        take_training(tmp_path / "all", [9])
