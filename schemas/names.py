"""Names of variants: the kind, the layers, and whatever else tells a variant from its siblings.

``softmax l=0.1``, ``network 32-16 adam l=0.01 lr=0.001 degree=2``. A name is plain ASCII, unique in its experiment,
and a function of the configuration alone. A setting is shown on every variant of a kind as soon as two of them differ
in it; the numbers of an optimizer or a schedule as soon as two with the same optimizer or schedule differ.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .variants import Value, Variant

Setting = tuple[str, tuple[str, ...], Value]
"""Label, the siblings among which it is compared, and value."""

SHORT = {"lambda": "l", "learning_rate": "lr", "clip_norm": "clip"}
ALONE = {"optimizer", "schedule", "activation", "initializer"}
"""Settings whose value speaks for itself."""


def named(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The same variants with their names."""
    seen: defaultdict[tuple[str, tuple[str, ...]], set[Value]] = defaultdict(set)
    for variant in variants:
        for label, group, value in _settings(variant):
            seen[label, group].add(value)

    def name(variant: Variant) -> str:
        settings = ((label, value) for label, group, value in _settings(variant) if len(seen[label, group]) > 1)
        return " ".join([*_head(variant), *(_word(label, value) for label, value in settings)])

    return tuple(replace(variant, name=name(variant)) for variant in variants)


def short(value: Value) -> str:
    """A number in as few digits as tell it from every other; other values as text."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value).lower()
    brief = f"{value:.6g}"
    return brief if float(brief) == value else repr(value)


def _head(variant: Variant) -> list[str]:
    return [variant.kind, "-".join(map(str, variant.layers))] if variant.layers else [variant.kind]


def _settings(variant: Variant) -> Iterator[Setting]:
    """Everything in which siblings may differ, in the order in which names show it."""
    optimizer, schedule = variant.optimizer, variant.optimizer.schedule
    kind = (variant.kind,)
    yield "activation", kind, variant.activation
    yield "residual", kind, variant.residual
    yield "initializer", kind, variant.initializer
    yield "optimizer", kind, optimizer.kind
    yield "lambda", kind, variant.lambda_
    for name, number in optimizer.hyper.items():
        yield name, (*kind, optimizer.kind), number
    yield "schedule", (*kind, optimizer.kind), "constant" if schedule is None else schedule.kind
    yield "warmup", (*kind, optimizer.kind), 0 if schedule is None else schedule.warmup
    for name, number in schedule.hyper.items() if schedule else ():
        yield name, (*kind, optimizer.kind, schedule.kind if schedule else ""), number
    yield "clip_norm", (*kind, optimizer.kind), "off" if optimizer.clip_norm is None else optimizer.clip_norm
    yield "epochs", (*kind, optimizer.kind), variant.epochs
    yield "batch", kind, variant.batch
    yield "degree", kind, variant.features.degree
    yield "scale", kind, variant.features.scale
    yield "impute", kind, variant.features.impute
    yield "seed", kind, variant.seed


def _word(label: str, value: Value) -> str:
    if label == "residual":
        return "residual" if value else "plain"
    return short(value) if label in ALONE else f"{SHORT.get(label, label)}={short(value)}"
