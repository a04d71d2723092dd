"""Gathering what a diagnosis measures: the winner on parts of the training rows, and what could be tried, on halves.

All of it are chunks of the same machinery in the same worker processes, on train and cv rows alone. One training on
each of two halves costs as much as one training; all λ of a model are one chunk.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.chunks import ChunkResult
from ml.measured import Measured, Reference
from ml.observations import Observations
from ml.options import options
from ml.power_law import PowerLaw, fit_power_law
from ml.replicates import Replicates, disjoint_parts, jackknife, replicates, row_costs
from schemas import FeatureSettings, Variant, fleet_key

from .baselines import dummy_outputs
from .changes import Change, changes
from .errors import RunError
from .inputs import Indices, Matrices, Parts, Question, featurise
from .models import model_of
from .selection import Entry
from .training import submit

Array = NDArray[Any]

FEWEST = 16
"""Parts of fewer training rows say nothing about all of them."""
PARTS = ((8, 4), (4, 4))
"""Beside the halves: the training rows in this many parts, and how many of them are used."""
FOLDS = 10
"""Parts that are left out in turn, of linear models."""
FAMILIES = 2
"""Other families of the leaderboard that the level may be taken from."""


@dataclass(frozen=True)
class Gathered:
    """Observations with what was measured, and the changes that were tried by remedy."""

    seen: Observations
    changes: Mapping[str, Change]


def gather(
    seen: Observations, winner: Entry, board: Sequence[Entry], question: Question, parts: Parts,
    matrices: Mapping[FeatureSettings, Matrices], executor: Executor, scratch: Path,
) -> Gathered:  # fmt: skip
    """Train the winner on halves, quarters and eighths, and every open change and rival on halves; measure them.

    Where there are too few rows, or the winner diverges on its halves, the observations stay as they are.
    """
    made = changes(winner, list(options(seen)), question, len(parts.frame), seen.columns)
    if len(parts.train) < 2 * FEWEST:
        return Gathered(seen, {one.option.remedy: one for one in made})
    work = _Work(question, parts, dict(matrices), executor, scratch)
    rivals = _rivals(winner, board)
    lone = replace(winner.variant, name="winner")
    sought = [lone, *(v for change in made for v in change.variants), *(entry.variant for entry in rivals)]
    halves = work.train(sought, 2, 2)
    smaller = [work.train([lone], parts_of, used) for parts_of, used in PARTS if len(parts.train) // parts_of >= FEWEST]
    whole = work.whole(winner.variant)
    left_out = work.leave_out(lone, FOLDS) if not lone.layers else []
    found = {variant.name: work.measure(variant.name, halves) for variant in sought}
    own, outputs = found.pop("winner"), whole.result()
    if own is None or not outputs.outputs_cv or outputs.outcomes[0].status == "diverged":
        return Gathered(seen, {one.option.remedy: one for one in made})
    curve = [one for one in (work.measure("winner", jobs) for jobs in smaller) if one is not None]
    tested: dict[str, list[Replicates]] = {
        change.option.remedy: [one for v in change.variants if (one := found[v.name]) is not None] for change in made
    }
    measured = Measured(
        rows=len(parts.train),
        train=seen.cost_train,
        costs=work.costs(outputs.outputs_cv[0]),
        costs_dummy=work.costs_dummy,
        parts=(*curve, own),
        references=[Reference(name, one) for name, one in found.items() if one is not None],
        level=seen.level,
        jackknife=work.jackknife(left_out),
        cost_dummy=work.cost_dummy,
    )
    return Gathered(
        replace(seen, measured=measured, tested=tested, law=_law(measured)), {one.option.remedy: one for one in made}
    )


def costs_of(
    variant: Variant, question: Question, matrices: Mapping[FeatureSettings, Matrices], executor: Executor
) -> Array:
    """Cost on every cv row (m,), in the target's units, of a variant trained on all training rows."""
    mine = matrices[variant.features]
    model = model_of(variant, mine.width, mine.target.outputs, question.task)
    found = submit(executor, model, [variant], mine.sources, dtype=question.config.compute.dtype, metrics=(),
                   keep_outputs=True).result()  # fmt: skip
    y_cv = np.asarray(mine.sources.open().y_cv)
    return row_costs(question.task, y_cv, found.outputs_cv[0]) * mine.target.cost_in_units(1.0)


def _rivals(winner: Entry, board: Sequence[Entry]) -> list[Entry]:
    """The best entry of every other architecture and degree, the best of them; what diverged is none."""
    families: dict[object, Entry] = {}
    mine = (winner.variant.layers, winner.variant.features.degree)
    for entry in sorted(board, key=lambda one: one.cost_cv):
        family = (entry.variant.layers, entry.variant.features.degree)
        if family != mine and entry.compares_with(winner):
            families.setdefault(family, entry)
    return list(families.values())[:FAMILIES]


def _law(measured: Measured) -> PowerLaw:
    """The power law through the winner's learning curve; replicates give the errors, all rows' is that of a half."""
    halves = measured.parts[-1]
    spread = max(halves.spread, 1e-3 * halves.cost, 1e-12)
    rows = [*(part.rows for part in measured.parts), measured.rows]
    costs = [*(part.cost for part in measured.parts), float(measured.costs.mean())]
    errors = [max(part.spread, 0.5 * spread) / np.sqrt(part.count) for part in measured.parts]
    return fit_power_law(rows, costs, [*errors, spread / 2])


