"""From a configuration to work: variants → fleets (trained together) → chunks (one task each)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from descent import ml
from descent.data.names import count
from descent.flows.run.progress import Bar
from descent.flows.run.study import Study
from descent.flows.search.balance import sizes
from descent.flows.search.halving import rungs
from descent.flows.search.models import model_of
from descent.schemas import ConfigError, FeatureSettings, SearchConfig, Variant, fleet_key
from descent.schemas.variants.names import SEPARATOR


@dataclass(frozen=True)
class PlannedFleet:
    """Variants with the same features, architecture, batch size and optimizer kind, trained together."""

    number: int
    title: str
    model: ml.Model
    variants: tuple[Variant, ...]
    most: int
    """The largest chunk that its cache allows."""
    workers: int
    """How many workers its chunks are to be spread over."""

    @property
    def kind(self) -> str:
        """The optimizer's."""
        return self.variants[0].optimizer.kind

    @property
    def is_solver(self) -> bool:
        """Whether its optimizer trains without steps: `OptimizerSettings.is_solver`."""
        return self.variants[0].optimizer.is_solver

    @property
    def chunks(self) -> tuple[int, ...]:
        """Number of variants in each chunk, in the variants' order."""
        return chunk_sizes(len(self.variants), self.most, self.workers)

    @property
    def features(self) -> FeatureSettings:
        """The feature settings that all variants of the fleet share."""
        return self.variants[0].features


@dataclass(frozen=True)
class PlannedChunk:
    """The part of a fleet that one task trains; ``slots`` are its variants' places in the progress file.

    A chunk of a later ``rung`` goes on from ``states``, the checkpoint and the place in it of every variant. ``pause``
    is the epoch at which it stops for now, None for its end; ``share`` as of `ml.Chunk`.
    """

    fleet: PlannedFleet
    variants: tuple[Variant, ...]
    slots: tuple[int, ...]
    rung: int = 0
    pause: int | None = None
    states: tuple[tuple[Path, int], ...] = ()
    share: float = 1.0

    @property
    def name(self) -> str:
        """Unique in a run, and the same in every run of the plan as long as the same variants go on."""
        return f"rung-{self.rung}-fleet-{self.fleet.number}-from-{self.slots[0]}"

    @property
    def epochs(self) -> int:
        """The epoch at which it stops, for now or for good."""
        return self.variants[0].epochs if self.pause is None else self.pause

    @property
    def title(self) -> str:
        """The fleet, and which of its variants."""
        rung = f", rung {self.rung + 1}" if self.rung else ""
        return f"{self.fleet.title}: {len(self.variants)} from {self.variants[0].name}{rung}"


@dataclass(frozen=True)
class Plan:
    """All the training of one sweep."""

    fleets: tuple[PlannedFleet, ...]
    chunks: tuple[PlannedChunk, ...]
    """Of the first rung."""
    rungs: tuple[int, ...]
    """Epochs at the end of every rung; a single one where nothing is halved."""
    eta: int

    @property
    def variants(self) -> tuple[Variant, ...]:
        """Every variant, fleet by fleet."""
        return tuple(variant for fleet in self.fleets for variant in fleet.variants)

    @property
    def bars(self) -> list[Bar]:
        """One line of progress per fleet."""
        return [
            Bar(fleet.title, tuple(slot for chunk in self.chunks if chunk.fleet is fleet for slot in chunk.slots))
            for fleet in self.fleets
        ]

    def __str__(self) -> str:
        plan = (
            f"{count(len(self.variants), 'variant')} in {count(len(self.fleets), 'fleet')}, "
            f"trained as {count(len(self.chunks), 'chunk')}"
        )
        if len(self.rungs) == 1:
            return plan
        *early, last = map(str, self.rungs[:-1])
        stops = f"{', '.join(early)} and {last}" if early else last
        return f"{plan}; after {stops} epochs the best 1/{self.eta} continue, to {self.rungs[-1]} at most"


