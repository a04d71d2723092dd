"""Where values are kept under their addresses: a file each, whole or not there at all, whatever dies.

A file begins with a line of JSON: the SHA-256 of what follows, the run that trained it, and when. What cannot be read
counts as absent; what cannot be written is not kept. Neither ends a run.
"""

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from descent.flows.machine.home import home, make_home
from descent.ml.checkpoints import write_atomically

LIMIT = 1 << 30
"""Bytes that the values may take; those that were not used for longest go first."""


class TrainedBy(NamedTuple):
    """The run that trained a value, and when, in seconds since 1970."""

    run: str
    at: float


class Shelf:
    """Values by address. ``say`` is told once what cannot be written, and what is damaged."""

    def __init__(self, say: Callable[[str], None], limit: int = LIMIT) -> None:
        self._folder, self._say, self._limit = make_home("cache", "trained"), say, limit
        self._full = False

    def look(self, addresses: Sequence[str]) -> dict[str, bytes]:
        """The values of those addresses that are there, whole."""
        found: dict[str, bytes] = {}
        damaged = 0
        for address in addresses:
            with suppress(OSError):
                head, _, content = self._path(address).read_bytes().partition(b"\n")
                if _facts(head).get("sha256") == hashlib.sha256(content).hexdigest():
                    found[address] = content
                else:
                    damaged += 1
                    self._path(address).unlink()
        if damaged:
            self._say(f"{self._folder}: {damaged} values are damaged; their variants are retrained")
        return found

    def origins(self, addresses: Sequence[str]) -> list[TrainedBy]:
        """Where the values come from that are there."""
        found = []
        for address in addresses:
            with suppress(OSError, KeyError), self._path(address).open("rb") as file:
                facts = _facts(file.readline())
                found.append(TrainedBy(facts["run"], facts["at"]))
        return found

    def put(self, values: Mapping[str, bytes], run: str) -> None:
        """Keep values. They may be lost with the machine's power: they can be trained again."""
        for address, content in values.items():
            if self._full or len(content) > self._limit // 4:
                continue
            facts = {"sha256": hashlib.sha256(content).hexdigest(), "run": run, "at": time.time()}
            path = self._path(address)
            try:
                path.parent.mkdir(exist_ok=True)
                write_atomically(path, json.dumps(facts).encode() + b"\n" + content, durable=False)
            except OSError as error:
                self._full = True
                self._say(f"{self._folder}: {error.strerror}; variants trained from here on are not cached")

    def use(self, addresses: Sequence[str]) -> None:
        """Note that values were of use."""
        for address in addresses:
            with suppress(OSError):
                os.utime(self._path(address))

    def close(self) -> None:
        """Make room: remove what was of no use for longest."""
        found = sorted(_files(self._folder), key=lambda one: one[1].st_mtime_ns)
        size = sum(status.st_size for _, status in found)
        for path, status in found if size > self._limit else ():
            if size <= 0.9 * self._limit:
                break
            path.unlink(missing_ok=True)
            size -= status.st_size

    def _path(self, address: str) -> Path:
        return self._folder / address[:2] / address


def cache_size() -> int:
    """Bytes on the disk, checkpoints of half-trained chunks among them."""
    return sum(status.st_size for _, status in _files(home() / "cache"))


def _facts(head: bytes) -> dict[str, Any]:
    try:
        return dict(json.loads(head))
    except (ValueError, TypeError):
        return {}


def _files(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # a run goes on beside
            if path.is_file():
                yield path, path.stat()
