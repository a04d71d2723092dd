"""What a diagnosis measures, on tables whose truth is known, without Prefect."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.honesty.inprocess import Run, pose, sweep
from descent.flows.diagnosis.diagnose import judged, observe
from descent.flows.diagnosis.evidence import long_enough
from descent.flows.follow import best_advice
from descent.flows.table.parts import Parts
from descent.schemas import config_from, expand_variants

N, CV = 300, 100
LINEAR = [{"kind": "linear", "lambda": [0, 1, 10]}]


def run_of(frame: pd.DataFrame, folder: Path, models: list, **more: object) -> Run:
    settings = {
        "data": {"target": "y", "task": "regression", **more.pop("data", {})},
        "validate": {"folds": 0},
        "search": {"epochs": 60, "models": models},
        **more,
    }
    question, rows = pose(frame, settings, folder)
    sizes = {"train": N, "cv": CV, "test": 0}
    return sweep(question, Parts(rows, np.arange(N), np.arange(N, N + CV), (), None, sizes, ()), folder)  # type: ignore[arg-type]


def table(truth: Callable[[np.ndarray], np.ndarray], noise: float, columns: int = 4) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(N + CV, columns))
    frame = pd.DataFrame(x, columns=[f"x{i}" for i in range(columns)])
    return frame.assign(y=truth(x) + noise * rng.normal(size=N + CV))


def test_a_straight_truth_is_a_good_fit_and_a_bent_one_high_bias(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    straight = run_of(table(lambda x: x.sum(axis=1), 1.0), tmp_path / "a", LINEAR)
    found = judged(straight.gathered().seen, straight.winner.entry, straight.board)
    assert found.diagnosis.verdict == "good fit"
    assert sum(found.diagnosis.probabilities.values()) == pytest.approx(1.0)
    assert [point["rows"] for point in found.curves.learning] == [38, 75, 150, 300]
    assert [point["lambda"] for point in found.curves.lambda_] == [0, 1, 10]

    bent = run_of(table(lambda x: x[:, 0] ** 2 + x[:, 1], 0.3), tmp_path / "b", LINEAR)
    gathered = bent.gathered()
    found = judged(gathered.seen, bent.winner.entry, bent.board, gathered.changes)
    assert found.diagnosis.verdict == "high bias"
    best = best_advice(found)
    assert best is not None
    advice, change = best
    assert advice.remedy in ("higher degree", "network")
    assert advice.gain is not None
    assert advice.gain.low > 0
    names = [variant.name for variant in change.variants]
    assert len(set(names)) == len(names)
    assert not set(names) & {entry.variant.name for entry in bent.board}
    level = next(one.value for one in found.diagnosis.evidence if one.name == "level")
    assert level < 0.5  # the noise costs 0.045, the dummy 1.5, the straight line 1.1


def test_a_model_that_lambda_binds_is_bound_as_much_on_parts_and_has_the_same_bias(tmp_path: Path) -> None:
    run = run_of(table(lambda x: x.sum(axis=1), 2.0), tmp_path, [{"kind": "linear", "lambda": [3000]}])
    measured = run.gathered().seen.measured
    assert measured is not None
    assert measured.fit is not None
    for part in measured.parts:  # with λ = 3000 for 38, 75 and 150 rows it would be 14, 9 and 6 % more
        assert part.beyond.mean() == pytest.approx(measured.costs.mean() - measured.fit.variance, rel=0.05)


def test_a_sample_is_trained_for_as_many_updates_as_all_rows_within_limits() -> None:
    search = {"epochs": 2, "models": [{"kind": "network", "layers": [4]}]}
    data = {"source": "t.csv", "target": "y", "task": "regression"}
    (network,) = expand_variants(config_from({"data": data, "search": search}))
    assert [long_enough(network, times).epochs for times in (1, 5, 1000)] == [2, 10, 30]
    assert long_enough(replace(network, epochs=50), 1000).epochs == 50
    assert long_enough(replace(network, batch="full"), 1000).epochs == 2


def test_groups_stay_together_in_the_parts(tmp_path: Path) -> None:
    frame = table(lambda x: x.sum(axis=1), 1.0).assign(who=np.arange(N + CV) // 4)
    run = run_of(frame, tmp_path, LINEAR, data={"group": "who"}, split={"by": "group"})
    assert run.study.question.inference.group == "who"
    measured = run.gathered().seen.measured
    assert measured is not None
    assert measured.parts[-1].count == 2


def test_variants_that_a_budget_ended_have_not_diverged(tmp_path: Path) -> None:
    run = run_of(table(lambda x: x.sum(axis=1), 1.0), tmp_path, LINEAR)
    cut = replace(run.board[-1], status="budget", epochs=0)
    assert not cut.usable
    seen = observe(run.winner, [*run.board[:-1], cut], run.study)
    assert (seen.diverged, seen.variants) == (0, 3)
    assert observe(run.winner, [*run.board[:-1], replace(cut, status="diverged")], run.study).diverged == 1


def test_few_rows_are_diagnosed_from_the_costs_alone(tmp_path: Path) -> None:
    run = run_of(table(lambda x: x.sum(axis=1), 1.0), tmp_path, LINEAR)
    parts = replace(run.study.parts, train=np.arange(20))
    few = replace(run, study=replace(run.study, parts=parts))
    seen = few.gathered().seen
    assert seen.measured is None
    assert judged(seen, few.winner.entry, few.board).curves.learning == ()


def test_a_class_of_three_rows_leaves_parts_without_it_out(tmp_path: Path) -> None:
    frame = table(lambda x: x.sum(axis=1), 1.0)
    frame["y"] = np.where(np.isin(np.arange(N + CV), [5, 50, 150, 310, 320]), "yes", "no")
    run = run_of(frame, tmp_path, [{"kind": "logistic", "lambda": [1]}], data={"task": "binary"})
    measured = run.gathered().seen.measured
    assert measured is not None
    assert [part.count for part in measured.parts] == [3, 3, 2]
