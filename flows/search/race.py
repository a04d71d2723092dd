"""The training of a search: rung after rung of chunks, each going on from where the better variants of the last stand.

A grid is one rung. A halving has several (`flows.search.halving`): the chunks of a rung train in different processes
and leave their states in the run's workspace; variants are compared across all of them, and those that go on are cut
into new chunks, which gather their states (`ml.fleets.resuming`). What a budget ends is marked so.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from time import time

from descent.flows.run.progress import finish
from descent.flows.run.study import Study
from descent.flows.search.balance import pieces, sizes
from descent.flows.search.cost import Estimate
from descent.flows.search.halving import affordable, survivors
from descent.flows.search.leaderboard import Entry, rank
from descent.flows.search.plan import Plan, PlannedChunk, cut

State = tuple[Path, int]


@dataclass(frozen=True)
class Trained:
    """A variant after a rung: what it reached, its place in the progress file, and where its state is if it paused."""

    entry: Entry
    slot: int
    state: State | None


@dataclass(frozen=True)
class Rung:
    """One comparison: ``variants`` trained up to ``epochs``, of which ``kept`` went on."""

    epochs: int
    variants: int
    kept: int


class Race:
    """Where a search stands: ``chunks`` to train now (none: it is over), ``entries`` of what has ended.

    In the progress file what is cut counts as done.
    """

    def __init__(self, plan: Plan, study: Study, estimate: Estimate) -> None:
        self.entries: list[Entry] = []
        self.rungs: list[Rung] = []
        self._plan, self._estimate, self._workers = plan, estimate, study.workers
        self._metric, self._greater = study.question.metric, study.question.greater_is_better
        self._search, self._seed = study.question.config.search, study.question.config.split.seed
        budget = self._search.budget
        self._left = None if budget is None else budget.epochs
        self.deadline: float | None = None
        if budget is not None and budget.minutes is not None:
            whole = estimate.train + estimate.after
            self.deadline = time() + 60 * budget.minutes * (estimate.train / whole if whole else 1.0)
        self._reached, self._progress = 0, study.progress
        self.chunks = self._next(plan.chunks)

    def advance(self, trained: Sequence[Trained]) -> list[Entry]:
        """Take in what a rung's chunks brought, and set out the next; returns the entries that it cut."""
        running = [one for one in trained if one.entry.status == "paused"]
        self.entries += [_budgeted(one.entry) for one in trained if one.entry.status != "paused"]
        if self._left is not None:
            began = self._reached
            self._left -= sum(
                max(0, one.entry.epochs - began) for one in trained if not one.entry.variant.optimizer.is_solver
            )
        at, last = self.chunks[0].rung, len(self._plan.rungs) - 1
        self._reached = max((one.entry.epochs for one in running), default=0)
        on: list[Trained] = []
        if at < last and self._reached == self._plan.rungs[at]:
            ranked = rank([one.entry for one in running], self._metric, self._greater)
            better = {id(entry) for entry in ranked[: survivors(len(running), self._plan.eta)]}
            on = [one for one in running if id(one.entry) in better]
        racing = sum(not one.entry.variant.optimizer.is_solver for one in trained)
        self.rungs.append(Rung(self._plan.rungs[at], racing, len(on)))
        self.chunks = self._next(self._cut(on, at + 1)) if on else ()
        gone = running if not self.chunks else [one for one in running if one not in on]
        finish(self._progress, [one.slot for one in gone])
        cause = "halved" if self.chunks else "budget"
        ended = [_ended(one.entry, cause, at + 1) for one in gone]
        self.entries += ended
        return ended

    def _cut(self, on: Sequence[Trained], rung: int) -> tuple[PlannedChunk, ...]:
        """Chunks of those that go on, the longest first."""
        fleets = self._plan.fleets
        mine = [
            sorted((one for one in on if one.entry.fleet == fleet.number), key=lambda one: one.slot) for fleet in fleets
        ]
        counts = [len(members) for members in mine]

        def seconds(place: int, variants: float) -> float:
            return self._estimate.seconds(fleets[place], variants, 1)

        chunks: list[PlannedChunk] = []
        cuts = pieces(counts, [fleet.most for fleet in fleets], seconds, self._workers)
        for fleet, members, number in zip(fleets, mine, cuts, strict=True):
            states = {one.slot: one.state for one in members if one.state is not None}
            even = sizes(len(members), number) if members else ()
            for chunk in cut(fleet, [one.entry.variant for one in members], [one.slot for one in members], even, rung):
                chunks.append(replace(chunk, states=tuple(states[slot] for slot in chunk.slots)))
        return tuple(sorted(chunks, key=lambda one: -seconds(fleets.index(one.fleet), len(one.variants))))

    def _next(self, chunks: Sequence[PlannedChunk]) -> tuple[PlannedChunk, ...]:
        """The chunks of a rung with how far they may go; none if the budget has no epoch for each of them."""
        plan = self._plan
        rung = plan.rungs[chunks[0].rung]
        running = sum(len(chunk.variants) for chunk in chunks if not chunk.fleet.is_solver)
        until = affordable(rung, self._reached, running, self._left)
        if running and until <= self._reached:
            return ()
        pause = None if until == plan.rungs[-1] else until
        found = [replace(chunk, pause=None if chunk.fleet.is_solver else pause) for chunk in chunks]
        if chunks[0].rung < len(plan.rungs) - 1 or self.deadline is None:
            return tuple(found)
        shares = [self._estimate.share(found, place, self._workers) for place in range(len(found))]
        return tuple(replace(chunk, share=share) for chunk, share in zip(found, shares, strict=True))

    def result(self) -> dict[str, object]:
        """What the result says of the search (`schemas.results.SearchResult`)."""
        statuses = Counter(entry.status for entry in self.entries)
        spent = sum(entry.epochs for entry in self.entries if not entry.variant.optimizer.is_solver)
        budget = self._search.budget
        return {
            "strategy": self._search.strategy,
            "rungs": [asdict(rung) for rung in self.rungs] if len(self._plan.rungs) > 1 else (),
            "statuses": statuses,
            "estimated_seconds": {"train": self._estimate.train, "after": self._estimate.after},
            "budget": None if budget is None else {"minutes": budget.minutes, "epochs": budget.epochs},
            "epochs": spent,
            "reused": sum(entry.reused for entry in self.entries),
            "summary": tuple(self._summary(statuses)),
        }

    def _summary(self, statuses: Counter[str]) -> Iterator[str]:
        search = self._search
        if reused := sum(entry.reused for entry in self.entries):
            yield f"{reused} of {len(self.entries)} variants were reused from an earlier run."
        if search.drawn is not None:
            yield f"{len(self.entries)} variants were drawn at random with seed {self._seed}."
        if self.rungs and len(self._plan.rungs) > 1:
            steps = "; ".join(
                f"{one.kept} of {one.variants} continued after {one.epochs} epochs" for one in self.rungs[:-1]
            )
            if steps:
                yield f"Halving by {self._metric} on the cv rows: {steps}. The others are marked halved."
        if statuses["budget"]:
            assert search.budget is not None
            limits = {"minutes": search.budget.minutes, "variant-epochs": search.budget.epochs}
            given = " and ".join(f"{value:g} {unit}" for unit, value in limits.items() if value is not None)
            yield (
                f"The budget of {given} stopped {statuses['budget']} of {len(self.entries)} variants before they "
                "finished; they are marked budget and ranked by what they had reached."
            )


def _budgeted(entry: Entry) -> Entry:
    return _ended(entry, "budget", 0) if entry.status == "expired" else entry


def _ended(entry: Entry, cause: str, rung: int) -> Entry:
    if cause == "halved":
        return replace(
            entry, status="halved", message=f"halved after epoch {entry.epochs}: below the cut of rung {rung}"
        )
    return replace(entry, status="budget", message=f"stopped by the budget after epoch {entry.epochs}")
