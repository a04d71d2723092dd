import numpy as np
import pytest

from descent import ml
from descent.ml.statistics.conformal import half_width


def test_the_rank_is_that_of_the_theorem() -> None:
    residuals = [-3.0, 1.0, 2.0, -4.0]
    assert [half_width(residuals, level) for level in (0.2, 0.4, 0.6, 0.8)] == [1, 2, 3, 4]
    assert half_width(residuals, 0.5) == 3  # ⌈5 · 0.5⌉ = 3
    assert half_width(residuals, 0.81) == np.inf


@pytest.mark.parametrize("level", [0.5, 0.9])
@pytest.mark.parametrize("rows", [19, 99])
def test_a_new_value_lies_inside_as_often_as_promised(level: float, rows: int) -> None:
    """Exchangeable residuals with heavy tails: coverage is between level and level + 1/(n + 1), whatever their law."""
    rng = np.random.default_rng(0)
    drawn = rng.standard_t(2, (4000, rows + 1))
    inside = [abs(new) <= half_width(old, level) for *old, new in drawn]
    error = 3 * np.sqrt(level * (1 - level) / len(drawn))
    assert level - error <= np.mean(inside) <= level + 1 / (rows + 1) + error


@pytest.mark.parametrize("level", [0, 1, -0.1, float("nan")])
def test_a_level_is_a_probability(level: float) -> None:
    with pytest.raises(ml.OptionError, match="level is"):
        half_width([1.0], level)


@pytest.mark.parametrize("residuals", [[], [1.0, float("nan")]])
def test_residuals_are_finite_numbers(residuals: list[float]) -> None:
    with pytest.raises(ml.ArrayError, match="residuals"):
        half_width(residuals, 0.9)
