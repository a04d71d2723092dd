"""The benchmarks work and compare equal work, on tiny shapes; no time is asserted."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks.clusters import cluster_simulation, cost_model
from benchmarks.clusters.cluster_simulation import Cluster, simulate
from benchmarks.runs import large, watching
from benchmarks.runs.watching import Run
from benchmarks.speed import ours, predictions, rivals
from benchmarks.speed.bare import make_products
from benchmarks.speed.chunks import measure_curve
from benchmarks.speed.figures import Figure, network_figures
from benchmarks.speed.memory import measure_memory
from benchmarks.speed.phases import share_of_phases
from benchmarks.speed.report import write_report
from benchmarks.speed.shapes import SHAPES, Shape, fleet_settings, make_data
from benchmarks.speed.suite import Results, measure_network, measure_path
from benchmarks.speed.timing import Range, alternate, ratio
from benchmarks.speed.work import Work, check_equal, check_path
from descent import ml

BINARY = Shape("a", 500, 8, (6,), 64, epochs=60)
DIGITS = replace(SHAPES["d"], rows=400, hidden=(12, 8), batch=50, epochs=30)


@pytest.mark.parametrize("shape", [BINARY, DIGITS], ids=["binary", "digits"])
def test_every_side_does_the_same_work_on_the_same_float32_data(shape: Shape) -> None:
    x, y = make_data(shape)
    assert x.shape == (shape.rows, shape.columns)
    assert x.dtype == np.float32
    assert set(y) == set(range(shape.classes))
    works = [ours.work_of(shape, ml.Arrays(x, y)), rivals.work_of_sklearn(rivals.train_sklearn(shape, x, y))]
    if rivals.HAS_TORCH:
        works.append(rivals.make_torch(shape, x, y)())
    check_equal(shape, works)
    assert {work.steps for work in works} == {shape.epochs * -(-shape.rows // shape.batch)}


def test_unequal_work_is_refused() -> None:
    fair = Work("one", BINARY.epochs, BINARY.epochs * BINARY.steps, 0.5)
    check_equal(BINARY, [fair, fair._replace(side="other", loss=0.45)])
    for unfair in (fair._replace(steps=fair.steps - 1), fair._replace(epochs=1), fair._replace(loss=0.9)):
        with pytest.raises(RuntimeError, match=r"\(a\)"):
            check_equal(BINARY, [fair, unfair])


def test_a_fleet_in_chunks_is_the_variants_one_by_one() -> None:
    shape = replace(BINARY, epochs=3)
    data, settings = ml.Arrays(*make_data(shape)), fleet_settings(5)
    together = ours.train_chunks(shape, data, settings, 2)
    alone = [ours.train_chunks(shape, data, [one])[0] for one in settings]
    for one, other in zip(together, alone, strict=True):
        np.testing.assert_array_equal(one.parameters, other.parameters)
    assert len({one.seed for one in ours.with_seeds(settings)}) == 5


def test_the_whole_report_of_small_shapes_names_every_part() -> None:
    results = Results(repetitions=1)
    measure_network(results, replace(BINARY, epochs=20), 1)
    measure_path(results, 1, 3, rows=400)
    results.curves.append(measure_curve(BINARY, ml.Arrays(*make_data(BINARY)), 1, 1, (1, 4)))
    missed = ["fleet of 32 / MLPClassifier (a)", "λ path, logistic / LogisticRegression (g)"]
    results.figures += [Figure(name, 2, 3, Range(1, 1, 1)) for name in missed]
    text = write_report(results)
    for part in ("## Machine", "## Figures", "## Out of reach", "## Times", "## Chunks", "## Phases", "## Equal work"):
        assert part in text
    assert "fleet of 32 / MLPClassifier (a)" in text
    assert "without any other work the figure would be" in text
    assert "λ path, logistic" in text


def test_a_path_that_is_not_solved_is_refused() -> None:
    x, y = np.arange(8, dtype=np.float32)[:, None], np.arange(8, dtype=np.float32)
    exact = [np.array([1.0, 0.0])]
    check_path("linear", x, y, [1e-9], exact, exact)
    with pytest.raises(RuntimeError, match="objective"):
        check_path("linear", x, y, [1e-9], [np.array([0.5, 0.0])], exact)


def test_memory_above_the_data_is_more_than_nothing_and_less_than_the_machine() -> None:
    found = measure_memory(BINARY, 1)
    assert set(found) == {"chunks", "together"}
    assert all(0 < megabytes < 1000 for megabytes in found.values())


def test_phases_cover_the_training() -> None:
    shares = share_of_phases(replace(BINARY, epochs=2), ml.Arrays(*make_data(BINARY)), 2)
    assert sum(shares.values()) == pytest.approx(1)
    assert min(shares.values()) >= 0


def test_ratios_are_of_medians_with_the_range_of_pairs() -> None:
    assert ratio([2, 4, 9], [1, 1, 3]) == Range(4, 2, 4)
    seconds = alternate({"products": make_products(replace(BINARY, epochs=1), 2), "nothing": lambda: None}, 3)
    assert [len(values) for values in seconds.values()] == [3, 3]


def test_a_verdict_knows_which_way_is_better() -> None:
    fast, small = Figure("speed", 2, 4, Range(3, 3, 3)), Figure("size", 4, 2, Range(3, 3, 3), low_is_good=True)
    assert (fast.verdict, small.verdict) == ("reached", "reached")
    assert fast._replace(measured=Range(1, 1, 1)).verdict == "MISSED"
    assert small._replace(measured=Range(1, 1, 1)).verdict == "aim"
    times = {name: [1.0] for name in ("fleet", "alone", "MLPClassifier", "products stacked", "products alone")}
    assert [one.reach for one in network_figures(SHAPES["f"], times, 1)] == [1.6, 1.5, 1.8]


def test_both_sides_of_the_predictions_learn_the_same(tmp_path: Path) -> None:
    frame, rows = predictions.table(1500, 0), predictions.table(400, 1)
    ours = predictions.descent_model(frame, tmp_path / "model").predict(rows)["prediction"]
    theirs = predictions.sklearn_model(frame, tmp_path / "model.joblib").predict(rows.drop(columns="y"))
    assert np.corrcoef([ours, theirs, rows["y"]])[np.triu_indices(3, 1)].min() > 0.8


WORKS = [
    cost_model.Work(rows, 10, layers, variants, epochs)
    for rows in (512, 4096)
    for layers in ((), (16,), (64, 8))
    for variants in (1, 6, 32)
    for epochs in (1, 3)
]


def test_the_cost_model_finds_the_coefficients_that_made_the_times() -> None:
    true = cost_model.CostModel((3e-5, 1e-5, 1e-8, 2e-9, 9e-11, 8e-10), (2e6, 1.3, 12.0, 900.0))
    made = [cost_model.Measured(work, true.seconds(work), round(true.bytes(work)), 0, 0) for work in WORKS]
    found = cost_model.fit(made)
    assert found.time == pytest.approx(true.time)
    assert found.memory == pytest.approx(true.memory, rel=1e-3)


def test_the_bytes_of_a_chunk_are_those_that_are_pickled() -> None:
    work = cost_model.Work(3000, 5, (16,), 4, 3)
    found = cost_model.measure_here(work, 2)
    assert work.data == pytest.approx(found["data"], rel=0.02)
    assert work.result == pytest.approx(found["result"], rel=0.25)


def test_a_simulated_cluster_keeps_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cluster_simulation, "SPREAD", 0.0)
    model = cost_model.CostModel((0.0, 0.0, 1e-4 / 128, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0))
    sweep = cost_model.Work(12_800, 20, (8,), 64, 10)  # 64 · 0.1 s
    alone = simulate(sweep, 8, model, Cluster(1, scheduler=0.0, link=1e15))
    four = simulate(sweep, 8, model, Cluster(4, scheduler=0.0, link=1e15))
    assert alone.seconds == pytest.approx(6.4)
    assert four.seconds == pytest.approx(1.6)
    slow = simulate(sweep, 8, model, Cluster(4, scheduler=0.0, link=sweep.data))  # a second for each worker
    assert slow.seconds == pytest.approx(1.6 + 4)
    assert slow.bound == "link"
    queued = simulate(sweep, 8, model, Cluster(64, scheduler=0.1, link=1e15))  # 64 messages out, and the last back
    assert queued.seconds > 6.4
    assert queued.bound == "scheduler"


def test_growth_is_counted_per_doubling_beyond_start_up() -> None:
    def runs(power: float) -> dict[int, Run]:
        return {rows: Run(0.0, 20 + (rows / 1000) ** power, {}, {}, 0.0, {}) for rows in (100_000, 10_000, 400_000)}

    start = {large.TINY: Run(0.0, 20.0, {}, {}, 0.0, {})}
    assert [factor for _, _, factor in large.growth(runs(1.0) | start)] == pytest.approx([1.0, 1.0])
    assert [factor for _, _, factor in large.growth(runs(1.5) | start)] == pytest.approx([2**0.5, 2**0.5])
    assert large.growth(runs(1.0)) == []


@pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="memory by process is Linux's to tell")
def test_a_watched_process_has_memory_and_has_used_a_processor() -> None:
    mine = watching.memory(os.getpid())
    assert mine["all"] >= mine["anonymous"] > 1 << 20
    assert watching.processor_seconds(os.getpid()) > 0
    assert os.getpid() in watching.processes(f"PATH={os.environ['PATH']}")
