"""Ranges of numbers, logarithmic and linear."""

from collections.abc import Iterator
from math import exp, log
from typing import Annotated, Any, Self, get_args, get_origin

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from descent.schemas.config.base import ConfigModel, refuse
from descent.schemas.problems.bounds import broken_bound

Bounds = Annotated[tuple[float, float], Field(strict=False)]


class LogRange(ConfigModel):
    """``count`` numbers from low to high, each the same factor above the one before."""

    log: Bounds = Field(description="lowest and highest value, both > 0", examples=[[0.001, 10]])
    count: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        default=None, description="how many values; not given: any value between the ends is drawn", examples=[5]
    )

    @model_validator(mode="after")
    def _positive_and_rising(self) -> Self:
        if not 0 < self.log[0] < self.log[1]:
            raise refuse("a log range goes from a number > 0 up to a larger one: {log: [0.001, 10], count: 5}")
        return self

    def values(self) -> tuple[float, ...]:
        """The numbers, rounded to six significant digits so that they stay short in names and tables."""
        low, high = log(self.log[0]), log(self.log[1])
        return tuple(short_number(exp(low + (high - low) * share)) for share in _shares(self.count))

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return self.log


class LinearRange(ConfigModel):
    """``count`` numbers from low to high, evenly spaced."""

    linear: Bounds = Field(description="lowest and highest value", examples=[[1, 3]])
    count: Annotated[int, Field(ge=2, le=1000)] | None = Field(
        default=None, description="how many values; not given: any value between the ends is drawn", examples=[3]
    )

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if not self.linear[0] < self.linear[1]:
            raise refuse("a linear range goes from a number up to a larger one: {linear: [1, 3], count: 3}")
        return self

    def values(self) -> tuple[float, ...]:
        """The numbers, rounded to six significant digits."""
        low, high = self.linear
        return tuple(short_number(low + (high - low) * share) for share in _shares(self.count))

    @property
    def ends(self) -> tuple[float, float]:
        """The lowest and the highest value."""
        return self.linear


def _shares(count: int | None) -> Iterator[float]:
    if count is None:
        raise ValueError("a range without a count has no list of values")
    return (index / (count - 1) for index in range(count))


def short_number(number: float) -> float:
    """Rounded to six significant digits."""
    return float(f"{number:.6g}")


def check_ends(value: LogRange | LinearRange, annotation: Any) -> None:
    """Hold both ends of a range to the bounds of the numbers it stands for; ``annotation`` is the swept field's."""
    element, whole = _element(annotation), is_whole(annotation)
    for end in (short_number(one) for one in value.ends):
        try:
            TypeAdapter(element).validate_python(round(end) if whole else end)
        except ValidationError as error:
            raise refuse(f"the range reaches {end:g}, which is not allowed: {broken_bound(error)}") from None


def is_whole(annotation: Any) -> bool:
    """Whether a swept field takes whole numbers only."""
    element = _element(annotation)
    return int in (element, *get_args(element)[:1])


def _element(annotation: Any) -> Any:
    """The type of one value, found inside the union of the forms that a sweep may have."""
    while get_args(annotation) and not (get_origin(annotation) is Annotated and not get_args(get_args(annotation)[0])):
        annotation = get_args(annotation)[0]
    return annotation
