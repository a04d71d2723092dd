"""What was trained is not trained again, and nothing else is taken for it."""

import pickle
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from time import time
from typing import Any

import numpy as np
import pytest

from descent import ml
from descent.flows.cache import address, executor, shelf
from descent.flows.cache.executor import Remembering, remembering
from descent.flows.cache.shelf import Shelf
from descent.flows.workers.engine import AtOnce
from descent.ml.chunks import Chunk, ChunkResult, Sources, train_chunk

MODEL = ml.Model(4, (6,), 1, "binary")


class Counting(AtOnce):
    """An engine that remembers how many variants it trained, and from which epochs."""

    def __init__(self) -> None:
        self.trained = 0
        self.chunks: list[Chunk] = []

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        if function is train_chunk:
            self.trained += len(args[0].settings)
            self.chunks.append(args[0])
        return super().submit(function, *args, **kwargs)


class Session:
    """A run's worth of training."""

    def __init__(self, *, fresh: bool = False) -> None:
        self.engine, self.said = Counting(), list[str]()
        self._context = remembering(self.engine, self.said.append)
        self._fresh = fresh

    def __enter__(self) -> Remembering:
        made = self._context.__enter__()
        made.begin("this-run", fresh=self._fresh)
        return made

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)


def train(chunk: Chunk, *, fresh: bool = False) -> tuple[ChunkResult, int, list[str]]:
    """Train in a run of its own; also how many variants were, and what was said."""
    session = Session(fresh=fresh)
    with session as run:
        result = run.submit(train_chunk, chunk).result()
    return result, session.engine.trained, session.said


def bits(result: ChunkResult) -> list[bytes]:
    """Everything that is passed on of each variant."""
    outputs = result.outputs_cv or [None] * len(result.outcomes)
    return [
        pickle.dumps((vars(one) | {"cost_train": np.float64(one.cost_train)}, metrics, z))
        for one, metrics, z in zip(result.outcomes, result.metrics_cv, outputs, strict=True)
    ]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "home"))
    yield tmp_path / "home"
    address.code.cache_clear()


@pytest.fixture
def chunk(tmp_path: Path) -> Chunk:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(120, 4)).astype(np.float32)
    for name, array in {"x": x, "y": (x[:, 0] > 0).astype(np.int64)}.items():
        np.save(tmp_path / f"{name}.npy", array)
    rows = Sources(*(tmp_path / f"{name}.npy" for name in ("x", "y", "x", "y")))
    settings = tuple(ml.Settings(lam=lam, seed=seed) for seed in (0, 1) for lam in (0.0, 0.1, 1.0))
    return Chunk(MODEL, "adam", settings, rows, 32, 6, patience=3)


def test_what_is_known_has_the_bits_of_what_was_trained_in_whatever_company(chunk: Chunk) -> None:
    chunk = replace(chunk, keep_outputs=True)
    expected = train_chunk(chunk)
    first, trained, _ = train(chunk)
    assert (trained, first.reused) == (6, (False,) * 6)
    again, trained, _ = train(chunk)
    assert (trained, again.reused) == (0, (True,) * 6)
    other = replace(chunk, settings=(chunk.settings[4], ml.Settings(lam=7.0), chunk.settings[0]))
    mixed, trained, _ = train(other)
    assert (trained, mixed.reused) == (1, (True, False, True))
    assert bits(first) == bits(again) == bits(expected)
    assert bits(mixed) == bits(train_chunk(other))


def test_rows_in_memory_and_in_files_are_the_same_rows(chunk: Chunk) -> None:
    train(chunk)
    assert isinstance(chunk.arrays, Sources)
    assert train(replace(chunk, arrays=chunk.arrays.open()))[1] == 0
    assert train(replace(chunk, rows=np.arange(50)))[1] == 6
    assert train(replace(chunk, rows=np.arange(50)))[1] == 0
    assert train(replace(chunk, rows=np.arange(51)))[1] == 6


def _other_row(chunk: Chunk) -> Chunk:
    assert isinstance(chunk.arrays, Sources) and isinstance(chunk.arrays.y_cv, Path)
    x = np.load(str(chunk.arrays.x))
    x[7, 2] = np.nextafter(x[7, 2], np.float32(9))
    np.save(chunk.arrays.y_cv.with_name("changed.npy"), x)
    return replace(chunk, arrays=replace(chunk.arrays, x=chunk.arrays.y_cv.with_name("changed.npy")))


