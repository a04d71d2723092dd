"""How long a plan will take: measured in place, on a few steps of each fleet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from descent.flows.run.study import Study
from descent.flows.search.balance import pieces, sizes, spread
from descent.flows.search.halving import survivors
from descent.flows.search.plan import Plan, PlannedChunk, PlannedFleet
from descent.flows.search.work import work_of
from descent.flows.table.question import Question
from descent.ml.probing import probe_pair


@dataclass(frozen=True)
class Estimate:
    """Seconds: ``train`` for all rungs if no variant stops early, ``after`` for folds and refit.

    ``costs`` are, by the fleet's number, the seconds of an epoch of one variant and of each further one trained with it
    (of newton's whole training).
    """

    train: float
    after: float
    costs: Mapping[int, tuple[float, float]]

    def seconds(self, fleet: PlannedFleet, variants: float, epochs: int) -> float:
        """Of so many variants of a fleet trained as one chunk."""
        alone, more = self.costs[fleet.number]
        return (alone + max(0.0, variants - 1) * more) * (1 if fleet.kind == "newton" else epochs)

    def share(self, chunks: Sequence[PlannedChunk], place: int, workers: int) -> float:
        """The share of the time left that the chunk at ``place`` may take, so that those after it get theirs."""
        sizes = [self.seconds(one.fleet, len(one.variants), one.epochs) for one in chunks[place:]]
        whole = sizes[0] + sum(sizes[1:]) / workers
        return sizes[0] / whole if whole else 1.0

    def __str__(self) -> str:
        return (
            f"about {_minutes(self.train)} if no variant stops early, then {_minutes(self.after)} for folds and refit"
        )


def estimate(plan: Plan, study: Study) -> Estimate:
    """Probe every fleet's first chunk in the workers, and add up."""
    question, workers = study.question, study.workers
    first = {chunk.fleet.number: chunk for chunk in reversed(plan.chunks)}
    works = [
        work_of(fleet.model, first[fleet.number].variants, study.swept(fleet.features).sources, dtype=study.dtype)
        for fleet in plan.fleets
    ]
    costs = {fleet.number: cost for fleet, cost in zip(plan.fleets, study.executor.map(probe_pair, works), strict=True)}
    blank = Estimate(0.0, 0.0, costs)
    return Estimate(_train(plan, blank, workers), _after(plan, blank, question, workers), costs)


def _train(plan: Plan, costs: Estimate, workers: int) -> float:
    """The rungs one after the other, each with its chunks spread over the workers.

    Which variants go on is not known: each fleet is taken to keep its share.
    """
    times = []
    for chunk in plan.chunks:
        epochs = chunk.epochs if chunk.fleet.is_solver else plan.rungs[0]
        times.append(costs.seconds(chunk.fleet, len(chunk.variants), epochs))
    total = spread(times, workers)
    fleets = [fleet for fleet in plan.fleets if not fleet.is_solver]
    start = running = sum(len(fleet.variants) for fleet in fleets)
    for before, rung in pairwise(plan.rungs):
        running = survivors(running, plan.eta)
        ends = [round(sum(len(one.variants) for one in fleets[: i + 1]) * running / start) for i in range(len(fleets))]
        counts = [end - begin for begin, end in pairwise([0, *ends])]

        def seconds(place: int, variants: float, epochs: int = rung - before) -> float:
            return costs.seconds(fleets[place], variants, epochs)

        cut = pieces(counts, [fleet.most for fleet in fleets], seconds, workers)
        times = [seconds(i, size) for i, number in enumerate(cut) if number for size in sizes(counts[i], number)]
        total += spread(sorted(times, reverse=True), workers)
    return total


def _after(plan: Plan, costs: Estimate, question: Question, workers: int) -> float:
    """The finalists alone on every fold, and the refit: as if they were average variants."""
    folds, finalists = question.folds, question.config.validation.finalists
    trainings = folds * question.repeats
    alone = [costs.seconds(fleet, 1, fleet.variants[0].epochs) for fleet in plan.fleets for _ in fleet.variants]
    rows = 1 + question.config.split.cv / question.config.split.train
    mean = rows * sum(alone) / len(alone)
    count = min(finalists, len(alone)) * trainings
    return mean * (1 - 1 / folds if folds else 0.0) * count / workers + mean


def _minutes(seconds: float) -> str:
    if seconds < 1:
        return "a second"
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.1f} minutes"
