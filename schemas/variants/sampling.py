"""Drawing variants at random: every sweep of the configuration is replaced by one of its values.

A list gives each of its values with the same probability, a range with a ``count`` likewise; a range without one gives
any number between its ends, log-uniformly or uniformly. First a family is drawn from ``search.models``, each with the
same probability, then everything inside it independently (Bergstra & Bengio 2012).
"""

from collections.abc import Iterator
from math import exp, log
from random import Random
from typing import Any, TypeVar, get_args

from pydantic import Tag

from descent.schemas.config.base import ConfigModel
from descent.schemas.config.ranges import LinearRange, LogRange, is_whole, short_number
from descent.schemas.config.shape import models_in
from descent.schemas.config.sweeps import choices, list_choices
from descent.schemas.problems.origin import Path

M = TypeVar("M", bound=ConfigModel)


def draw(part: M, random: Random) -> M:
    """The part with one value in the place of each sweep."""
    changes: dict[str, Any] = {}
    for name, info in type(part).model_fields.items():
        value = getattr(part, name)
        if isinstance(value, LogRange | LinearRange) and value.count is None:
            changes[name] = _between(value, is_whole(info.annotation), random)
            continue
        if _swept(info.annotation):
            options = list_choices(value) if name == "layers" else choices(value)
            value = options[int(random.random() * len(options))]
        changes[name] = draw(value, random) if isinstance(value, ConfigModel) else value
    return part.model_copy(update=changes)


def open_ranges(part: ConfigModel, path: Path = ()) -> Iterator[Path]:
    """Paths of the ranges without a count, which can only be drawn from."""
    for name, info in type(part).model_fields.items():
        inner = (*path, str(info.validation_alias or name))
        value = getattr(part, name)
        several = isinstance(value, tuple) and bool(models_in(info.annotation))
        for where, one in (((*inner, i), v) for i, v in enumerate(value)) if several else [(inner, value)]:
            if isinstance(one, LogRange | LinearRange):
                if one.count is None:
                    yield where
            elif isinstance(one, ConfigModel):
                yield from open_ranges(one, where)


def _between(span: LogRange | LinearRange, whole: bool, random: Random) -> float:
    low, high = span.ends
    share = random.random()
    if isinstance(span, LogRange):
        value = exp(log(low) + share * (log(high) - log(low)))
        return round(value) if whole else short_number(value)
    return int(low + share * (high - low + 1)) if whole else short_number(low + share * (high - low))


def _swept(annotation: Any) -> bool:
    """Whether a list here means several values."""
    return annotation == Tag("=many") or any(_swept(argument) for argument in get_args(annotation))