@pytest.mark.parametrize(
    ("change", "trained"),
    [
        (lambda chunk: replace(chunk, settings=(ml.Settings(lam=0.2), *chunk.settings[1:])), 1),
        (lambda chunk: replace(chunk, settings=(replace(chunk.settings[0], seed=9), *chunk.settings[1:])), 1),
        (_other_row, 6),
        (lambda chunk: replace(chunk, epochs=7), 6),
        (lambda chunk: replace(chunk, patience=4), 6),
        (lambda chunk: replace(chunk, min_delta=0.1), 6),
        (lambda chunk: replace(chunk, batch=16), 6),
        (lambda chunk: replace(chunk, dtype="float64"), 6),
        (lambda chunk: replace(chunk, optimizer="rmsprop"), 6),
        (lambda chunk: replace(chunk, model=ml.Model(4, (7,), 1, "binary")), 6),
        (lambda chunk: replace(chunk, metrics=()), 6),
        (lambda chunk: replace(chunk, keep_outputs=True), 6),
        (lambda chunk: replace(chunk, deadline=time() + 1e6, share=0.5), 0),
    ],
    ids=[
        "lambda",
        "seed",
        "one cell",
        "epochs",
        "patience",
        "min_delta",
        "batch",
        "dtype",
        "optimizer",
        "model",
        "metrics",
        "outputs",
        "deadline alone",
    ],
)
def test_what_changed_is_trained_anew_and_only_that(
    chunk: Chunk, change: Callable[[Chunk], Chunk], trained: int
) -> None:
    train(chunk)
    changed = change(chunk)
    result, count, _ = train(changed)
    assert count == trained
    assert bits(result) == bits(train_chunk(changed))


def test_other_code_and_another_processor_train_anew(chunk: Chunk, monkeypatch: pytest.MonkeyPatch) -> None:
    train(chunk)
    with monkeypatch.context() as patch:
        patch.setattr(address, "code", lambda: "ml of tomorrow")
        assert train(chunk)[1] == 6
    with monkeypatch.context() as patch:
        patch.setattr(address, "processor", lambda: "another")
        assert train(chunk)[1] == 6
    assert train(chunk)[1] == 0


def test_what_a_deadline_ended_is_not_taken_for_a_result(chunk: Chunk) -> None:
    endless = replace(chunk, epochs=10_000_000, patience=None, deadline=time() + 0.2)
    assert {one.status for one in train(endless)[0].outcomes} == {"expired"}
    again, trained, _ = train(replace(endless, deadline=time() + 0.2))
    assert trained == 6
    assert again.resumed == 0  # it finished: its checkpoints have gone


def test_fresh_trains_everything_and_keeps_it(chunk: Chunk) -> None:
    train(chunk)
    assert train(chunk, fresh=True)[1] == 6
    assert train(chunk)[1] == 0


@pytest.mark.parametrize("known", [[], [1, 4], [0, 1, 2, 3, 4, 5]], ids=["nothing", "some", "everything"])
def test_rungs_go_on_from_what_is_known(chunk: Chunk, tmp_path: Path, known: list[int]) -> None:
    """A halving whose first command was killed: those that paused go on, whichever of them were known."""
    chunk = replace(chunk, epochs=9, patience=None)
    rung = replace(chunk, pause=3, checkpoint=tmp_path / "rung-0.safetensors")
    if known:
        train(replace(rung, settings=tuple(chunk.settings[place] for place in known)))
    session = Session()
    with session as run:
        paused = run.submit(train_chunk, rung).result()
        assert session.engine.trained == 6 - len(known)
        assert {one.status for one in paused.outcomes} == {"paused"}
        on = [4, 0, 3]
        last = replace(
            chunk,
            settings=tuple(chunk.settings[place] for place in on),
            states=tuple(paused.states[place] for place in on),
            checkpoint=tmp_path / "rung-1.safetensors",
        )
        ended = run.submit(train_chunk, last).result()
    whole = bits(train_chunk(chunk))
    assert bits(ended) == [whole[place] for place in on]


