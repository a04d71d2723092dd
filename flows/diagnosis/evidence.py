"""Gathering what a diagnosis measures: the winner on parts of the training rows, and what could be tried, on halves.

All of it are chunks of the same machinery in the same worker processes, on train and cv rows alone. One training on
each of two halves costs as much as one training; all λ of a model are one chunk.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from descent.flows.diagnosis.changes import Change, changes
from descent.flows.errors import RunError
from descent.flows.evaluation.baselines import dummy_outputs
from descent.flows.run.study import Study
from descent.flows.search.leaderboard import Entry
from descent.flows.search.work import model_for, submit
from descent.flows.table.matrices import Indices, Matrices
from descent.ml.chunks import ChunkResult
from descent.ml.diagnosis.measured import Measured, Reference
from descent.ml.diagnosis.observations import Observations
from descent.ml.diagnosis.power_law import PowerLaw, fit_power_law
from descent.ml.diagnosis.remedies import options
from descent.ml.diagnosis.replicates import Replicates, disjoint_parts, of_chance, replicates
from descent.ml.diagnosis.sandwich import Fit, sandwich
from descent.ml.machine.threads import one_thread
from descent.ml.prediction import outputs
from descent.ml.statistics.rows import row_costs
from descent.schemas import FeatureSettings, Variant, fleet_key

Array = NDArray[Any]

FEWEST = 16
"""Parts of fewer training rows say nothing about all of them."""
PARTS, USED = (8, 4), 4
"""Beside the halves: the training rows in this many parts, and how many of them are used."""
SEEDS, SEEDS_OF_PARTS = 4, 2
"""Models of the same rows that differ in their random numbers: of all training rows, and of each part."""
MANY = 8_000
"""With so many training rows two parts of each size and two models of all rows are enough: the variance is a mean over
the cv rows, of which there are many as well. That saves as much as three and a half trainings on all rows."""
STACK = "a stack of other kinds of models"
LEAST_EPOCHS = 30
"""Epochs of a sample that make up for the updates that so few of all rows had; see `long_enough`."""
FAMILIES = 2
"""Other families of the leaderboard that the level may be taken from."""


@dataclass(frozen=True)
class Gathered:
    """Observations with what was measured, and the changes that were tried by remedy."""

    seen: Observations
    changes: Mapping[str, Change]


def gather(seen: Observations, winner: Entry, board: Sequence[Entry], study: Study) -> Gathered:
    """Train the winner on halves, quarters and eighths, and every open change and rival on halves; measure them.

    Where there are too few rows, or the winner diverges on its halves, the observations stay as they are.
    """
    question, parts = study.question, study.parts
    made = changes(winner, list(options(seen)), question, len(parts.frame), seen.columns)
    if len(parts.train) < 2 * FEWEST:
        return Gathered(seen, {one.option.remedy: one for one in made})
    work = _Work(study, study.swept(winner.variant.features))
    rivals = _rivals(winner, board)
    lone = replace(winner.variant, name="winner")
    sought = [lone, *(v for change in made for v in change.variants), *(entry.variant for entry in rivals)]
    again = 1 if _is_exact(lone) else SEEDS_OF_PARTS
    used, seeds = (2, 2) if len(parts.train) >= MANY else (USED, SEEDS)
    halves = work.train(sought, 2, 2, {"winner": again})
    smaller = [
        work.train([lone], count, used, {"winner": again}) for count in PARTS if len(parts.train) // count >= FEWEST
    ]
    whole = work.whole(winner.variant, 1 if _is_exact(lone) else seeds)
    stack = work.stack(winner.variant.features)
    found = {variant.name: work.measure(variant.name, halves) for variant in sought}
    own, results = found.pop("winner"), whole.result()
    kept = [z for z, one in zip(results.outputs_cv, results.outcomes, strict=True) if one.status != "diverged"]
    if own is None or not results.outputs_cv or results.outcomes[0].status == "diverged":
        return Gathered(seen, {one.option.remedy: one for one in made})
    curve = [one for one in (work.measure("winner", jobs) for jobs in smaller) if one is not None]
    tested: dict[str, list[Replicates]] = {
        change.option.remedy: [one for v in change.variants if (one := found[v.name]) is not None] for change in made
    }
    references = [Reference(name, one.beyond) for name, one in found.items() if one is not None]
    measured = Measured(
        rows=len(parts.train),
        train=seen.cost_train,
        costs=np.mean([work.costs(z) for z in kept], axis=0),
        costs_dummy=work.costs_dummy,
        parts=(*curve, own),
        references=references if stack is None else [*references, stack],
        level=seen.level,
        chance=of_chance(question.task, work.y_cv, kept, work.unit),
        fit=work.fit(lone, results) if _is_exact(lone) else None,
        cost_dummy=work.cost_dummy,
    )
    return Gathered(
        replace(seen, measured=measured, tested=tested, law=_law(measured)), {one.option.remedy: one for one in made}
    )


def costs_of(variant: Variant, study: Study) -> Array:
    """Cost on every cv row (m,), in the target's units, of a variant trained on all training rows."""
    mine = study.swept(variant.features)
    found = submit(study, [variant], mine, metrics=(), keep_outputs=True).result()
    y_cv = np.asarray(mine.sources.open().y_cv)
    return row_costs(study.question.task, y_cv, found.outputs_cv[0]) * mine.target.cost_in_units(1.0)


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


def _is_exact(variant: Variant) -> bool:
    """Whether training is no matter of chance and ends in the minimum of the cost."""
    return not variant.layers and variant.optimizer.is_solver


