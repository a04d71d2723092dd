"""Ranking, and who goes to the folds."""

from dataclasses import replace
from math import inf, nan

from descent.flows.search.leaderboard import Entry, candidates, rank
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


def test_rank_puts_the_best_first_and_the_unusable_last() -> None:
    entries = [entry(0, 3.0), entry(1, nan), entry(2, 1.0), entry(3, 0.5, status="diverged")]
    assert [e.variant for e in rank(entries, "rmse", False)] == [VARIANTS[i] for i in (2, 0, 1, 3)]


def test_rank_turns_round_for_a_metric_that_should_be_great() -> None:
    entries = [entry(0, 0.3), entry(1, 0.9), entry(2, inf)]
    assert [e.variant for e in rank(entries, "rmse", True)] == [VARIANTS[i] for i in (1, 0, 2)]


def test_a_variant_that_a_budget_ended_before_its_first_epoch_is_no_model() -> None:
    never = replace(entry(0, 0.1, status="budget"), epochs=0)
    shortly = replace(entry(1, 2.0, status="budget"), epochs=1)
    assert rank([never, shortly], "rmse", False) == [shortly, never]
    assert (never.usable, shortly.usable) == (False, True)


def test_the_best_of_each_family_goes_to_the_folds_and_the_linear_model_always() -> None:
    def network(rmse: float, *layers: int) -> Entry:
        return replace(entry(0, rmse), variant=replace(VARIANTS[0], layers=layers))

    board = [network(1.0, 8), network(1.1, 8), network(1.2, 16), entry(0, 1.3), entry(1, 1.4)]
    assert candidates(board, "rmse", 3) == [board[0], board[2], board[3]]
    assert candidates(board, "rmse", 4) == board[:4]
    assert candidates(board, "rmse", 1) == [board[0], board[3]]
    assert candidates([*board[3:], entry(2, nan, status="diverged")], "rmse", 3) == board[3:]
    assert candidates(board, "r2", 3) == []
