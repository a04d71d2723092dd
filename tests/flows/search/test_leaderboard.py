"""Ranking and the one-standard-error rule."""

from dataclasses import replace
from math import inf, nan

import pytest

from descent.flows.search.leaderboard import Entry, Finalist, choose, rank
from descent.schemas import config_from, expand_variants

CONFIG = config_from(
    {
        "data": {"source": "t.csv", "target": "y"},
        "search": {"models": [{"kind": "linear", "lambda": [0, 0.1, 1, 10]}]},
    }
)
VARIANTS = expand_variants(CONFIG)


def entry(index: int, rmse: float, *, parameters: int = 5, status: str = "completed") -> Entry:
    return Entry(VARIANTS[index], 0, parameters, 1.0, 1.0, {"rmse": rmse}, 10, 10, status)


def finalist(index: int, folds: tuple[float, ...], parameters: int = 5) -> Finalist:
    return Finalist(entry(index, 1.0, parameters=parameters), folds)


def test_rank_puts_the_best_first_and_the_unusable_last() -> None:
    entries = [entry(0, 3.0), entry(1, nan), entry(2, 1.0), entry(3, 0.5, status="diverged")]
    assert [e.variant for e in rank(entries, "rmse", False)] == [VARIANTS[i] for i in (2, 0, 1, 3)]


def test_rank_turns_round_for_a_metric_that_should_be_great() -> None:
    entries = [entry(0, 0.3), entry(1, 0.9), entry(2, inf)]
    assert [e.variant for e in rank(entries, "rmse", True)] == [VARIANTS[i] for i in (1, 0, 2)]


def test_the_standard_error_is_that_of_the_mean() -> None:
    assert finalist(0, (1.0, 2.0, 3.0, 4.0)).se == pytest.approx((5 / 3) ** 0.5 / 2)
    assert finalist(0, (1.0,)).se is None


@pytest.mark.parametrize(
    ("rule", "winner"), [("best", 0), ("one-standard-error", 1)], ids=["best mean", "simplest within one error"]
)
def test_choose_by_rule(rule: str, winner: int) -> None:
    finalists = [
        finalist(0, (0.8, 1.0, 1.2), parameters=50),  # mean 1.0, error 0.115
        finalist(1, (1.0, 1.1, 1.2), parameters=5),  # mean 1.1: within one error, and simpler
        finalist(2, (1.3, 1.4, 1.5), parameters=2),  # simplest, but too far
    ]
    assert choose(finalists, rule, False).entry.variant == VARIANTS[winner]


def test_among_equally_large_models_the_largest_penalty_is_simplest() -> None:
    finalists = [finalist(1, (0.9, 1.0, 1.1)), finalist(3, (0.95, 1.0, 1.1)), finalist(2, (0.9, 1.01, 1.1))]
    assert choose(finalists, "one-standard-error", False).entry.variant == VARIANTS[3]


def test_among_equally_large_models_a_shallow_one_is_simpler_than_a_large_penalty() -> None:
    deep = replace(entry(3, 1.0), variant=replace(VARIANTS[3], layers=(4, 4)))
    finalists = [finalist(0, (0.95, 1.0, 1.1)), Finalist(deep, (0.9, 1.0, 1.1))]
    assert choose(finalists, "one-standard-error", False).entry.variant == VARIANTS[0]


def test_a_variant_that_a_budget_ended_before_its_first_epoch_is_no_model() -> None:
    never = replace(entry(0, 0.1, status="budget"), epochs=0)
    shortly = replace(entry(1, 2.0, status="budget"), epochs=1)
    assert rank([never, shortly], "rmse", False) == [shortly, never]
    assert (never.usable, shortly.usable) == (False, True)


def test_without_folds_the_best_wins_under_either_rule() -> None:
    finalists = [finalist(0, (1.0,), parameters=50), finalist(1, (1.1,), parameters=5)]
    assert choose(finalists, "one-standard-error", False).entry.variant == VARIANTS[0]