def test_a_state_that_cannot_be_laid_out_is_an_error_and_no_hang(
    chunk: Chunk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung = replace(chunk, epochs=9, patience=None, pause=3, checkpoint=tmp_path / "rung-0.safetensors")
    train(replace(rung, settings=rung.settings[:2]))

    def full_disk(*_: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(executor, "write_state", full_disk)
    with Session() as run, pytest.raises(OSError, match="No space left"):
        run.submit(train_chunk, rung).result(timeout=60)


def test_a_half_trained_chunk_goes_on_from_its_checkpoint(
    chunk: Chunk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(executor, "SECONDS", 0.0)
    chunk = replace(chunk, epochs=40, patience=None)
    with pytest.raises(ConnectionError), Session() as run:
        run._engine = Dying()
        run.submit(train_chunk, chunk).result()
    assert len(list((tmp_path / "home" / "cache" / "checkpoints").iterdir())) == 1
    result, _, said = train(chunk)
    assert 0 < result.resumed < 40
    assert said == [f"6 partly trained variants resumed after epoch {result.resumed}"]
    assert bits(result) == bits(train_chunk(chunk))
    assert list((tmp_path / "home" / "cache" / "checkpoints").iterdir()) == []


class Dying(AtOnce):
    """An engine whose worker dies before it can say what it has trained."""

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        function(*args, **kwargs)
        future: Future[Any] = Future()
        future.set_exception(ConnectionError("died"))
        return future


def kept_files(home: Path) -> list[Path]:
    return sorted(path for path in (home / "cache" / "trained").rglob("*") if path.is_file())


@pytest.mark.parametrize("how", ["cut short", "something else", "a value changed", "nothing"])
def test_a_damaged_file_is_said_and_replaced(chunk: Chunk, home: Path, how: str) -> None:
    train(chunk)
    files = kept_files(home)
    assert len(files) == 6
    for file in files:
        content = file.read_bytes()
        file.write_bytes(
            {
                "cut short": content[:300],
                "something else": b"this is no value" * 100,
                "a value changed": content[:-1] + bytes([content[-1] ^ 1]),
                "nothing": b"",
            }[how]
        )
    result, trained, said = train(chunk)
    assert trained == 6
    assert said == [f"{home / 'cache' / 'trained'}: 6 values are damaged; their variants are retrained"]
    assert bits(result) == bits(train_chunk(chunk))
    assert train(chunk)[1:] == (0, [])


def test_what_cannot_be_written_does_not_end_a_run(chunk: Chunk, monkeypatch: pytest.MonkeyPatch) -> None:
    def full_disk(*_: object, **more: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(shelf, "write_atomically", full_disk)
        result, _, said = train(chunk)
    assert [line.partition(": ")[2] for line in said] == [
        "No space left on device; variants trained from here on are not cached"
    ]
    assert bits(result) == bits(train_chunk(chunk))
    assert train(chunk)[1:] == (6, [])


def test_the_oldest_go_when_there_is_no_room(home: Path) -> None:
    said: list[str] = []
    for number in range(20):
        kept = Shelf(said.append, limit=3000)
        kept.put({f"{number:02}": bytes(100)}, "run")
        kept.use(["00"])
        kept.close()
    left = Shelf(said.append).look([f"{number:02}" for number in range(20)])
    assert 5 <= len(left) <= 15
    assert "00" in left  # it was of use all the time
    assert "19" in left
    assert said == []
    assert sum(path.stat().st_size for path in kept_files(home)) == shelf.cache_size() <= 3000


def test_a_value_too_large_for_the_shelf_is_not_kept(home: Path) -> None:
    kept = Shelf(print, limit=1000)
    kept.put({"large": bytes(600), "small": bytes(100)}, "run")
    assert set(kept.look(["large", "small"])) == {"small"}


def test_a_line_says_what_is_known_before_training(chunk: Chunk) -> None:
    with Session() as run:
        assert run.told([chunk]) == []
        run.submit(train_chunk, replace(chunk, settings=chunk.settings[:4])).result()
    with Session() as run:
        (line,) = run.told([chunk])
    assert line.startswith("4 of 6 variants are reused from earlier runs, the latest of them from run this-run, 2")
    with Session(fresh=True) as run:
        assert run.told([chunk]) == []


def test_progress_of_what_is_known_is_shown(chunk: Chunk, tmp_path: Path) -> None:
    train(replace(chunk, settings=chunk.settings[:4]))
    np.save(tmp_path / "progress.npy", np.zeros(8))
    train(replace(chunk, progress=(tmp_path / "progress.npy", (1, 2, 3, 4, 5, 6))))
    assert np.load(tmp_path / "progress.npy").tolist() == [0, 1, 1, 1, 1, 1, 1, 0]
