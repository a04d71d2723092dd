"""From a configuration to work: variants → fleets (trained together) → chunks (one task each)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

import ml
from schemas import FeatureSettings, Variant, fleet_key
from schemas.names import SEPARATOR

from .models import model_of
from .progress import Bar
from .training import batch_of


@dataclass(frozen=True)
class Fleet:
    """Variants with the same features, architecture, batch size and optimizer kind, trained together."""

    number: int
    title: str
    model: ml.Model
    variants: tuple[Variant, ...]
    chunks: tuple[int, ...]
    """Number of variants in each chunk, in the variants' order."""

    @property
    def features(self) -> FeatureSettings:
        """The feature settings that all variants of the fleet share."""
        return self.variants[0].features


@dataclass(frozen=True)
class Chunk:
    """The part of a fleet that one task trains; ``slots`` are its variants' places in the progress file."""

    fleet: Fleet
    variants: tuple[Variant, ...]
    slots: tuple[int, ...]

    @property
    def title(self) -> str:
        """The fleet, and which of its variants."""
        return f"{self.fleet.title}: {len(self.variants)} from {self.variants[0].name}"


@dataclass(frozen=True)
class Plan:
    """All the training of one sweep."""

    fleets: tuple[Fleet, ...]
    chunks: tuple[Chunk, ...]

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
        return f"{len(self.variants)} variants in {len(self.fleets)} fleets, trained as {len(self.chunks)} chunks"


def make_plan(
    variants: Sequence[Variant],
    columns: Mapping[FeatureSettings, int],
    outputs: int,
    task: str,
    workers: int,
    dtype: str,
) -> Plan:
    """Group variants into fleets and cut the fleets into chunks.

    ``columns`` gives the number of feature columns under each feature setting. The grouping keeps the order of
    writing, so the plan is a function of the configuration and the data's shape alone.
    """
    groups: dict[tuple[object, ...], list[Variant]] = {}
    for variant in variants:
        groups.setdefault(fleet_key(variant), []).append(variant)
    fleets = []
    for number, members in enumerate(groups.values()):
        model = model_of(members[0], columns[members[0].features], outputs, task)
        cache = ml.chunk_size(model, batch_of(members[0]), dtype, members[0].optimizer.kind)
        # Newton's variants share the products of the rows: cut up, they would do that work again.
        share = 1 if members[0].optimizer.kind == "newton" else workers
        fleets.append(Fleet(number, _title(members), model, tuple(members), chunk_sizes(len(members), cache, share)))
    return Plan(tuple(fleets), tuple(_cut(fleets)))


def chunk_sizes(variants: int, cache: int, workers: int) -> tuple[int, ...]:
    """Sizes of the chunks of a fleet: none larger than ``cache``, evenly filled, and enough of them for all workers."""
    pieces = max(ceil(variants / cache), min(variants, workers))
    if variants >= workers:
        pieces = min(variants, ceil(pieces / workers) * workers)
    base, rest = divmod(variants, pieces)
    return tuple(base + (index < rest) for index in range(pieces))


def _cut(fleets: Sequence[Fleet]) -> list[Chunk]:
    chunks: list[Chunk] = []
    slot = 0
    for fleet in fleets:
        start = 0
        for size in fleet.chunks:
            chunks.append(Chunk(fleet, fleet.variants[start : start + size], tuple(range(slot, slot + size))))
            start += size
            slot += size
    return chunks


def _title(members: Sequence[Variant]) -> str:
    """What a fleet's members share, in a few words: ``32-16 relu · adam · batch 128 · deg 2 × 8``."""
    first = members[0]
    parts = [f"{'-'.join(map(str, first.layers))} {first.activation}" if first.layers else first.kind]
    parts.append(first.optimizer.kind)
    if first.batch != "full":
        parts.append(f"batch {first.batch}")
    if first.features.degree > 1:
        parts.append(f"deg {first.features.degree}")
    return f"{SEPARATOR.join(parts)} × {len(members)}"
