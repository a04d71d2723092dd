"""Axes: where numbers lie and which are written."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from descent.flows.report import axes

numbers = st.lists(st.floats(-1e12, 1e12, allow_subnormal=False), min_size=1, max_size=20)


@settings(deadline=None)
@given(numbers)
def test_every_number_lies_on_a_linear_axis_and_order_is_kept(values: list[float]) -> None:
    axis = axes.linear("x", values)
    places = [axis.at(value) for value in sorted(values)]
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in places)
    assert places == sorted(places)
    assert all(axis.low <= value <= axis.high for value, _ in axis.ticks)


@settings(deadline=None)
@given(st.lists(st.floats(1e-12, 1e12), min_size=1, max_size=20))
def test_every_number_lies_on_a_logarithmic_axis(values: list[float]) -> None:
    axis = axes.logarithmic("x", values)
    assert all(-1e-9 <= axis.at(value) <= 1 + 1e-9 for value in values)
    assert len(axis.ticks) >= 2
    assert len({text for _, text in axis.ticks}) == len(axis.ticks)


def test_zero_has_a_place_of_its_own_before_the_other_lambdas() -> None:
    axis = axes.tried("λ", [0.0, 0.1, 10.0])
    assert [text for _, text in axis.ticks] == ["0", "0.1", "10"]
    zero, small, large = (axis.at(value) for value in (0.0, 0.1, 10.0))
    assert 0 <= zero < small - 0.1 < large <= 1


def test_wide_costs_are_logarithmic_unless_one_is_zero() -> None:
    assert axes.costs("J", [1e-3, 1.0]).log
    assert not axes.costs("J", [0.0, 1.0]).log
    assert not axes.costs("J", [0.5, math.nan, 1.0]).log


@pytest.mark.parametrize("values", [[], [math.nan], [math.inf], [3.0], [0.0, 0.0]])
def test_what_has_no_width_still_has_an_axis(values: list[float]) -> None:
    for axis in (
        axes.linear("x", values),
        axes.logarithmic("x", values),
        axes.tried("x", [v for v in values if v < 9]),
    ):
        assert axis.low < axis.high


@pytest.mark.parametrize(
    ("value", "text"), [(0.0, "0"), (12000.0, "12,000"), (3e6, "3e6"), (1.5e-5, "1.5e-5"), (-0.25, "-0.25")]
)
def test_ticks_are_short(value: float, text: str) -> None:
    assert axes.plain(value) == text


@pytest.mark.parametrize(
    ("values", "whole", "written"),
    [
        ((0, 1), False, ["0", "0.25", "0.5", "0.75", "1"]),
        ((0, 10), True, ["0", "5", "10"]),
        ((1, 3), True, ["1", "2", "3"]),
        ((0, 12_000), False, ["0", "5,000", "10,000"]),
        ((-0.003, 0.004), False, ["-0.002", "0", "0.002", "0.004"]),
        ((1e8, 1e8 + 40), False, ["1e8", "1e8", "1e8", "1e8", "1e8"]),
    ],
)
def test_ticks_are_round_numbers(values: tuple[float, float], whole: bool, written: list[str]) -> None:
    assert [text for _, text in axes.linear("x", values, whole=whole).ticks] == written
