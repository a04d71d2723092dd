"""Where the time of a training goes: seconds inside each part of a step, measured from outside."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter
from typing import Any
from unittest.mock import patch

from benchmarks.speed.ours import train_chunks
from benchmarks.speed.shapes import Shape, fleet_settings
from descent import ml
from descent.ml.fleets.feed import Feed
from descent.ml.fleets.trainer import Trainer
from descent.ml.network.losses import LOSSES
from descent.ml.network.passes import PassBuffers


def share_of_phases(shape: Shape, data: ml.Arrays, variants: int) -> dict[str, float]:
    """Phase → share of the time of training ``variants`` together; ``rest`` is all that no phase covers."""
    assert shape.model.loss is not None
    parts = {
        "forward": (PassBuffers, "forward"),
        "loss": (LOSSES[shape.model.loss], "__call__"),
        "backward": (PassBuffers, "backward"),
        "optimizer": (Trainer, "_update"),
        "shuffling": (Feed, "start"),
    }
    seconds = dict.fromkeys(parts, 0.0)
    with ExitStack() as stack:
        for name, (owner, method) in parts.items():
            stack.enter_context(_timed(owner, method, seconds, name))
        began = perf_counter()
        train_chunks(shape, data, fleet_settings(variants), variants)
        whole = perf_counter() - began
    return {name: spent / whole for name, spent in seconds.items()} | {"rest": 1 - sum(seconds.values()) / whole}


@contextmanager
def _timed(owner: type, method: str, seconds: dict[str, float], name: str) -> Iterator[None]:
    original: Callable[..., Any] = getattr(owner, method)

    def timed(*arguments: Any) -> Any:
        began = perf_counter()
        try:
            return original(*arguments)
        finally:
            seconds[name] += perf_counter() - began

    with patch.object(owner, method, timed):
        yield
