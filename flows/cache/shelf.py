"""The file that keeps values under their addresses: SQLite, so that a write is whole or not at all, whatever dies.

What cannot be read counts as absent; what cannot be written is not kept. Neither ends a run.
"""

import hashlib
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from typing import Any, NamedTuple

from descent.flows.machine.home import home, make_home

NAME = "trained.db"
LIMIT = 1 << 30
"""Bytes that the values may take; those that were not used for longest go first."""
BUSY = 30.0
"""Seconds to wait while another command writes."""

_TABLE = """create table if not exists trained (
    address text primary key, content blob not null, digest blob not null, size integer not null,
    run text not null, at real not null, used real not null)"""


class Origin(NamedTuple):
    """The run that trained a value, and when, in seconds since 1970."""

    run: str
    at: float


class Shelf:
    """Values by address. ``say`` is told once what is wrong with the file, if anything is."""

    def __init__(self, say: Callable[[str], None], limit: int = LIMIT) -> None:
        self.path = make_home("cache") / NAME
        self._say, self._limit = say, limit
        self._lock = RLock()
        self._connection: sqlite3.Connection | None = None
        self._size = 0
        with self._mending():
            self._open()

    def look(self, addresses: Sequence[str]) -> dict[str, bytes]:
        """The values of those addresses that are there, whole."""
        found: dict[str, bytes] = {}
        damaged = []
        with self._mending() as connection:
            for address in addresses if connection else ():
                assert connection is not None
                row = connection.execute("select content, digest from trained where address = ?", (address,)).fetchone()
                if row is not None and hashlib.sha256(row[0]).digest() == row[1]:
                    found[address] = row[0]
                elif row is not None:
                    damaged.append(address)
        if damaged:
            self._say(f"{self.path}: {len(damaged)} values are damaged; they are trained again")
            self.forget(damaged)
        return found

    def origins(self, addresses: Sequence[str]) -> list[Origin]:
        """Where the values come from that are there."""
        with self._mending() as connection:
            if connection is not None:
                rows = [
                    connection.execute("select run, at from trained where address = ?", (address,)).fetchone()
                    for address in addresses
                ]
                return [Origin(*row) for row in rows if row is not None]
        return []

    def put(self, values: Mapping[str, bytes], run: str) -> None:
        """Keep values, all of them or none, and on the disk when this returns."""
        now = time.time()
        rows = [
            (address, content, hashlib.sha256(content).digest(), len(content), run, now, now)
            for address, content in values.items()
            if len(content) <= self._limit // 4
        ]
        with self._mending() as connection:
            if connection is None or not rows:
                return
            with connection:
                connection.executemany("insert or replace into trained values (?, ?, ?, ?, ?, ?, ?)", rows)
            self._size += sum(row[3] for row in rows)
            if self._size > self._limit:
                self._prune(connection)

    def use(self, addresses: Sequence[str]) -> None:
        """Note that values were of use."""
        self._change("update trained set used = ? where address = ?", [(time.time(), one) for one in addresses])

    def forget(self, addresses: Sequence[str]) -> None:
        """Remove values."""
        self._change("delete from trained where address = ?", [(one,) for one in addresses])

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                with suppress(sqlite3.Error):
                    self._connection.close()
            self._connection = None

    def _change(self, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
        with self._mending() as connection:
            if connection is not None and rows:
                with connection:
                    connection.executemany(statement, rows)

    def _prune(self, connection: sqlite3.Connection) -> None:
        with connection:
            (self._size,) = connection.execute("select coalesce(sum(size), 0) from trained").fetchone()
            for address, size in connection.execute("select address, size from trained order by used").fetchall():
                if self._size <= 0.9 * self._limit:
                    break
                connection.execute("delete from trained where address = ?", (address,))
                self._size -= size

    def _open(self) -> None:
        connection = sqlite3.connect(self.path, timeout=BUSY, check_same_thread=False)
        try:
            connection.execute("pragma journal_mode = wal")
            connection.execute("pragma synchronous = full")
            connection.execute(_TABLE)
            (self._size,) = connection.execute("select coalesce(sum(size), 0) from trained").fetchone()
        except BaseException:
            connection.close()
            raise
        self._connection = connection

    @contextmanager
    def _mending(self) -> Iterator[sqlite3.Connection | None]:
        """The connection, None where there is none; a file that is none of ours is replaced by an empty one."""
        with self._lock:
            try:
                yield self._connection
            except sqlite3.OperationalError as error:  # no room, no right, or locked for long
                self._say(f"{self.path}: {error}; what is trained from here on is not kept")
                self.close()
            except sqlite3.DatabaseError as error:
                self._say(f"{self.path}: {error}; it is replaced, and what it held is trained again")
                self.close()
                for part in files():
                    part.unlink(missing_ok=True)
                with suppress(sqlite3.Error):
                    self._open()


def files() -> list[Path]:
    """The files that the shelf consists of."""
    return sorted((home() / "cache").glob(f"{NAME}*"))


def cache_size() -> int:
    """Bytes on the disk, checkpoints of half-trained chunks among them."""
    size = 0
    for path in (home() / "cache").rglob("*"):
        with suppress(FileNotFoundError):  # a run goes on beside
            size += path.stat().st_size if path.is_file() else 0
    return size
