"""An engine that trains only what is not known yet, and remembers the rest."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from descent.flows.cache.address import Addresses, together
from descent.flows.cache.shelf import Shelf
from descent.flows.cache.values import KEPT, Value
from descent.flows.machine.home import home, make_home
from descent.ml import CheckpointError
from descent.ml.checkpoints import write_state
from descent.ml.chunks import Chunk, ChunkResult, train_chunk
from descent.ml.optimizers.rules import SOLVERS

SECONDS = 5.0
"""Time between two checkpoints of a chunk: what a kill costs at most, or one epoch where that takes longer.

Writing them took 0.5 to 1.1 % of the training of four kinds of chunks, from many small networks to a single wide one.
"""
STALE = 7 * 86400.0
"""Age in seconds at which a checkpoint that no run has resumed from is removed."""


@dataclass(frozen=True)
class Asked:
    """A chunk with the addresses of its variants, and what is known of them by their places."""

    chunk: Chunk
    addresses: list[str]
    known: dict[int, Value]

    @property
    def missing(self) -> list[int]:
        """The places of those that must be trained."""
        return [place for place in range(len(self.addresses)) if place not in self.known]


class Remembering(Executor):
    """An executor in front of an engine's; ``say`` is told what went on from a checkpoint, or could not."""

    def __init__(self, engine: Executor, shelf: Shelf, say: Callable[[str], None]) -> None:
        self._engine, self._shelf, self._say = engine, shelf, say
        self._run, self._fresh = "", False
        self._addresses = Addresses()
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="cache")
        self._checkpoints: set[Path] = set()

    def begin(self, run: str, *, fresh: bool) -> None:
        """Name the run that trains here. With ``fresh`` nothing is looked up, but all is kept anew."""
        self._run, self._fresh = run, fresh

    def submit(self, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> "Future[Any]":
        """Train what is missing of a chunk; any other call is passed on."""
        if function is not train_chunk:
            return self._engine.submit(function, *args, **kwargs)
        asked = self._ask(args[0])
        future: Future[ChunkResult] = Future()
        if not asked.missing:
            future.set_result(_merged(asked, None))
        else:
            part = self._part(asked)
            self._engine.submit(train_chunk, part).add_done_callback(lambda done: self._take(done, asked, part, future))
        return future

    def map(self, *args: Any, **kwargs: Any) -> Iterator[Any]:
        """As the engine's."""
        return self._engine.map(*args, **kwargs)

    def told(self, chunks: Sequence[Chunk]) -> list[str]:
        """What is known already of chunks that are about to be trained, in a line."""
        addresses = [address for chunk in chunks for address in self._addresses.of(chunk)]
        origins = [] if self._fresh else self._shelf.origins(addresses)
        if not origins:
            return []
        last = max(origins, key=lambda origin: origin.at)
        when = datetime.fromtimestamp(last.at)
        return [
            f"{len(origins)} of {len(addresses)} variants are reused from earlier runs, the latest of them from run "
            f"{last.run}, {when:%Y-%m-%d %H:%M:%S}"
        ]

    def close(self, *, finished: bool) -> None:
        """Write what is still to be written; checkpoints stay only where the run did not finish."""
        self._writer.shutdown(wait=True)
        if finished:
            for path in self._checkpoints:
                path.unlink(missing_ok=True)
        for path in (home() / "cache" / "checkpoints").glob("*"):
            with suppress(OSError):
                if path.stat().st_mtime < time.time() - STALE:
                    path.unlink()
        self._shelf.close()

    def _ask(self, chunk: Chunk) -> Asked:
        addresses = self._addresses.of(chunk)
        known: dict[int, Value] = {}
        found = {} if self._fresh else self._shelf.look(addresses)
        for place, address in enumerate(addresses):
            if address in found:
                with suppress(CheckpointError, KeyError, TypeError):
                    known[place] = Value.from_bytes(found[address])
        if known:
            self._writer.submit(self._shelf.use, [addresses[place] for place in known])
        _show(chunk, known)
        return Asked(chunk, addresses, known)

    def _part(self, asked: Asked) -> Chunk:
        """The chunk of those that are missing, with a checkpoint that a run after this one finds again."""
        chunk, places = asked.chunk, asked.missing
        if asked.known:
            chunk = replace(
                chunk,
                settings=tuple(chunk.settings[place] for place in places),
                states=tuple(chunk.states[place] for place in places) if chunk.states else (),
                progress=chunk.progress and (chunk.progress[0], tuple(chunk.progress[1][place] for place in places)),
            )
        if chunk.optimizer in SOLVERS:
            return chunk
        name = together([asked.addresses[place] for place in places])
        path = make_home("cache", "checkpoints") / f"{name}.safetensors"
        if self._fresh:
            path.unlink(missing_ok=True)
        self._checkpoints.add(path)
        return replace(chunk, checkpoint=path, checkpoint_seconds=SECONDS)

    def _take(self, done: "Future[ChunkResult]", asked: Asked, part: Chunk, future: "Future[ChunkResult]") -> None:
        """Pass on what came of the missing ones, and keep it."""
        try:
            result = done.result()
            for note in result.notes:
                self._say(note)
            if result.resumed:
                self._say(f"{len(part.settings)} partly trained variants resumed after epoch {result.resumed}")
            merged = _merged(asked, result)
        except BaseException as error:  # noqa: BLE001 - whoever waits is told, whatever it is
            future.set_exception(error)
            return
        future.set_result(merged)
        with suppress(RuntimeError):  # the run ends, and nobody waits for this any more
            self._writer.submit(self._keep, asked, part, result)

    def _keep(self, asked: Asked, part: Chunk, result: ChunkResult) -> None:
        paused = [place for place, one in enumerate(result.outcomes) if one.status == "paused"]
        values: dict[str, bytes] = {}
        states: dict[int, Any] = {}
        if paused and part.checkpoint is not None:
            from descent.ml.fleets.resuming import take_training

            try:
                states = dict(zip(paused, take_training(part.checkpoint, paused), strict=True))
            except CheckpointError:  # on a worker that shares no disk with us
                return
        for place, where in enumerate(asked.missing):
            one = result.outcomes[place]
            if one.status in KEPT:
                outputs = result.outputs_cv[place] if result.outputs_cv else None
                value = Value(one, result.metrics_cv[place], outputs, states.get(place))
                values[asked.addresses[where]] = value.to_bytes()
        self._shelf.put(values, self._run)
        if not paused and len(values) == len(result.outcomes) and part.checkpoint is not None:
            part.checkpoint.unlink(missing_ok=True)


@contextmanager
def remembering(engine: Executor, say: Callable[[str], None]) -> Iterator[Remembering]:
    """An engine's executor with the memory of this folder."""
    executor = Remembering(engine, Shelf(say), say)
    finished = False
    try:
        yield executor
        finished = True
    finally:
        executor.close(finished=finished)


def _merged(asked: Asked, result: ChunkResult | None) -> ChunkResult:
    """What was trained and what was known, in the order of the chunk."""
    if result is not None and not asked.known:
        return replace(result, reused=tuple(False for _ in asked.addresses))
    rows, trained = [], {where: place for place, where in enumerate(asked.missing)}
    for where in range(len(asked.addresses)):
        if where in asked.known:
            value = asked.known[where]
            rows.append((value.outcome, value.metrics, value.outputs, _laid_out(asked, where)))
        else:
            assert result is not None
            place = trained[where]
            z = result.outputs_cv[place] if result.outputs_cv else None
            state = result.states[place] if result.states else (Path(), 0)
            rows.append((result.outcomes[place], result.metrics_cv[place], z, state))
    outcomes, metrics, outputs, states = zip(*rows, strict=True)
    return ChunkResult(
        outcomes,
        metrics,
        0.0 if result is None else result.seconds,
        tuple(one for one in outputs if one is not None) if asked.chunk.keep_outputs else (),
        states,
        0 if result is None else result.resumed,
        tuple(where in asked.known for where in range(len(asked.addresses))),
    )


def _laid_out(asked: Asked, where: int) -> tuple[Path, int]:
    """A file with the state of a known variant that paused, for the chunk that it goes on in."""
    state, checkpoint = asked.known[where].state, asked.chunk.checkpoint
    if state is None or checkpoint is None:
        return Path(), 0
    path = checkpoint.with_name(f"{asked.addresses[where]}.safetensors")
    write_state(path, *state, durable=False)
    return path, 0


def _show(chunk: Chunk, known: dict[int, Value]) -> None:
    """Enter what is known in the file of progress."""
    if chunk.progress is not None and known:
        path, slots = chunk.progress
        cells = np.load(path, mmap_mode="r+")
        for place, value in known.items():
            ended = value.outcome.status != "paused"
            cells[slots[place]] = 1.0 if ended else value.outcome.epochs / chunk.epochs
