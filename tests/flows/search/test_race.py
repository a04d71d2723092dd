"""The rungs of a halving, and searches that a budget ends; trained in this process, without a server."""

from collections.abc import Sequence
from itertools import count
from pathlib import Path
from time import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from descent.flows import tasks
from descent.flows.run.study import Study
from descent.flows.search.cost import Estimate
from descent.flows.search.halving import affordable, rungs, survivors
from descent.flows.search.leaderboard import Entry
from descent.flows.search.plan import plan_of
from descent.flows.search.race import Race
from descent.flows.table.question import ask
from descent.flows.table.split import cut
from descent.flows.workers.engine import AtOnce
from descent.schemas import ConfigError, SearchConfig, config_from

from ..tables import prices, write

NETWORKS = {
    "kind": "network",
    "layers": [[4], [6, 3]],
    "lambda": [0, 1, 10],
    "batch": 32,
    "optimizer": {"kind": "adam", "learning_rate": [0.001, 0.01, 0.03]},
}
LINEAR = {"kind": "linear", "lambda": [0, 1]}


def search(**more: Any) -> SearchConfig:
    return SearchConfig.model_validate({"strategy": "halving", **more})


def test_rungs_rise_by_eta_to_all_epochs() -> None:
    assert rungs(search(epochs=120), 100) == (10, 40, 120)
    assert rungs(search(epochs=200), 100) == (17, 68, 200)
    assert rungs(search(epochs=81, halving={"eta": 3}), 100) == (9, 27, 81)
    assert rungs(search(epochs=81, halving={"eta": 3, "first": 1}), 500) == (1, 3, 9, 27, 81)
    assert rungs(search(epochs=64, halving={"eta": 2}), 100) == (16, 32, 64)
    assert rungs(search(epochs=200, strategy="grid"), 100) == (200,)


def test_few_variants_are_compared_late_and_four_are_not() -> None:
    assert rungs(search(epochs=120), 17) == (10, 40, 120)
    assert rungs(search(epochs=120), 16) == (40, 120)
    assert rungs(search(epochs=120), 5) == (40, 120)
    assert rungs(search(epochs=120), 4) == (120,)
    assert rungs(search(epochs=1), 50) == (1,)
    assert [survivors(n, 4) for n in (1, 3, 4, 5, 16, 17, 48)] == [1, 3, 4, 4, 4, 5, 12]


@given(st.integers(1, 500), st.integers(1, 3000), st.integers(2, 5), st.none() | st.integers(1, 600))
def test_rungs_rise_and_end_at_all_epochs(epochs: int, variants: int, eta: int, first: int | None) -> None:
    found = rungs(search(epochs=epochs, halving={"eta": eta, "first": first}), variants)
    assert list(found) == sorted(set(found)) and found[-1] == epochs and found[0] >= 1
    for _ in found[:-1]:  # every rung before the last cuts
        assert survivors(variants, eta) < variants
        variants = survivors(variants, eta)


@given(st.integers(0, 50), st.integers(1, 50), st.integers(1, 60), st.integers(0, 5000))
def test_what_can_be_afforded_is_never_more_than_is_left(reached: int, more: int, variants: int, left: int) -> None:
    until = affordable(reached + more, reached, variants, left)
    assert reached <= until <= reached + more and (until - reached) * variants <= left
    assert until == reached + more or (until + 1 - reached) * variants > left


