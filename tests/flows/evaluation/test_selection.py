"""Which finalist wins, and when an average does: paired comparisons on rows that nobody learned from."""

from dataclasses import replace

import numpy as np
import pytest

from descent.flows.evaluation.selection import Finalist, Judge, paired
from descent.flows.search.leaderboard import Entry
from descent.schemas import config_from, expand_variants

CONFIG = config_from(
    {
        "data": {"source": "t.csv", "target": "y"},
        "search": {"models": [{"kind": "linear", "lambda": [0, 0.1, 1, 10]}]},
    }
)
VARIANTS = expand_variants(CONFIG)
ROWS = 400


def entry(index: int, rmse: float, *, parameters: int = 5, status: str = "completed") -> Entry:
    return Entry(VARIANTS[index], 0, parameters, 1.0, 1.0, {"rmse": rmse}, 10, 10, status)


def finalist(index: int, folds: tuple[float, ...], parameters: int = 5) -> Finalist:
    return Finalist(entry(index, 1.0, parameters=parameters), folds)


def judge(rule: str = "one-standard-error", y: np.ndarray | None = None, units: np.ndarray | None = None) -> Judge:
    y = np.zeros(ROWS) if y is None else y
    return Judge("regression", "rmse", rule, False, y, np.arange(len(y)) if units is None else units)


def says(index: int, y: np.ndarray, outputs: np.ndarray, parameters: int = 5) -> Finalist:
    """A finalist by what it says of rows held out."""
    losses = (outputs - y) ** 2
    folds = tuple(float(np.sqrt(part.mean())) for part in np.array_split(losses, 5))
    return Finalist(entry(index, 1.0, parameters=parameters), folds, outputs, losses)


def test_the_standard_error_is_that_of_the_mean() -> None:
    assert finalist(0, (1.0, 2.0, 3.0, 4.0)).se == pytest.approx((5 / 3) ** 0.5 / 2)
    assert finalist(0, (1.0,)).se is None


@pytest.mark.parametrize(
    ("rule", "winner"), [("best", 0), ("one-standard-error", 1)], ids=["best mean", "simplest within one error"]
)
def test_choose_by_rule(rule: str, winner: int) -> None:
    finalists = [
        finalist(0, (0.8, 1.0, 1.2), parameters=50),
        finalist(1, (0.7, 1.1, 1.3), parameters=5),  # worse by 0.03 ± 0.07 on the same folds, and simpler
        finalist(2, (0.9, 1.1, 1.3), parameters=2),  # simplest, and worse by 0.1 on every fold
    ]
    assert judge(rule).choose(finalists).entry.variant == VARIANTS[winner]


def test_among_equally_large_models_the_largest_penalty_is_simplest() -> None:
    finalists = [finalist(1, (0.9, 1.0, 1.1)), finalist(3, (0.95, 0.97, 1.1)), finalist(2, (0.88, 1.03, 1.1))]
    assert judge().choose(finalists).entry.variant == VARIANTS[3]


def test_among_equally_large_models_a_shallow_one_is_simpler_than_a_large_penalty() -> None:
    deep = replace(entry(3, 1.0), variant=replace(VARIANTS[3], layers=(4, 4)))
    finalists = [finalist(0, (0.95, 0.97, 1.1)), Finalist(deep, (0.9, 1.0, 1.1))]
    assert judge().choose(finalists).entry.variant == VARIANTS[0]


def test_without_folds_the_best_wins_under_either_rule() -> None:
    finalists = [finalist(0, (1.0,), parameters=50), finalist(1, (1.1,), parameters=5)]
    assert judge().choose(finalists).entry.variant == VARIANTS[0]


def test_a_fold_that_is_hard_for_all_hides_no_difference() -> None:
    """One fold of five is 10 times as hard: over the folds' levels everything would be within one standard error."""
    rng = np.random.default_rng(0)
    y = rng.normal(size=ROWS)
    noise = rng.normal(size=ROWS) * np.where(np.arange(ROWS) < 80, 10, 1)
    better = says(0, y, y + noise, parameters=500)
    simple = says(1, y, y + 1.2 * noise, parameters=2)
    assert simple.mean < better.mean + better.se  # type: ignore[operator]
    assert judge(y=y).choose([better, simple]) is better
    hardly = says(1, y, y + noise + 0.01 * rng.normal(size=ROWS), parameters=2)
    assert judge(y=y).choose([better, hardly]) is hardly


