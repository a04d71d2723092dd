"""Under what a trained variant is kept: a digest of everything that its bits depend on, and of what was asked of it."""

import hashlib
import json
import weakref
from dataclasses import asdict
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.ml.chunks import Chunk, Source
from descent.ml.machine.source import code, processor

SAME = ("optimizer", "batch", "epochs", "patience", "min_delta", "dtype", "pause", "metrics", "keep_outputs")
"""Fields of a chunk that count as they are. Where its variants start from does not count: a pause changes no bit."""


class Addresses:
    """Addresses of variants; an array or file that was digested once is known from then on."""

    def __init__(self) -> None:
        self._files: dict[tuple[str, int, int], str] = {}
        self._arrays: dict[int, tuple[weakref.ref[NDArray[Any]], str]] = {}
        self._lock = Lock()

    def of(self, chunk: Chunk) -> list[str]:
        """SHA-256 in hexadecimal for every variant of a chunk."""
        common = {name: getattr(chunk, name) for name in SAME}
        common |= {"code": code(), "processor": processor(), "model": asdict(chunk.model)}
        common["rows"] = None if chunk.rows is None else _digest(chunk.rows)
        common["arrays"] = {name: self._source(value) for name, value in vars(chunk.arrays).items()}
        return [_json_digest({**common, "settings": asdict(one)}) for one in chunk.settings]

    def _source(self, source: Source) -> str | None:
        if source is None:
            return None
        with self._lock:  # tasks ask at the same time, mostly for the same rows
            return self._file(Path(source)) if isinstance(source, str | Path) else self._array(source)

    def _file(self, path: Path) -> str:
        found = path.stat()
        key = str(path), found.st_size, found.st_mtime_ns
        if key not in self._files:
            self._files[key] = _digest(np.load(path, mmap_mode="r", allow_pickle=False))
        return self._files[key]

    def _array(self, array: NDArray[Any]) -> str:
        known = self._arrays.get(id(array))
        if known is None or known[0]() is not array:
            known = self._arrays[id(array)] = weakref.ref(array), _digest(array)
        return known[1]


def together(addresses: list[str]) -> str:
    """One address for several."""
    return hashlib.sha256("".join(addresses).encode()).hexdigest()


def _digest(array: NDArray[Any]) -> str:
    digest = hashlib.sha256(f"{array.dtype.str} {array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _json_digest(value: dict[str, Any]) -> str:
    text = json.dumps(value, sort_keys=True, default=lambda number: number.item())
    return hashlib.sha256(text.encode()).hexdigest()
