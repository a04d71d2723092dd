"""The benchmark of the verdicts: its truth against a closed form, its problems, its score."""

import numpy as np
import pytest
from sklearn.metrics import f1_score

from benchmarks.honesty.verdict_problems import Problem, held, linear, straight, tuning
from benchmarks.honesty.verdicts import Case, examine, macro_f1
from descent.ml.diagnosis.verdict import VERDICTS


def test_the_true_shares_are_those_of_least_squares() -> None:
    problem = Problem("straight", "regression", straight(5), 5, 120, linear("regression", 0.0), noise=2.0, seed=3)
    case = examine(problem)
    explainable = 0.5 * 5
    assert case.variance == pytest.approx(0.5 * 4 * 6 / (120 - 5 - 1) / explainable, rel=0.3)  # 24 models
    assert case.bias == pytest.approx(0.0, abs=0.02)
    assert case.truth == "good fit"
    assert set(case.said) == {"estimated", "configured"}


def test_the_held_out_problems_share_no_family_and_no_seed_with_those_for_tuning() -> None:
    for_tuning, kept = list(tuning()), list(held())
    assert len(kept) >= 100
    assert not {one.family for one in for_tuning} & {one.family for one in kept}
    assert not {one.seed for one in for_tuning} & {one.seed for one in kept}
    assert {one.task for one in kept} == {"regression", "binary", "multiclass"}


def test_macro_f1_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    pairs = rng.integers(0, 4, size=(60, 2))
    cases = [
        Case("x", "regression", 9, 0.5 * (true % 2), 0.5 * (true // 2), {"estimated": VERDICTS[said]}, {}, {}, 0.0)
        for true, said in pairs
    ]
    assert macro_f1(cases, "estimated") == pytest.approx(f1_score(pairs[:, 0], pairs[:, 1], average="macro"))
