"""A value, several values, or a range of numbers: what can be swept.

A sweep is written in one of four ways::

    lambda: 0.1                                     # one value
    lambda: [0, 0.1, 1]                             # several
    lambda: {log: [0.001, 10], count: 5}            # 0.001, 0.01, 0.1, 1, 10
    degree: {linear: [1, 3], count: 3}              # 1, 2, 3
"""

from typing import Annotated, Any, TypeVar

from pydantic import Discriminator, Field, Tag, field_validator
from pydantic_core.core_schema import ValidationInfo

from descent.schemas.config.base import ConfigModel
from descent.schemas.config.ranges import LinearRange, LogRange, check_ends

T = TypeVar("T")

Many = Annotated[tuple[T, ...], Field(strict=False, min_length=1)]
"""A list of at least one T (YAML and JSON know no tuples, hence not strict about the container)."""


def _form(value: object) -> str:
    """Which form a sweep was written in; tags start with "=" because no key of a configuration does."""
    if isinstance(value, LogRange) or (isinstance(value, dict) and "log" in value):
        return "=log"
    if isinstance(value, LinearRange) or (isinstance(value, dict) and "linear" in value):
        return "=linear"
    return _one_or_many(value)


def _one_or_many(value: object) -> str:
    return "=many" if isinstance(value, list | tuple) else "=one"


def _one_list_or_many(value: object) -> str:
    """The same where one value is itself a list: ``[32, 16]`` is one, ``[[16], [32, 16]]`` are several."""
    several = isinstance(value, list | tuple) and any(isinstance(item, list | tuple) for item in value)
    return "=many" if several else "=one"


Sweep = Annotated[Annotated[T, Tag("=one")] | Annotated[Many[T], Tag("=many")], Discriminator(_one_or_many)]
"""One T or a list of them."""

ListSweep = Annotated[Annotated[T, Tag("=one")] | Annotated[Many[T], Tag("=many")], Discriminator(_one_list_or_many)]
"""One T or a list of them, where T is a list."""

NumberSweep = Annotated[
    Annotated[T, Tag("=one")]
    | Annotated[Many[T], Tag("=many")]
    | Annotated[LogRange, Tag("=log")]
    | Annotated[LinearRange, Tag("=linear")],
    Discriminator(_form),
]
"""One number T, a list of them, or a range."""


class SweepModel(ConfigModel):
    """A part of a configuration whose values can be swept."""

    @field_validator("*", mode="after")
    @classmethod
    def _ranges_stay_within_bounds(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, LogRange | LinearRange) and info.field_name is not None:
            check_ends(value, cls.model_fields[info.field_name].annotation)
        return value


def choices(sweep: Any) -> tuple[Any, ...]:
    """The values of a sweep of scalars or mappings, in the order of writing."""
    if isinstance(sweep, LogRange | LinearRange):
        return sweep.values()
    return sweep if isinstance(sweep, tuple) else (sweep,)


def whole_choices(sweep: Any) -> tuple[Any, ...]:
    """The same for whole numbers: the values of a range are rounded, and each is kept once."""
    if isinstance(sweep, LogRange | LinearRange):
        return tuple(dict.fromkeys(round(value) for value in sweep.values()))
    return choices(sweep)


def list_choices(sweep: Any) -> tuple[tuple[Any, ...], ...]:
    """The same where one value is itself a tuple."""
    return tuple(sweep) if _one_list_or_many(sweep) == "=many" else (sweep,)
