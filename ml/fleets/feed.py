"""Mini-batches: which rows each step sees.

The order of rows in an epoch is a permutation drawn from (seed, epoch) alone. Variants with one seed share it: rows
are gathered once per epoch (a large table's in windows), and every batch is a slice. Variants with distinct seeds
gather their own rows at every step. Both give a variant the same rows in the same memory order, hence the same bits.
"""

from collections.abc import Sequence

import numpy as np

from descent.ml.network.blocks import BLOCK, Batch, spans
from descent.ml.network.initializers import ROWS, generator
from descent.ml.network.layout import Array
from descent.ml.network.rows import Rows

WINDOW = 16 << 20
"""Bytes of rows that are gathered at a time in the order of an epoch: a larger table is never held twice."""


def permutation(seed: int, epoch: int, rows: int) -> Array:
    """The order of the training rows in one epoch (counted from 0): (rows,) integers, in half the memory of int64."""
    order = np.arange(rows, dtype=np.int32 if rows < 1 << 31 else np.int64)
    generator(seed, ROWS, epoch).shuffle(order)  # the bits of `permutation`, which makes a copy
    return order


class Feed:
    """The steps of an epoch, each a list of blocks. ``batch`` None is one step over all rows, in their own order."""

    def __init__(self, rows: Rows, seeds: Sequence[int], batch: int | None):
        m = len(rows)
        self.rows, self.seeds = rows, list(seeds)
        self.shuffled = batch is not None and batch < m
        self.size = batch if batch is not None and self.shuffled else m
        self.steps = spans(m, self.size)
        self.distinct = sorted(set(self.seeds))
        self.shared = len(self.distinct) == 1
        self.order = np.empty(0, np.int32)
        # Rows are gathered for as many steps at once as WINDOW holds: all of them, unless the table is large.
        self.ahead = min(len(self.steps), max(1, WINDOW // (self.size * _bytes_of_row(rows)))) if self.shuffled else 1
        if self.shuffled and self.shared:
            w = None if rows.w is None else np.empty_like(rows.w, shape=(1, self.ahead * self.size))
            self.gathered = Rows(
                np.empty_like(rows.x, shape=(self.ahead * self.size, rows.x.shape[1]), subok=False),
                np.empty_like(rows.t, shape=(len(rows.t), self.ahead * self.size)),
                w,
                m,
            )
            self.ready = [self._cut(self.gathered, *step) for step in spans(self.ahead * self.size, self.size)]
            self.last = self._cut(self.gathered, *self._place(len(self.steps) - 1))
        elif not self.shuffled:
            self.ready = [self._cut(rows, 0, m)]
            self.last = self.ready[0]

    def start(self, epoch: int) -> None:
        """Draw the permutations of an epoch."""
        if not self.shuffled:
            return
        if self.shared:
            del self.order  # of the epoch before: of many rows it is as much memory as the new one
            self.order = permutation(self.seeds[0], epoch, len(self.rows))
        else:
            orders = {seed: permutation(seed, epoch, len(self.rows)) for seed in self.distinct}
            self.orders = np.stack([orders[seed] for seed in self.seeds])

    def step(self, number: int) -> list[Batch]:
        """The blocks of one step; steps are asked for in order."""
        if self.shuffled and not self.shared:
            start, stop = self.steps[number]
            return [self._gather(self.orders[:, start + a : start + b]) for a, b in spans(stop - start, BLOCK)]
        place = number % self.ahead
        if self.shuffled and place == 0:
            self._fill(number)
        return self.last if number == len(self.steps) - 1 else self.ready[place]

    def _fill(self, number: int) -> None:
        """Gather the rows of the steps from this one on."""
        first, last = self.steps[number], self.steps[min(number + self.ahead, len(self.steps)) - 1]
        order, into = self.order[first[0] : last[1]], self.gathered
        # mode="clip" writes straight into out; the default would go through a buffer.
        np.take(self.rows.x, order, axis=0, out=into.x[: len(order)], mode="clip")
        np.take(self.rows.t, order, axis=1, out=into.t[:, : len(order)], mode="clip")
        if self.rows.w is not None and into.w is not None:
            np.take(self.rows.w, order, axis=1, out=into.w[:, : len(order)], mode="clip")

    def _place(self, number: int) -> tuple[int, int]:
        """Where a step's rows lie among those gathered with it."""
        start, stop = self.steps[number]
        begin = number % self.ahead * self.size
        return begin, begin + stop - start

    def _cut(self, rows: Rows, start: int, stop: int) -> list[Batch]:
        return [
            Batch(rows.x[None, a:b], rows.t[None, :, a:b], None if rows.w is None else rows.w[None, :, a:b])
            for a, b in ((start + a, start + b) for a, b in spans(stop - start, BLOCK))
        ]

    def _gather(self, index: Array) -> Batch:
        rows = self.rows
        x = np.take(rows.x, index, axis=0, mode="clip")
        t = np.take(rows.t, index, axis=1, mode="clip").transpose(1, 0, 2)
        w = None if rows.w is None else np.take(rows.w, index, axis=1, mode="clip").transpose(1, 0, 2)
        return Batch(x, t, w)


def _bytes_of_row(rows: Rows) -> int:
    columns = rows.x.shape[1] + len(rows.t) + (rows.w is not None)
    return int(columns * rows.x.itemsize)
