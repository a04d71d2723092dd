"""Bootstrap intervals of metrics, against scipy.stats.bootstrap and against the metrics of rows really repeated."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats

from descent.ml.errors import ArrayError
from descent.ml.statistics import bootstrap, metrics

TASKS = ["regression", "binary", "multiclass"]


def sample(task: str, rows: int, seed: int = 0, ties: bool = False) -> tuple[NDArray[Any], NDArray[Any]]:
    """Targets, and outputs that know something about them."""
    rng = np.random.default_rng(seed)
    if task == "regression":
        y = rng.normal(size=rows)
        return y, y + rng.normal(size=rows)
    classes = 2 if task == "binary" else 3
    y = rng.integers(classes, size=rows)
    z = rng.normal(size=(rows, classes)) + np.eye(classes)[y]
    z = z.round() if ties else z
    return y, z[:, 1] - z[:, 0] if task == "binary" else z


@pytest.mark.parametrize("ties", [False, True])
@pytest.mark.parametrize("task", TASKS)
def test_counts_give_the_metrics_of_rows_that_are_repeated_so_often(task: str, ties: bool) -> None:
    y, z = sample(task, 60, ties=ties)
    statistics = bootstrap._statistics(task, y, z)
    rng = np.random.default_rng(1)
    for _ in range(20):
        rows = rng.integers(60, size=60)
        counts = np.bincount(rows, minlength=60)[None, :].astype(float)
        expected = metrics.evaluate(task, None, y[rows], z[rows])
        assert {name: float(of(counts)[0]) for name, of in statistics.items()} == pytest.approx(expected)


def test_a_resample_without_a_class_leaves_its_area_undefined() -> None:
    y, z = np.array([0, 0, 0, 1]), np.array([-1.0, 0.0, 1.0, 2.0])
    of = bootstrap._statistics("binary", y, z)
    without = np.array([[2.0, 1.0, 1.0, 0.0]])
    assert np.isnan(of["roc_auc"](without)[0])
    assert np.isnan(of["average_precision"](without)[0])


@pytest.mark.parametrize(("name", "of"), [("mae", np.abs), ("rmse", np.square)])
def test_intervals_are_those_of_scipy_up_to_chance(name: str, of: Any) -> None:
    y, z = sample("regression", 150)
    low, high = bootstrap.intervals("regression", y, z)[name]
    root = np.sqrt if name == "rmse" else np.asarray
    theirs = stats.bootstrap(
        (of(z - y),),
        lambda x, axis: root(np.mean(x, axis=axis)),
        n_resamples=9999,
        method="BCa",
        rng=np.random.default_rng(3),
    ).confidence_interval
    width = theirs.high - theirs.low
    assert low == pytest.approx(theirs.low, abs=0.07 * width)
    assert high == pytest.approx(theirs.high, abs=0.07 * width)


@pytest.mark.parametrize("task", TASKS)
def test_an_interval_surrounds_the_metric_and_grows_with_confidence_and_small_samples(task: str) -> None:
    y, z = sample(task, 400)
    found = metrics.evaluate(task, None, y, z)
    usual, sure = bootstrap.intervals(task, y, z), bootstrap.intervals(task, y, z, confidence=0.99)
    few = bootstrap.intervals(task, y[:100], z[:100])
    assert set(usual) == set(found)
    for name, (low, high) in usual.items():
        assert low < found[name] < high
        assert sure[name][0] < low
        assert high < sure[name][1]
        assert few[name][1] - few[name][0] > high - low


@pytest.mark.parametrize("task", TASKS)
def test_the_same_seed_gives_the_same_interval(task: str) -> None:
    y, z = sample(task, 80)
    assert bootstrap.intervals(task, y, z, seed=4) == bootstrap.intervals(task, y, z, seed=4)
    assert bootstrap.intervals(task, y, z, seed=4) != bootstrap.intervals(task, y, z, seed=5)


def test_rows_of_one_thing_are_no_independent_evidence() -> None:
    y, z = sample("regression", 50)
    repeated = np.repeat(np.arange(50), 8)
    y, z = y[repeated], z[repeated]
    alone, together = (
        bootstrap.intervals("regression", y, z),
        bootstrap.intervals("regression", y, z, clusters=repeated),
    )
    once = bootstrap.intervals("regression", y[::8], z[::8])
    width = {name: high - low for name, (low, high) in together.items()}
    assert together["mae"] == pytest.approx(once["mae"], abs=0.1 * width["mae"])
    assert width["mae"] > 2 * (alone["mae"][1] - alone["mae"][0])  # √8 times, up to chance


def test_many_rows_are_resampled_in_blocks_and_less_often() -> None:
    rows = bootstrap.WORK // bootstrap.FEWEST // 2
    blocks = [len(counts) for counts in bootstrap._resamples(np.arange(rows), np.random.default_rng(0))]
    assert sum(blocks) == 2 * bootstrap.FEWEST
    assert max(blocks) * rows <= bootstrap.BLOCK


def test_a_metric_that_is_undefined_has_no_interval() -> None:
    assert set(bootstrap.intervals("binary", np.zeros(30, int), np.linspace(-1, 1, 30))) == {
        "log_loss",
        "accuracy",
        "f1_macro",
    }
    assert bootstrap.intervals("regression", [1.0, 2.0], [np.nan, 1.0]) == {}
    assert bootstrap.intervals("regression", [1.0, 2.0], [1.0, 2.0])["rmse"] == (0.0, 0.0)
    with pytest.raises(ArrayError, match="no rows"):
        bootstrap.intervals("regression", [], [])


def test_many_rows_have_the_error_that_statistics_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "LARGE", 20_000)
    rng = np.random.default_rng(0)
    y = rng.normal(size=40_000)
    outputs = y + rng.normal(size=40_000)
    found = bootstrap.intervals("regression", y, outputs)
    halves = {name: (high - low) / 2 for name, (low, high) in found.items()}
    errors = outputs - y
    assert halves["mae"] == pytest.approx(1.96 * np.abs(errors).std() / 200, rel=0.15)  # the mean's, of 200² rows
    assert halves["rmse"] == pytest.approx(1.96 * (errors**2).std() / (2 * np.sqrt((errors**2).mean())) / 200, rel=0.15)
    labels = rng.integers(0, 2, 40_000)
    found = bootstrap.intervals("binary", labels, labels - 0.5 + rng.normal(size=40_000), confidence=0.9)
    low, high = found["accuracy"]
    share = (low + high) / 2
    assert (high - low) / 2 == pytest.approx(1.645 * np.sqrt(share * (1 - share) / 40_000), rel=0.15)


@pytest.mark.parametrize("task", TASKS)
def test_random_groups_agree_with_resamples(task: str, monkeypatch: pytest.MonkeyPatch) -> None:
    y, z = sample(task, 12_000)
    clusters = np.arange(12_000) // 2
    resampled = bootstrap.intervals(task, y, z, clusters=clusters)
    monkeypatch.setattr(bootstrap, "LARGE", 5_000)
    monkeypatch.setattr(bootstrap, "EACH", 5)
    grouped = bootstrap.intervals(task, y, z, clusters=clusters)
    assert grouped.keys() == resampled.keys()
    for name, (low, high) in grouped.items():
        width = resampled[name][1] - resampled[name][0]
        assert high - low == pytest.approx(width, rel=0.25), name
        assert low == pytest.approx(resampled[name][0], abs=0.2 * width), name


def test_a_rare_class_among_many_rows_is_resampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "LARGE", 5_000)
    y, z = sample("binary", 6_000)
    y[np.flatnonzero(y)[30:]] = 0  # 30 positives: most groups would have none
    low, high = bootstrap.intervals("binary", y, z)["average_precision"]
    assert 0 <= low < metrics.evaluate("binary", None, y, z)["average_precision"] < high
