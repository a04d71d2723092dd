"""Blocks of rows: what goes through the network at once."""

from typing import NamedTuple

from descent.ml.network.layout import Array
from descent.ml.network.rows import Rows

BLOCK = 512
"""Most rows that go through the network at once; larger batches are summed over blocks, to stay in the cache."""


class Batch(NamedTuple):
    """x (V or 1, B, n + 1), t (V or 1, K, B), w (V or 1, 1, B) or None."""

    x: Array
    t: Array
    w: Array | None


def spans(rows: int, size: int) -> list[tuple[int, int]]:
    """Consecutive (start, stop) of at most ``size`` rows; the last may be shorter."""
    return [(start, min(start + size, rows)) for start in range(0, rows, size)]


def slices(rows: Rows, size: int = BLOCK) -> list[Batch]:
    """All rows in their own order, in blocks."""
    return [
        Batch(rows.x[None, a:b], rows.t[None, :, a:b], None if rows.w is None else rows.w[None, :, a:b])
        for a, b in spans(len(rows), size)
    ]
