"""The small parts of the flow, each against something independent."""

from io import StringIO
from math import isfinite
from pathlib import Path

import numpy as np
import pytest

from descent.flows.evaluation.baselines import cost_of, dummy_metrics
from descent.flows.evaluation.folds import epochs_found
from descent.flows.run.progress import Bar, display, shares, shown_on
from descent.flows.run.stopwatch import Stopwatch
from descent.flows.search.leaderboard import Entry
from descent.flows.workers.processes import count_workers
from descent.schemas import config_from, expand_variants

# ---- stopwatch ----------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes when it is told to: its last element is the time."""
    times = [100.0]
    monkeypatch.setattr("descent.flows.run.stopwatch.time.perf_counter", lambda: times[-1])
    return times


def test_a_stage_adds_up_and_counts_while_it_is_open(clock: list[float]) -> None:
    watch = Stopwatch()
    clock.append(101.0)
    for stage, seconds in (("train", 2.0), ("plan", 0.5), ("train", 3.0)):
        watch.enter(stage)
        clock.append(clock[-1] + seconds)
    watch.enter("track")
    clock.append(clock[-1] + 0.5)
    assert watch.seconds() == {"total": 7.0, "train": 5.0, "plan": 0.5, "track": 0.5}
    clock.append(clock[-1] + 0.25)
    assert watch.seconds() == {"total": 7.25, "train": 5.0, "plan": 0.5, "track": 0.75}


def test_what_comes_before_the_first_stage_is_in_the_total_alone(clock: list[float]) -> None:
    watch = Stopwatch()
    clock.append(101.5)
    assert watch.seconds() == {"total": 1.5}


# ---- progress -----------------------------------------------------------------------------------------------------


def test_a_share_is_the_mean_over_the_variants_of_a_bar(tmp_path: Path) -> None:
    np.save(tmp_path / "progress.npy", np.array([1.0, 0.5, 0.0, 0.25]))
    bars = [Bar("two", (0, 1)), Bar("not begun", (2,)), Bar("begun", (3,))]
    assert shares(bars, tmp_path / "progress.npy") == [0.75, 0.0, 0.25]


def test_progress_is_shown_only_where_somebody_looks(tmp_path: Path) -> None:
    from rich.console import Console

    from descent.flows.run.progress import Logged, Terminal

    page = StringIO()
    logged: list[str] = []
    otherwise = Logged(logged.append)
    with shown_on(Terminal(Console(file=page, width=80))):
        display(otherwise).stage("loading [all] of it")
        with display(otherwise).training([Bar("network 8", (0,))], tmp_path / "progress.npy"):
            pass
    assert logged == []
    assert page.getvalue().startswith("loading [all] of it\n  network 8\n  trained in ")
    display(otherwise).stage("on the log")
    with display(otherwise).training([Bar("network 8", (0,))], tmp_path / "progress.npy"):
        pass
    assert logged[:2] == ["on the log", "training network 8"]
    assert "log" not in page.getvalue()


def test_bars_follow_the_file_on_a_terminal(tmp_path: Path) -> None:
    from rich.console import Console

    from descent.flows.run.progress import Terminal

    np.save(tmp_path / "progress.npy", np.zeros(1))
    page = StringIO()
    terminal = Terminal(Console(file=page, width=100, force_terminal=True))
    with terminal.training([Bar("network 8", (0,))], tmp_path / "progress.npy"):
        pass
    assert "network 8" in page.getvalue()
    assert "100 %" in page.getvalue()


@pytest.mark.parametrize("width", [60, 70, 80, 120])
def test_bars_say_how_much_is_left_however_narrow_the_terminal(tmp_path: Path, width: int) -> None:
    from rich.console import Console

    from descent.flows.run.progress import Terminal

    np.save(tmp_path / "progress.npy", np.zeros(1))
    page = StringIO()
    title = "64-32 relu · adam · batch 128 × 24"
    with Terminal(Console(file=page, width=width, force_terminal=True, color_system=None)).training(
        [Bar(title, (0,))], tmp_path / "progress.npy"
    ):
        pass
    last = page.getvalue().splitlines()[-2]  # the last shows the cursor again
    assert title in last
    assert "100 % " in last
    assert "left 0:00:00" in last


