"""Mini-batches: which rows each step sees.

The order of rows in an epoch is a permutation drawn from (seed, epoch) alone. Variants with one seed share it: rows
are gathered once per epoch and every batch is a slice. Variants with distinct seeds gather their own rows at every
step. Both give a variant the same rows in the same memory order, hence the same bits.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from .arrays import Rows
from .initializers import ROWS, generator
from .layout import Array

BLOCK = 512
"""Most rows that go through the network at once; larger batches are summed over blocks, to stay in the cache."""


class Batch(NamedTuple):
    """x (V or 1, B, n + 1), t (V or 1, K, B), w (V or 1, 1, B) or None."""

    x: Array
    t: Array
    w: Array | None


def permutation(seed: int, epoch: int, rows: int) -> Array:
    """The order of the training rows in one epoch (counted from 0): (rows,) integers."""
    return generator(seed, ROWS, epoch).permutation(rows)


def spans(rows: int, size: int) -> list[tuple[int, int]]:
    """Consecutive (start, stop) of at most ``size`` rows; the last may be shorter."""
    return [(start, min(start + size, rows)) for start in range(0, rows, size)]


def slices(rows: Rows, size: int = BLOCK) -> list[Batch]:
    """All rows in their own order, in blocks."""
    return [
        Batch(rows.x[None, a:b], rows.t[None, :, a:b], None if rows.w is None else rows.w[None, :, a:b])
        for a, b in spans(len(rows), size)
    ]


class Feed:
    """The steps of an epoch, each a list of blocks. ``batch`` None is one step over all rows, in their own order."""

    def __init__(self, rows: Rows, seeds: Sequence[int], batch: int | None):
        m = len(rows)
        self.rows, self.seeds = rows, list(seeds)
        self.shuffled = batch is not None and batch < m
        self.steps = spans(m, batch if batch is not None and self.shuffled else m)
        self.blocks = [[(a + start, a + stop) for start, stop in spans(b - a, BLOCK)] for a, b in self.steps]
        self.distinct = sorted(set(self.seeds))
        self.shared = len(self.distinct) == 1
        if self.shuffled and self.shared:
            self.gathered = Rows(
                np.empty_like(rows.x), np.empty_like(rows.t), None if rows.w is None else np.empty_like(rows.w), m
            )
            self.ready = self._cut(self.gathered)
        elif not self.shuffled:
            self.ready = self._cut(rows)

    def _cut(self, rows: Rows) -> list[list[Batch]]:
        return [
            [
                Batch(rows.x[None, a:b], rows.t[None, :, a:b], None if rows.w is None else rows.w[None, :, a:b])
                for a, b in blocks
            ]
            for blocks in self.blocks
        ]

    def start(self, epoch: int) -> None:
        """Draw the permutations of an epoch."""
        if not self.shuffled:
            return
        m = len(self.rows)
        if self.shared:
            order = permutation(self.seeds[0], epoch, m)
            # mode="clip" writes straight into out; the default would go through a buffer.
            np.take(self.rows.x, order, axis=0, out=self.gathered.x, mode="clip")
            np.take(self.rows.t, order, axis=1, out=self.gathered.t, mode="clip")
            if self.rows.w is not None and self.gathered.w is not None:
                np.take(self.rows.w, order, axis=1, out=self.gathered.w, mode="clip")
        else:
            orders = {seed: permutation(seed, epoch, m) for seed in self.distinct}
            self.orders = np.stack([orders[seed] for seed in self.seeds])

    def step(self, number: int) -> list[Batch]:
        """The blocks of one step."""
        if not self.shuffled or self.shared:
            return self.ready[number]
        return [self._gather(self.orders[:, a:b]) for a, b in self.blocks[number]]

    def _gather(self, index: Array) -> Batch:
        rows = self.rows
        x = np.take(rows.x, index, axis=0, mode="clip")
        t = np.take(rows.t, index, axis=1, mode="clip").transpose(1, 0, 2)
        w = None if rows.w is None else np.take(rows.w, index, axis=1, mode="clip").transpose(1, 0, 2)
        return Batch(x, t, w)