class Silent:
    """In the place of the recorder: remembers names."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def add(self, entries: Sequence[Entry]) -> None:
        self.seen += [entry.variant.name for entry in entries]


def train(folder: Path, monkeypatch: pytest.MonkeyPatch, models: list[dict[str, Any]], **more: Any) -> Race:
    """The flow's stage of training."""
    monkeypatch.setenv("DESCENT_HOME", str(folder / "home"))
    config = config_from(
        {
            "data": {"source": str(write(prices(), folder / "flats.csv")), "target": "price"},
            "search": {"epochs": 27, "early_stopping": None, "models": models, **more},
        }
    )
    posed, scratch, recorder = ask(config), folder / "scratch", Silent()
    question = posed.question
    scratch.mkdir()
    study = Study(question, cut(question, posed.take(), scratch), AtOnce(), scratch, workers=2)
    study.swept(question.variants[0].features)
    plan = plan_of(study)
    np.save(study.progress, np.zeros(len(plan.variants)))
    study.states.mkdir()
    cost = Estimate(1.0, 1.0, {fleet.number: (1.0, 0.5) for fleet in plan.fleets})
    race = Race(plan, study, cost)
    while race.chunks:
        trained = [
            one
            for chunk in race.chunks
            for one in tasks.train_chunk.fn(chunk, study, recorder, race.deadline)  # type: ignore[arg-type]
        ]
        recorder.add(race.advance(trained))
    assert np.load(study.progress).min() == 1  # a bar ends full, whatever was cut
    assert sorted(recorder.seen) == sorted(variant.name for variant in question.variants)  # each once
    assert sorted(entry.variant.name for entry in race.entries) == sorted(recorder.seen)
    return race


def test_survivors_end_with_the_bits_of_a_grid_and_the_better_ones_survive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grid = {e.variant.name: e for e in train(tmp_path / "grid", monkeypatch, [LINEAR, NETWORKS]).entries}
    halving = {"strategy": "halving", "halving": {"eta": 3, "first": 1}}
    race = train(tmp_path / "halving", monkeypatch, [LINEAR, NETWORKS], **halving)
    assert [(one.epochs, one.variants, one.kept) for one in race.rungs] == [(1, 18, 6), (3, 6, 4), (27, 4, 0)]
    by_status: dict[str, list[Entry]] = {}
    for entry in race.entries:
        by_status.setdefault(entry.status, []).append(entry)
        full = grid[entry.variant.name]
        assert entry.curve_cv == full.curve_cv[: entry.epochs] and entry.curve_train == full.curve_train[: entry.epochs]
    assert {status: len(found) for status, found in by_status.items()} == {"completed": 6, "halved": 14}
    for entry in by_status["completed"]:
        full = grid[entry.variant.name]
        assert (entry.cost_train, entry.cost_cv, entry.metrics) == (full.cost_train, full.cost_cv, full.metrics)
    after_one = sorted(min(e.curve_cv[:1]) for e in grid.values() if e.variant.kind == "network")
    cut = [e.cost_cv for e in by_status["halved"] if e.epochs == 1]
    assert min(cut) >= after_one[5]
    told = race.result()["summary"]
    assert told == (
        "Halving by rmse on the cv rows: 6 of 18 continued after 1 epochs; 4 of 6 continued after 3 epochs. "
        "The others are marked halved.",
    )


@pytest.mark.parametrize("strategy", ["grid", "halving"])
def test_a_budget_of_epochs_is_kept_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, strategy: str) -> None:
    race = train(tmp_path, monkeypatch, [LINEAR, NETWORKS], strategy=strategy, budget={"epochs": 40})
    result = race.result()
    spent, statuses = result["epochs"], result["statuses"]
    assert isinstance(spent, int) and 20 < spent <= 40
    assert isinstance(statuses, dict) and statuses["budget"] > 0 and statuses["completed"] == 2  # newton's
    assert "The budget of 40 variant-epochs stopped" in str(result["summary"])


def test_a_budget_below_an_epoch_for_each_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"search\.budget\.epochs: 17 is less than one epoch for each of 18 variants"):
        train(tmp_path, monkeypatch, [LINEAR, NETWORKS], budget={"epochs": 17})


def test_a_budget_of_minutes_ends_every_chunk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began, asked = time(), count(1)
    for module in (
        "descent.flows.search.race",
        "descent.ml.chunks",
        "descent.ml.fleets.trainer",
    ):  # time passes when it is asked for, however busy all are
        monkeypatch.setattr(f"{module}.time", lambda: began + next(asked) / 100)
    race = train(tmp_path, monkeypatch, [NETWORKS], epochs=20_000, budget={"minutes": 8 / 60})
    assert race.deadline is not None and began < race.deadline < began + 60
    assert {entry.status for entry in race.entries} == {"budget"}
    assert min(entry.epochs for entry in race.entries) > 0, [entry.epochs for entry in race.entries]
