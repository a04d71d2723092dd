"""Names of variants: what they are, and whatever else tells a variant from its siblings.

``linear · λ=0.1``, ``64-32 relu · adam · λ=0.1 · lr=0.001 · deg 2``. A name is unique in its experiment and a function
of the configuration alone. Layers, activation, optimizer and λ of a network are always in it, so are λ and a degree
above 1 of any variant. Another setting is shown on every variant of a kind as soon as two of them differ in it; the
numbers of an optimizer or a schedule as soon as two with the same optimizer or schedule differ.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from descent.schemas.variants.variant import Value, Variant

Setting = tuple[str, tuple[str, ...], Value]
"""Label, the siblings among which it is compared, and value."""

SEPARATOR = " · "
SHORT = {"lambda": "λ", "learning_rate": "lr", "clip_norm": "clip", "degree": "deg"}
ALONE = {"embedding", "loss", "optimizer", "schedule", "initializer"}
"""Settings whose value speaks for itself."""
SPACED = {"batch", "degree", "encode", "epochs", "impute", "interactions", "scale", "seed"}
"""Settings that read as two words."""


def named(variants: Sequence[Variant]) -> tuple[Variant, ...]:
    """The same variants with their names."""
    seen: defaultdict[tuple[str, tuple[str, ...]], set[Value]] = defaultdict(set)
    for variant in variants:
        for label, group, value in _settings(variant):
            seen[label, group].add(value)

    def name(variant: Variant) -> str:
        settings = (
            (label, value)
            for label, group, value in _settings(variant)
            if len(seen[label, group]) > 1 or _always(variant, label)
        )
        return SEPARATOR.join([_head(variant), *(_word(label, value) for label, value in settings)])

    return tuple(replace(variant, name=name(variant)) for variant in variants)


def short(value: Value) -> str:
    """A number in as few digits as tell it from every other; other values as text."""
    if isinstance(value, bool) or not isinstance(value, float):
        return str(value).lower()
    brief = f"{value:.6g}"
    return brief if float(brief) == value else repr(value)


def _head(variant: Variant) -> str:
    if not variant.layers:
        return variant.kind
    return f"{'-'.join(map(str, variant.layers))} {variant.activation}{' residual' if variant.residual else ''}"


def _always(variant: Variant, label: str) -> bool:
    if label == "optimizer":
        return bool(variant.layers)
    return label == "lambda" or (label == "degree" and variant.features.degree > 1)


def _settings(variant: Variant) -> Iterator[Setting]:
    """Everything in which siblings of one head may differ, in the order in which names show it."""
    optimizer, schedule = variant.optimizer, variant.optimizer.schedule
    kind = (variant.kind,)
    yield "initializer", kind, variant.initializer
    yield "optimizer", kind, optimizer.kind
    yield "loss", kind, variant.loss
    yield "input_scale", kind, variant.input_scale
    yield "embedding", kind, "no embedding" if variant.embedding is None else variant.embedding.kind
    for name, number in variant.embedding_numbers().items():
        yield name, (*kind, "embedding"), number
    yield "lambda", kind, variant.lambda_
    for name, share in variant.regularisers().items():
        yield name, kind, share
    for name, number in optimizer.hyper.items():
        yield name, (*kind, optimizer.kind), number
    yield "bias_rate", kind, variant.rates.bias
    yield "scale_rate", kind, variant.rates.scale
    yield "embedding_rate", kind, variant.rates.embedding
    yield "ntk", kind, variant.rates.ntk
    yield "schedule", (*kind, optimizer.kind), "constant" if schedule is None else schedule.kind
    yield "warmup", (*kind, optimizer.kind), 0 if schedule is None else schedule.warmup
    for name, number in schedule.hyper.items() if schedule else ():
        yield name, (*kind, optimizer.kind, schedule.kind if schedule else ""), number
    yield "clip_norm", (*kind, optimizer.kind), "off" if optimizer.clip_norm is None else optimizer.clip_norm
    yield "epochs", (*kind, optimizer.kind), variant.epochs
    yield "batch", kind, variant.batch
    yield "degree", kind, variant.features.degree
    yield "interactions", kind, "only" if variant.features.interaction_only else "and powers"
    yield "scale", kind, variant.features.scale
    yield "impute", kind, variant.features.impute
    yield "encode", kind, variant.features.encode
    yield "seed", kind, variant.seed


def _word(label: str, value: Value) -> str:
    if label in ALONE:
        return short(value)
    return f"{SHORT.get(label, label)}{' ' if label in SPACED else '='}{short(value)}"
