"""The remedies of `ml.diagnosis.remedies` as variants: the winner with one thing changed."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from descent.flows.search.leaderboard import Entry
from descent.flows.table.question import Question
from descent.ml.diagnosis.remedies import Option
from descent.schemas import Variant, default_search, expand_variants
from descent.schemas.variants.names import named

RATE = 0.06
"""Learning rate of networks that are tried beside a linear winner: the larger one of the default search."""


@dataclass(frozen=True)
class Change:
    """An option and the variants that try it."""

    option: Option
    variants: tuple[Variant, ...]


def changes(winner: Entry, options: list[Option], question: Question, rows: int, columns: int) -> list[Change]:
    """One change per option; ``rows`` and ``columns`` are those of the table, for networks of fitting effort."""
    return [
        Change(option, tuple(replace(variant, name=f"{variant.name} ({option.remedy})") for variant in named(found)))
        for option in options
        if (found := tuple(_variants(winner.variant, option, question, rows, columns)))
    ]


def _variants(winner: Variant, option: Option, question: Question, rows: int, columns: int) -> Iterator[Variant]:
    values = option.values
    if option.remedy in ("smaller λ", "larger λ"):
        yield from (replace(winner, lambda_=value) for value in values)
    elif option.remedy in ("bigger network", "smaller network"):
        yield replace(winner, layers=tuple(int(width) for width in values))
    elif option.remedy in ("higher degree", "lower degree"):
        features = replace(winner.features, degree=int(values[0]))
        for lam in dict.fromkeys((winner.lambda_, max(1.0, 10 * winner.lambda_))):
            yield replace(winner, features=features, lambda_=lam)
    elif option.remedy == "train longer":
        yield replace(winner, epochs=int(values[0]))
    elif option.remedy == "early stopping":
        yield replace(winner, patience=int(values[0]))
    else:
        search = default_search(question.task, rows, columns)
        for variant in expand_variants(question.config.model_copy(update={"search": search})):
            fits = variant.features.degree == 1 or question.settings[0].degree > 1
            kept = replace(variant, features=winner.features, seed=winner.seed)
            if option.remedy == "linear model" and not variant.layers and variant.lambda_ in values and fits:
                yield kept
            if option.remedy == "network" and variant.optimizer.hyper.get("learning_rate") == RATE and fits:
                yield kept