def test_a_terminal_says_what_it_waits_for_until_the_first_stage(tmp_path: Path) -> None:
    from rich.console import Console

    from descent.flows.run.progress import Terminal

    page, file = StringIO(), StringIO()
    terminal = Terminal(Console(file=page, width=40, force_terminal=True))
    with terminal.waiting("reading " + 9 * "a/long/path/" + "t.csv …"):
        assert page.getvalue().startswith("\x1b[2mreading a/long")
        assert "\n" not in page.getvalue()  # so that it can be erased
        terminal.stage("t.csv: 9 rows")
    assert page.getvalue().endswith("\r\x1b[2Kt.csv: 9 rows\n")
    elsewhere = Terminal(Console(file=file, width=40))
    with elsewhere.waiting("reading t.csv …"):
        elsewhere.stage("t.csv: 9 rows")
    assert file.getvalue() == "t.csv: 9 rows\n"


# ---- the dummy model ----------------------------------------------------------------------------------------------


def test_the_dummy_of_a_regression_is_that_of_scikit_learn() -> None:
    from sklearn.dummy import DummyRegressor
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    rng = np.random.default_rng(0)
    y, held = rng.normal(3, 2, 50), rng.normal(4, 2, 20)
    said = DummyRegressor().fit(np.zeros((50, 1)), y).predict(np.zeros((20, 1)))
    mine = dummy_metrics("regression", y, held, 0)
    assert mine == pytest.approx({
        "rmse": root_mean_squared_error(held, said), "mae": mean_absolute_error(held, said), "r2": r2_score(held, said)
    })  # fmt: skip
    assert cost_of("regression", mine) == pytest.approx(np.mean((held - said) ** 2) / 2)


@pytest.mark.parametrize(("task", "classes"), [("binary", 2), ("multiclass", 4)])
def test_the_dummy_of_classes_is_that_of_scikit_learn(task: str, classes: int) -> None:
    from sklearn.dummy import DummyClassifier
    from sklearn.metrics import accuracy_score, f1_score, log_loss, roc_auc_score

    rng = np.random.default_rng(classes)
    y, held = rng.choice(classes, 80, p=np.arange(1, classes + 1) / np.arange(1, classes + 1).sum()), np.arange(24)
    held %= classes
    dummy = DummyClassifier(strategy="prior").fit(np.zeros((80, 1)), y)
    chances, said = dummy.predict_proba(np.zeros((24, 1))), dummy.predict(np.zeros((24, 1)))
    areas = roc_auc_score(held, chances[:, 1] if classes == 2 else chances, multi_class="ovr")
    mine = dummy_metrics(task, y, held, classes)
    assert {name: mine[name] for name in ("log_loss", "accuracy", "f1_macro", "roc_auc")} == pytest.approx({
        "log_loss": log_loss(held, chances), "accuracy": accuracy_score(held, said),
        "f1_macro": f1_score(held, said, average="macro"), "roc_auc": areas,
    })  # fmt: skip
    assert cost_of(task, mine) == mine["log_loss"]


@pytest.mark.parametrize(("task", "classes"), [("binary", 2), ("multiclass", 3)])
def test_a_class_that_the_training_rows_lack_costs_much_but_not_everything(task: str, classes: int) -> None:
    y = np.zeros(40, np.int64)
    y[: 10 * (classes - 2)] = 1
    assert isfinite(dummy_metrics(task, y, np.arange(classes), classes)["log_loss"])


# ---- judgement ----------------------------------------------------------------------------------------------------

VARIANTS = expand_variants(config_from({
    "data": {"source": "t.csv", "target": "y"},
    "search": {"models": [{"kind": "linear", "optimizer": {"kind": "lbfgs"}},
                          {"kind": "network", "layers": [4], "lambda": [0, 1]}]},
}))  # fmt: skip


def entry(index: int, rmse: float = 1.0, best_epoch: int = 10) -> Entry:
    return Entry(VARIANTS[index], 0, 5, 1.0, 1.0, {"rmse": rmse}, 20, best_epoch, "completed")


def test_other_rows_are_trained_for_the_epochs_found_and_a_solver_to_its_own_end() -> None:
    assert epochs_found(entry(1, best_epoch=7)) == 7
    assert epochs_found(entry(1, best_epoch=0)) == 1
    assert epochs_found(entry(0, best_epoch=7)) is None


def test_the_number_of_workers_is_the_setting_or_the_processors() -> None:
    assert count_workers(3) == 3
    assert count_workers("auto") >= 1