def test_rows_of_one_group_are_no_independent_rows() -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(np.arange(40), 25)
    differences = rng.normal(size=40)[group] + 0.1 * rng.normal(size=1000)
    mean, alone = paired(differences, np.arange(1000))
    again, together = paired(differences, group)
    assert mean == again == pytest.approx(differences.mean())
    assert alone == pytest.approx(differences.std(ddof=1) / np.sqrt(1000))
    by_group = differences.reshape(40, 25).mean(axis=1)
    assert together == pytest.approx(by_group.std(ddof=1) / np.sqrt(40))
    assert together > 3 * alone
    assert paired(differences, np.zeros(1000))[1] == np.inf


def test_an_average_wins_where_errors_are_others_and_not_where_they_are_the_same() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=ROWS)
    one, two = (says(i, y, y + rng.normal(size=ROWS)) for i in (0, 1))
    found = judge(y=y).select([one, two], 5)
    assert {id(member) for member, _ in found.members} == {id(one), id(two)}
    assert sum(weight for _, weight in found.members) == pytest.approx(1.0)
    assert [weight for _, weight in found.members] == pytest.approx([0.5, 0.5], abs=0.11)
    same = says(1, y, np.asarray(one.outputs) + 0.001 * rng.normal(size=ROWS))
    assert judge(y=y).select([one, same], 5).members == ((judge(y=y).choose([one, same]), 1.0),)
    assert len(judge(y=y).select([one, two], 1).members) == 1


def test_an_average_is_not_chosen_for_what_it_owes_to_chance() -> None:
    """Nine models whose errors are those of ten stretches of time, none better than zero: weights fitted to the ten
    stretches seem to gain more than their standard error in 11 of these 30 draws."""
    taken = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        units, y = np.repeat(np.arange(10), 40), rng.normal(size=ROWS)
        simple = says(0, y, np.zeros(ROWS), parameters=1)
        others = [says(1, y, 0.5 * rng.normal(size=10)[units], parameters=9) for _ in range(9)]
        members = judge(y=y, units=units).select([simple, *others], 10).members
        taken += [one for one, _ in members] != [simple]
    assert taken <= 4


def test_rows_that_no_fold_held_out_count_for_nobody() -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=ROWS)
    known = np.arange(ROWS) >= 100

    def partly(index: int, noise: float) -> Finalist:
        return says(index, y, np.where(known, y + noise * rng.normal(size=ROWS), np.nan))

    one, two = partly(0, 1.0), partly(1, 2.0)
    one, two = (replace(each, folds=(float(np.sqrt(np.nanmean(each.losses))),) * 2) for each in (one, two))
    assert judge(y=y).choose([two, one]) is one
    assert np.isfinite([weight for _, weight in judge(y=y).select([one, two], 5).members]).all()


def test_a_finalist_that_exploded_on_folds_keeps_no_rows_from_the_others() -> None:
    """On the rows that all three are known on, line and network make up for each other; on the rest they do not."""
    y, rng = np.zeros(ROWS), np.random.default_rng(0)
    units, easy = np.repeat(np.arange(10), 40), np.arange(ROWS) < 160
    line = says(0, y, 1 + 0.01 * rng.normal(size=ROWS), parameters=2)
    network = says(1, y, np.where(easy, -1, 3) + 0.01 * rng.normal(size=ROWS), parameters=9)
    outputs = np.where(easy, 1.1, np.nan)
    exploded = Finalist(entry(2, 1.0, parameters=2), (1.1, 1.1), outputs, outputs**2)
    found = judge(y=y, units=units).select([line, network, exploded], 10)
    assert found.winner is line
    assert found.members == ((line, 1.0),)


@pytest.mark.parametrize(("sure", "picks", "wanted"), [(3.0, 5, False), (1 / 3, 5, True), (3.0, 1, True)])
def test_an_average_may_be_made_surer_and_one_model_also_less_sure(sure: float, picks: int, wanted: bool) -> None:
    rng = np.random.default_rng(0)
    z = 2 * rng.normal(size=4000)
    y = (rng.random(4000) < 1 / (1 + np.exp(-z))).astype(int)
    losses = np.logaddexp(0, -sure * z * (2 * y - 1))
    network = replace(entry(0, 1.0), variant=replace(VARIANTS[0], kind="network", layers=(4,)))
    one = Finalist(network, (0.5, 0.5), sure * z, losses)
    found = Judge("binary", "log_loss", "best", False, y, np.arange(4000)).select([one], picks).calibration
    assert (found is not None) is wanted
    if found is not None:
        assert found.temperature == pytest.approx(sure, rel=0.1)
        assert found.after < found.before
