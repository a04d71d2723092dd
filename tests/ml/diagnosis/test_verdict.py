"""The diagnosis on the textbook's examples, on situations made by hand, and its invariants."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent.ml.diagnosis.observations import Observations
from descent.ml.diagnosis.verdict import Diagnosis, diagnose, level_as_cost, percent
from descent.ml.errors import OptionError

TRIED = {"tried_hidden": [(), (16,), (64, 32)], "tried_lams": [0.1, 1, 10], "lam": 1, "hidden": (16,)}


def look(train: float, cv: float, dummy: float = 0.5, **more) -> Diagnosis:
    settings = {"rows": 300, "columns": 10, "parameters": 200} | TRIED | more
    return diagnose(Observations(cost_train=train, cost_cv=cv, cost_dummy=dummy, **settings))


def said(found: Diagnosis) -> str:
    return "\n".join(f"{one.text} {one.setting or ''}" for one in found.advice)


def advice(*arguments: float, **more) -> str:
    return said(look(*arguments, **more))


@pytest.mark.parametrize(
    ("level", "train", "cv", "verdict"),
    [
        # Andrew Ng, Machine Learning Yearning, chapters 21 and 22: cats, half of the pictures, so a dummy errs on 50 %
        (0.00, 0.01, 0.11, "high variance"),
        (0.00, 0.15, 0.16, "high bias"),
        (0.00, 0.15, 0.30, "high bias and high variance"),
        (0.00, 0.005, 0.01, "good fit"),
        (0.14, 0.15, 0.16, "good fit"),
        (0.14, 0.15, 0.30, "high variance"),
    ],
)
def test_the_examples_of_the_book(level, train, cv, verdict):
    assert look(train, cv, level=level).verdict == verdict


def test_without_a_level_half_of_the_dummys_cost_is_high_bias():
    assert look(0.24, 0.25).verdict == "good fit"
    assert look(0.26, 0.27).verdict == "high bias"


def test_capacity_that_was_tried_in_vain_is_no_bias():
    tried = look(0.30, 0.31, best_cost_train=0.10, best_cost_cv=0.30)
    assert tried.verdict == "good fit"
    assert "can be fitted 40 % better" in said(tried)
    assert look(0.30, 0.31, best_cost_train=0.29, best_cost_cv=0.30).verdict == "high bias"
    assert (
        look(0.30, 0.31, best_cost_train=0.10, best_cost_cv=0.20).verdict == "high bias"
    )  # a better one was passed over


def test_a_gap_within_the_noise_is_no_variance():
    assert look(0.10, 0.20, se=0.01).verdict == "high variance"
    assert look(0.10, 0.20, se=0.06).verdict == "good fit"


@pytest.mark.parametrize(
    ("train", "verdict"), [(0.49, "high bias"), (0.1, "high variance"), (0.3, "high bias and high variance")]
)
@pytest.mark.parametrize("best_cost_train", [None, 0.0])
def test_no_better_than_a_dummy_is_never_a_good_fit(train, verdict, best_cost_train):
    found = look(train, 0.51, best_cost_train=best_cost_train, best_cost_cv=0.51)
    assert found.verdict == verdict
    assert "does not clearly beat a dummy" in found.advice[0].text


def test_advice_against_bias_names_what_was_not_tried():
    text = advice(0.40, 0.41, entry=1, lam=0.1, hidden=(64, 32))
    assert "search.models[1].lambda=[0, 0.001, 0.01, 0.1]" in text
    assert "search.models[1].layers=[128, 64]" in text
    assert "More rows alone will hardly help: J_cv is only 0.01 above J_train" in text
    assert "J_cv is not above J_train" in advice(0.40, 0.39)
    assert "diagnose.baseline" in text
    assert "Raise λ" not in text


def test_advice_against_bias_leaves_out_what_was_tried():
    text = advice(0.40, 0.41, lam=1, hidden=(16,))  # smaller λ and bigger networks stood in the same search
    assert "Lower λ" not in text
    assert "bigger network" not in text


def test_a_linear_winner_is_told_to_try_degrees_and_networks():
    text = advice(0.40, 0.41, hidden=(), tried_hidden=[()], degree=2, tried_degrees=[1, 2])
    assert "Try a network" in text
    assert "features.degree=[2, 3]" in text
    assert "features.degree" not in advice(0.40, 0.41, hidden=(), tried_hidden=[()], columns=200)


def test_advice_against_variance():
    text = advice(0.05, 0.30, lam=10, entry=0, degree=2, tried_degrees=[2])
    assert "10 was the largest of 3. search.models[0].lambda=[10, 100, 1000]" in text
    assert "300 training rows for 200 parameters and 10 features" in text
    assert "features.degree=1" in text
    assert "search.models[0].layers=[8]" in text
    assert "Raise λ" not in advice(0.05, 0.30, lam=1)
    assert "lambda=[0, 1, 10, 100]" in advice(0.05, 0.30, lam=0, tried_lams=[0])


def test_a_good_fit_at_the_edge_of_the_range_is_told_so():
    assert "Raise λ" in advice(0.1, 0.11, lam=10)
    assert "Lower λ" in advice(0.1, 0.11, lam=0.1)
    assert "λ" not in advice(0.1, 0.11, lam=0, tried_lams=[0, 1])
    assert "Both gaps are small" in advice(0.1, 0.11, lam=1)


def test_a_curve_that_still_falls():
    falling = [0.5 - 0.002 * epoch for epoch in range(100)]
    found = look(0.30, 0.31, curve_cv=falling, curve_train=falling)
    assert found.advice[0].text.startswith("Train longer")
    assert found.advice[0].setting == "search.epochs=300"
    assert "still falling" in {evidence.name for evidence in found.evidence}
    assert "Train longer" not in said(look(0.30, 0.31, curve_cv=falling, stopped_early=True))
    flat = [0.31 + 0.1 * math.exp(-epoch / 5) for epoch in range(100)]
    assert "Train longer" not in said(look(0.30, 0.31, curve_cv=flat))


def test_a_curve_that_rises_after_its_best_epoch():
    rising = [abs(epoch - 30) * 0.005 + 0.2 for epoch in range(100)]
    found = look(0.05, 0.2, curve_cv=rising)
    assert found.verdict == "high variance"
    assert "rising" in {evidence.name for evidence in found.evidence}
    assert "search.early_stopping" in said(found)
    assert "search.early_stopping" not in advice(0.05, 0.2, curve_cv=rising, stopped_early=True)


def test_diverged_variants_and_a_wrong_baseline_are_mentioned():
    assert "3 of 8 variants diverged" in look(0.1, 0.11, diverged=3, variants=8).advice[-1].text
    assert "baseline is no better than the dummy" in look(0.1, 0.11, level=0.9).advice[0].text


def test_a_level_in_the_metric_becomes_a_cost():
    assert level_as_cost("rmse", 3.0, 10.0) == 4.5
    assert level_as_cost("r2", 0.75, 10.0) == 2.5
    assert level_as_cost("log_loss", 0.3, 10.0) == 0.3
    assert level_as_cost("accuracy", 0.9, 10.0) is None


@pytest.mark.parametrize("name", ["cost_train", "cost_cv", "cost_dummy", "level", "se", "best_cost_cv"])
@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0])
def test_refuses_costs_that_are_none(name, value):
    settings = {"cost_train": 1.0, "cost_cv": 1.0, "cost_dummy": 2.0, "rows": 9, "columns": 1, "parameters": 2}
    with pytest.raises(OptionError, match=f"{name} is {value}"):
        Observations(**settings | {name: value})


costs = st.just(0.0) | st.floats(1e-9, 1e6)


@given(
    costs,
    costs,
    costs,
    st.none() | costs,
    st.none() | costs,
    st.none() | costs,
    st.lists(costs, max_size=30),
    st.integers(0, 3),
)
def test_every_number_gives_a_verdict_with_finite_evidence_and_advice(train, cv, dummy, level, se, best, curve, zeros):
    train, cv, dummy = (0.0 if place < zeros else cost for place, cost in enumerate((train, cv, dummy)))
    more = {"best_cost_train": best, "best_cost_cv": best, "curve_train": curve, "curve_cv": curve}
    found = look(train, cv, dummy, level=level, se=se, **more)
    assert found.verdict in {"high bias", "high variance", "high bias and high variance", "good fit"}
    assert found.advice
    assert all(math.isfinite(evidence.value) and evidence.sentence.endswith(".") for evidence in found.evidence)


@given(st.floats(0.001, 1000), st.floats(0.0, 1.2), st.floats(0.0, 1.2))
def test_the_unit_of_the_cost_does_not_matter(unit, train, cv):
    assert look(train * unit, cv * unit, unit).verdict == look(train * 4 * unit, cv * 4 * unit, 4 * unit).verdict


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0, "0 %"),
        (-0.0, "0 %"),
        (-0.0004, "0 %"),
        (0.0004, "0 %"),
        (0.006, "0.6 %"),
        (-0.006, "-0.6 %"),
        (0.034, "3 %"),
        (-0.034, "-3 %"),
        (1.2, "120 %"),
        (12345.678, "1234568 %"),
    ],
)
def test_a_share_is_said_in_whole_percent_and_never_as_minus_nothing(share: float, text: str) -> None:
    assert percent(share) == text