def long_enough(variant: Variant, times: float) -> Variant:
    """A variant as it is trained on a sample of ``times`` as many rows: for as many updates as there, within limits.

    The epochs of the search may be few because the rows are many: two of 12 million are 80 of 300,000.
    """
    if variant.batch == "full" or variant.optimizer.is_solver:
        return variant
    return replace(variant, epochs=max(variant.epochs, min(ceil(variant.epochs * times), LEAST_EPOCHS)))


_Job = tuple[tuple[str, ...], int, "Future[ChunkResult]"]
"""The names of the variants of a chunk, how many rows they learn from, and what comes of it."""


class _Work:
    """Trainings under way, by part of the rows."""

    def __init__(self, study: Study, first: Matrices) -> None:
        self.study, self.question, self.parts = study, study.question, study.parts
        question = study.question
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

    def train(self, variants: Sequence[Variant], count: int, used: int, seeds: Mapping[str, int]) -> list[_Job]:
        """Submit variants, those of one fleet together, on the first ``used`` of ``count`` disjoint parts.

        ``seeds`` says by name how many models of each part there are, where it is not one. λ is to a part what it is
        to all rows, λ/m: the same λ would bind a part more, so that bias rose and variance no longer fell with 1/m.
        """
        fleets: dict[object, list[Variant]] = {}
        for variant in variants:
            fleets.setdefault(fleet_key(variant), []).append(variant)
        jobs = []
        for number, rows in enumerate(self._parts(count)[:used], start=1):
            share = len(rows) / len(self.parts.train)
            for members in fleets.values():
                # What the initial weights and the order of batches do by chance is variance as well.
                seeded = [
                    replace(member, seed=member.seed + number + 100 * again, lambda_=member.lambda_ * share)
                    for member in members
                    for again in range(seeds.get(member.name, 1))
                ]
                names = tuple(member.name for member in seeded)
                jobs.append((names, len(rows), self._submit(seeded, rows)))
        return jobs

    def whole(self, variant: Variant, seeds: int) -> "Future[ChunkResult]":
        """The winner once more on all rows, as its outputs were not kept; and with other random numbers beside it."""
        return self._submit([replace(variant, seed=variant.seed + 1000 * number) for number in range(seeds)], None)

    def stack(self, settings: FeatureSettings) -> Reference | None:
        """Models of other kinds on all training rows; their variance is not known and stays in.

        None where the training rows are of one class or no column varies. What they say of training rows is left out
        where the split is not by chance, because their folds are.
        """
        from descent.data.references.stack import (  # loads SciPy's BLAS: `one_thread` reaches what is loaded
            VARIES,
            stacked_outputs,
        )

        task, inference = self.question.task, self.question.inference
        x, x_cv = _columns(self.study.swept(replace(settings, degree=1, interaction_only=False)))
        if len(np.unique(self.y)) < 2 or not (x.std(axis=0) > VARIES).any():
            return None
        seed = self.question.config.split.seed
        with one_thread():  # the processors are full of training: a second thread mostly waits, at its price
            found = stacked_outputs(task, x, self.y, x_cv, len(inference.classes), seed)
        costs = self.costs(found.held)
        half = np.mean([self.costs(z) for z in found.held_half], axis=0)
        if found.train_half is None or not inference.by_chance:
            return Reference(STACK, costs, half)
        return Reference(STACK, costs, half, row_costs(task, self.y, found.train_half) * self.unit)

    def fit(self, variant: Variant, whole: ChunkResult) -> Fit | None:
        """What is known of a linear model that a solver trained."""
        matrices = self.study.swept(variant.features)
        x, x_cv = _columns(matrices)
        model = model_for(self.study, variant, matrices)
        z = outputs(model, whole.outcomes[0].parameters, x)
        return sandwich(self.question.task, x, self.y, z, x_cv, whole.outputs_cv[0], variant.lambda_, self.unit)

    def measure(self, name: str, jobs: "list[_Job]") -> Replicates | None:
        """What the jobs say of one variant; None where it diverged in one."""
        found, train, rows, parts = [], [], 0, 0
        for names, size, future in jobs:
            if name not in names:
                continue
            result: ChunkResult = future.result()
            for place in (place for place, member in enumerate(names) if member == name):
                outcome = result.outcomes[place]
                if outcome.status == "interrupted":
                    raise RunError(f"{name}: a training for the diagnosis was interrupted")
                if outcome.status == "diverged" or not np.isfinite(result.outputs_cv[place]).all():
                    return None
                found.append(result.outputs_cv[place])
                train.append(outcome.cost_train)
            rows, parts = size, parts + 1
        if parts < 2:
            return None
        return replicates(self.question.task, self.y_cv, found, rows, train, self.unit, seeds=len(found) // parts)

    def _submit(self, variants: Sequence[Variant], rows: Indices | None) -> "Future[ChunkResult]":
        times = self.parts.sizes["train"] / len(self.parts.train)  # as many rows as in memory: 1, unless it is a sample
        variants = [long_enough(variant, times) for variant in variants]
        matrices = self.study.swept(variants[0].features)
        return submit(self.study, variants, matrices, metrics=(), rows=rows, keep_outputs=True)

    def _parts(self, count: int) -> list[Indices]:
        strata = self.y if self.question.task != "regression" else np.zeros(len(self.y))
        group, groups = self.question.inference.group, None
        if group is not None:
            groups = pd.factorize(self.parts.frame[group].iloc[self.parts.train])[0]
        parts = disjoint_parts(strata, groups, count, self.question.config.split.seed)
        if self.question.task == "regression":
            return parts
        return [part for part in parts if len(np.unique(self.y[part])) > 1]  # nothing is learned from one class


def _columns(matrices: Matrices) -> tuple[NDArray[Any], NDArray[Any]]:
    """Training and cv rows without the column of ones that they have in files."""
    arrays = matrices.sources.open()
    return np.asarray(arrays.x)[:, : matrices.width], np.asarray(arrays.x_cv)[:, : matrices.width]
