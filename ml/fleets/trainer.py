"""The steps of an epoch: gradient, penalty, clipping, update."""

from collections.abc import Sequence
from time import time
from typing import NamedTuple

import numpy as np

from descent.ml.fleets.feed import Feed
from descent.ml.fleets.fleet import Fleet
from descent.ml.network.blocks import spans
from descent.ml.network.layout import Array, LayerViews
from descent.ml.network.program import Program
from descent.ml.optimizers.rates import rate_factors
from descent.ml.optimizers.rules import RULES
from descent.ml.optimizers.settings import Settings, hyperparameters

_CACHE = 1 << 17
"""Bytes of one array that an optimizer's passes cover at a time, so that all of them find it in the L2 cache."""


class Tile(NamedTuple):
    """A part of the stack's flat arrays, as views; ``variants`` is its place on the axis V."""

    variants: slice
    p: Array
    g: Array
    slots: tuple[Array, ...]
    scratch: Array
    decay: Array | None
    factors: Array | None
    """On the learning rate, by parameter."""
    rates: Array | None
    """Room for rate times factors."""


class Trainer:
    """Runs epochs of one fleet; made anew when variants leave."""

    def __init__(
        self, program: Program, optimizer: str, settings: Sequence[Settings], fleet: Fleet, feed: Feed, mass: float
    ):
        model = program.model
        self.rule, self.fleet, self.feed = RULES[optimizer], fleet, feed
        self.settings = [settings[i] for i in fleet.ids]
        # Where all variants agree one number is enough, (1,), and in the end an array without axes: NumPy's fastest.
        given = hyperparameters(optimizer, self.settings)
        self.hyper = {name: values[:1] if (values == values[0]).all() else values for name, values in given.items()}
        self.dtype = fleet.parameters.dtype.name
        V = len(self.settings)
        self.program = program
        self.views = LayerViews(model.layout, fleet.parameters)
        self.gradient = np.empty_like(fleet.parameters)
        self.gradient_views = LayerViews(model.layout, self.gradient)
        self.totals = np.empty((len(feed.steps), V), self.dtype)
        lam = np.array([one.lam for one in self.settings])[:, None]
        self.decay = (lam / mass * model.layout.penalised).astype(self.dtype) if lam.any() else None
        limits = [np.inf if one.clip_norm is None else one.clip_norm for one in self.settings]
        self.limits = np.array(limits, self.dtype) if min(limits) < np.inf else None
        factors = rate_factors(model, self.settings)
        self.factors = None if factors is None else np.broadcast_to(factors.astype(self.dtype), self.gradient.shape)
        self.tiles = self._tiles()

    def epoch(self, number: int, epochs: int, deadline: float | None = None) -> Array | None:
        """Train one epoch (counted from 0) of ``epochs``; returns the mean over its rows of the costs seen, (V,).

        None if the ``deadline``, a time of `time.time`, passed before its last step.
        """
        columns = self._columns(number, epochs)
        self.feed.start(number)
        if self.program.noise is not None:
            self.program.noise.start(number)
        for step, total in enumerate(self.totals):
            if deadline is not None and time() >= deadline:
                return None
            self.program.gradient(self.views, self.feed.step(step), self.gradient, self.gradient_views, total)
            self._update(*columns[step])
        self.fleet.step += len(self.totals)
        # Each variant's steps as one contiguous row: along the other axis NumPy adds in an order that depends on V.
        costs = np.ascontiguousarray(self.totals.T, np.float64)
        return np.asarray(costs.sum(axis=1) / len(self.feed.rows))

    def _update(self, rate: Array, columns: tuple[Array, ...]) -> None:
        rule = self.rule
        if self.limits is not None:
            self._penalise_and_clip()
        for variants, p, g, slots, scratch, decay, factors, rates in self.tiles:
            if decay is not None and rule.decoupled:
                np.multiply(p, decay, out=scratch)
                scratch *= rate[variants] if rate.ndim else rate
                if factors is not None:
                    scratch *= factors
                p -= scratch
            elif decay is not None and self.limits is None:
                np.multiply(p, decay, out=scratch)
                g += scratch
            own = columns if len(self.tiles) == 1 else tuple(c[variants] if c.ndim else c for c in columns)
            if factors is not None:  # the first column of every rule multiplies the whole step
                own = (np.multiply(factors, own[0], out=rates), *own[1:])
            rule.update(p, g, slots, scratch, *own)

    def _penalise_and_clip(self) -> None:
        """Scale the gradient of each variant, its penalty included, to its limit."""
        if self.decay is not None and not self.rule.decoupled:
            for tile in self.tiles:
                assert tile.decay is not None
                tile.g[...] += np.multiply(tile.p, tile.decay, out=tile.scratch)
        assert self.limits is not None
        norms = np.sqrt(np.vecdot(self.gradient, self.gradient))
        self.gradient *= np.minimum(self.limits / norms, 1)[:, None]

    def _columns(self, number: int, epochs: int) -> list[tuple[Array, tuple[Array, ...]]]:
        """For every step of an epoch: the learning rate, and the rule's columns."""
        steps = len(self.totals)
        rate = self.hyper["learning_rate"][None]
        schedules = [one.schedule for one in self.settings]
        if any(schedules):
            alike = rate.shape[1] == len(set(schedules)) == 1
            rate = np.tile(np.broadcast_to(rate, (1, 1 if alike else len(schedules))), (steps, 1))
            for column, schedule in zip(rate.T, schedules, strict=False):
                column *= 1 if schedule is None else schedule.factors(number, steps, epochs)
        counts = self.fleet.step + np.arange(1, steps + 1)[:, None]
        tables = []
        for table in (rate, *self.rule.columns(self.hyper, rate, counts)):
            full = np.asarray(table, self.dtype)  # (steps or 1, V or 1), or (V or 1,)
            full = full[None] if full.ndim == 1 else full
            rows = [row[0, ...] if len(row) == 1 else row[:, None] for row in full]
            tables.append(rows if len(rows) == steps else rows * steps)
        return [(row[0], row[1:]) for row in zip(*tables, strict=True)]

    def _tiles(self) -> list[Tile]:
        V, P = self.fleet.parameters.shape
        width = max(1, _CACHE // self.gradient.itemsize)
        return [
            self._tile(
                slice(*rows), slice(*columns), np.empty((rows[1] - rows[0], columns[1] - columns[0]), self.dtype)
            )
            for rows in spans(V, max(1, width // P))
            for columns in spans(P, width)
        ]

    def _tile(self, rows: slice, columns: slice, scratch: Array) -> Tile:
        fleet = self.fleet
        return Tile(
            rows,
            fleet.parameters[rows, columns],
            self.gradient[rows, columns],
            tuple(slot[rows, columns] for slot in fleet.slots),
            scratch,
            None if self.decay is None else self.decay[rows, columns],
            None if self.factors is None else self.factors[rows, columns],
            None if self.factors is None else np.empty_like(scratch),
        )