class _Work:
    """Trainings under way, by part of the rows."""

    def __init__(
        self, question: Question, parts: Parts, matrices: dict[FeatureSettings, Matrices], executor: Executor,
        folder: Path,
    ):  # fmt: skip
        self.question, self.parts, self.matrices = question, parts, matrices
        self.executor, self.folder = executor, folder
        first = next(iter(matrices.values()))
        arrays = first.sources.open()
        self.y, self.y_cv, self.target = np.asarray(arrays.y), np.asarray(arrays.y_cv), first.target
        self.unit = self.target.cost_in_units(1.0)
        dummy = dummy_outputs(question.task, self.y, len(question.inference.classes), len(self.y_cv))
        self.costs_dummy = self.costs(dummy)
        all_rows = np.concatenate([self.y, self.y_cv])
        dummy = dummy_outputs(question.task, self.y, len(question.inference.classes), len(all_rows))
        self.cost_dummy = float(row_costs(question.task, all_rows, dummy).mean()) * self.unit

    def costs(self, outputs: Array) -> Array:
        """Cost on every cv row (m,), in the target's units."""
        return row_costs(self.question.task, self.y_cv, outputs) * self.unit

    def train(self, variants: Sequence[Variant], count: int, used: int) -> list[tuple[tuple[str, ...], int, Any]]:
        """Submit variants, those of one fleet together, on the first ``used`` of ``count`` disjoint parts."""
        fleets: dict[object, list[Variant]] = {}
        for variant in variants:
            fleets.setdefault(fleet_key(variant), []).append(variant)
        jobs = []
        for number, rows in enumerate(self._parts(count)[:used], start=1):
            for members in fleets.values():
                names = tuple(member.name for member in members)
                # What the initial weights and the order of batches do by chance is variance as well.
                seeded = [replace(member, seed=member.seed + number) for member in members]
                jobs.append((names, len(rows), self._submit(seeded, rows)))
        return jobs

    def whole(self, variant: Variant) -> "Future[ChunkResult]":
        """The winner once more on all rows: its outputs were not kept."""
        return self._submit([variant], None)

    def leave_out(self, variant: Variant, count: int) -> "list[Future[ChunkResult]]":
        """A variant on all training rows but each of ``count`` parts."""
        everyone = np.arange(len(self.y))
        rest = [np.setdiff1d(everyone, part) for part in self._parts(count)]
        if self.question.task != "regression" and any(len(np.unique(self.y[rows])) < 2 for rows in rest):
            return []
        return [self._submit([variant], rows) for rows in rest]

    def jackknife(self, jobs: "list[Future[ChunkResult]]") -> float | None:
        """The variance that they show; None without jobs or where one diverged."""
        results = [job.result() for job in jobs]
        if len(results) < 2 or any(one.outcomes[0].status in ("diverged", "interrupted") for one in results):
            return None
        return jackknife(self.question.task, self.y_cv, [one.outputs_cv[0] for one in results], self.unit)

    def measure(self, name: str, jobs: list[tuple[tuple[str, ...], int, Any]]) -> Replicates | None:
        """What the jobs say of one variant; None where it diverged in one."""
        outputs, train, rows = [], [], 0
        for names, size, future in jobs:
            if name not in names:
                continue
            result: ChunkResult = future.result()
            place = names.index(name)
            outcome = result.outcomes[place]
            if outcome.status == "interrupted":
                raise RunError(f"{name}: a training for the diagnosis was interrupted")
            if outcome.status == "diverged" or not np.isfinite(result.outputs_cv[place]).all():
                return None
            outputs.append(result.outputs_cv[place])
            train.append(outcome.cost_train)
            rows = size
        if len(outputs) < 2:
            return None
        return replicates(self.question.task, self.y_cv, outputs, rows, train, self.unit)

    def _submit(self, variants: Sequence[Variant], rows: Indices | None) -> "Future[ChunkResult]":
        matrices = self._features(variants[0].features)
        model = model_of(variants[0], matrices.width, matrices.target.outputs, self.question.task)
        return submit(
            self.executor, model, variants, matrices.sources, dtype=self.question.config.compute.dtype, metrics=(),
            rows=rows, keep_outputs=True,
        )  # fmt: skip

    def _features(self, settings: FeatureSettings) -> Matrices:
        if settings not in self.matrices:
            folder = self.folder / f"evidence-{len(self.matrices)}"
            parts = self.parts
            self.matrices[settings] = featurise(settings, self.question, parts, parts.train, parts.cv, folder)
        return self.matrices[settings]

    def _parts(self, count: int) -> list[Indices]:
        strata = self.y if self.question.task != "regression" else np.zeros(len(self.y))
        group, groups = self.question.inference.group, None
        if group is not None:
            groups = pd.factorize(self.parts.frame[group].iloc[self.parts.train])[0]
        parts = disjoint_parts(strata, groups, count, self.question.config.split.seed)
        if self.question.task == "regression":
            return parts
        return [part for part in parts if len(np.unique(self.y[part])) > 1]  # nothing is learned from one class