def plan_of(study: Study) -> Plan:
    """The plan of a question whose features are fitted.

    Raises:
        ConfigError: the budget does not suffice for an epoch of each variant.
    """
    question, config = study.question, study.question.config
    plan = make_plan(
        question.variants,
        study.widths,
        study.outputs,
        question.task,
        study.workers,
        study.dtype,
        config.search,
        study.numbers,
        study.shift,
    )
    budget = config.search.budget
    trained = sum(not variant.optimizer.is_solver for variant in question.variants)
    if budget is not None and budget.epochs is not None and budget.epochs < trained:
        message = f"{budget.epochs} is less than one epoch for each of {trained} variants: raise it, or try fewer"
        raise ConfigError([config.problem(("search", "budget", "epochs"), message)])
    return plan


def make_plan(
    variants: Sequence[Variant],
    columns: Mapping[FeatureSettings, int],
    outputs: int,
    task: str,
    workers: int,
    dtype: str,
    search: SearchConfig,
    numbers: int = 0,
    shift: float = 0.0,
) -> Plan:
    """Group variants into fleets and cut the fleets into chunks.

    ``columns`` gives the number of feature columns under each feature setting, the first ``numbers`` of which are
    numbers of the table; ``shift`` is that of the target. The grouping keeps the order of
    writing, so the plan is a function of the configuration and the data's shape alone.
    """
    groups: dict[tuple[object, ...], list[Variant]] = {}
    for variant in variants:
        groups.setdefault(fleet_key(variant), []).append(variant)
    fleets = []
    for number, members in enumerate(groups.values()):
        model = model_of(members[0], columns[members[0].features], outputs, task, numbers, shift)
        cache = ml.chunk_size(model, members[0].rows_per_step, dtype, members[0].optimizer.kind)
        # Newton's variants share the products of the rows: cut up, they would do that work again.
        share = 1 if members[0].optimizer.kind == "newton" else workers
        fleets.append(PlannedFleet(number, _title(members), model, tuple(members), cache, share))
    trained = sum(not variant.optimizer.is_solver for variant in variants)
    return Plan(tuple(fleets), tuple(_first(fleets)), rungs(search, trained), search.halving.eta)


def cut(
    fleet: PlannedFleet, variants: Sequence[Variant], slots: Sequence[int], counts: Sequence[int], rung: int = 0
) -> list[PlannedChunk]:
    """Chunks of some variants of a fleet, ``counts`` in each."""
    chunks: list[PlannedChunk] = []
    start = 0
    for size in counts:
        end = start + size
        chunks.append(PlannedChunk(fleet, tuple(variants[start:end]), tuple(slots[start:end]), rung))
        start = end
    return chunks


def chunk_sizes(variants: int, cache: int, workers: int) -> tuple[int, ...]:
    """Sizes of the chunks of a fleet: none larger than ``cache``, evenly filled, and enough of them for all workers."""
    pieces = max(ceil(variants / cache), min(variants, workers))
    if variants >= workers:
        pieces = min(variants, ceil(pieces / workers) * workers)
    return sizes(variants, pieces)


def _first(fleets: Sequence[PlannedFleet]) -> list[PlannedChunk]:
    chunks: list[PlannedChunk] = []
    slot = 0
    for fleet in fleets:
        chunks += cut(fleet, fleet.variants, range(slot, slot + len(fleet.variants)), fleet.chunks)
        slot += len(fleet.variants)
    return chunks


def _title(members: Sequence[Variant]) -> str:
    """What a fleet's members share, in a few words: ``32-16 relu · adam · batch 128 · deg 2 × 8``."""
    first = members[0]
    parts = [f"{'-'.join(map(str, first.layers))} {first.activation}" if first.layers else first.kind]
    if first.loss != "squared_error":
        parts.append(first.loss)
    if first.embedding is not None:
        parts.append(first.embedding.kind)
    parts.append(first.optimizer.kind)
    if first.batch != "full":
        parts.append(f"batch {first.batch}")
    if first.features.degree > 1:
        parts.append(f"deg {first.features.degree}")
    return f"{SEPARATOR.join(parts)} × {len(members)}"
