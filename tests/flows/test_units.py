"""The small parts of the flow, each against something independent."""

import json
import re
from io import StringIO
from math import isfinite
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows import workspace as workspaces
from flows.baselines import cost_of, dummy_metrics
from flows.errors import RunError
from flows.judgement import epochs_found, finalists
from flows.notes import leaderboard, markdown, plain
from flows.progress import Bar, display, shares, shown_on
from flows.report import print_report
from flows.selection import Entry
from flows.stopwatch import Stopwatch
from flows.tested import number
from flows.workers import count_workers
from flows.workspace import Workspace
from schemas import ExperimentResult, config_from, expand_variants
from schemas.results import TestResult as Tested

# ---- stopwatch ----------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that goes when it is told to: its last element is the time."""
    times = [100.0]
    monkeypatch.setattr("flows.stopwatch.time.perf_counter", lambda: times[-1])
    return times


def test_a_stage_adds_up_and_counts_while_it_is_open(clock: list[float]) -> None:
    watch = Stopwatch()
    clock.append(101.0)
    for seconds in (2.0, 3.0):
        with watch.stage("train"):
            clock.append(clock[-1] + seconds)
    with watch.stage("track"):
        clock.append(clock[-1] + 0.5)
        assert watch.seconds() == {"total": 6.5, "train": 5.0, "track": 0.5}
        clock.append(clock[-1] + 0.25)
    assert watch.seconds() == {"total": 6.75, "train": 5.0, "track": 0.75}


def test_a_stage_that_fails_has_taken_its_time(clock: list[float]) -> None:
    watch = Stopwatch()
    with pytest.raises(KeyError), watch.stage("load"):
        clock.append(101.5)
        raise KeyError
    assert watch.seconds() == {"total": 1.5, "load": 1.5}


# ---- workspace ----------------------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / ".descent"))
    return tmp_path / ".descent"


def test_a_finished_run_keeps_what_it_wrote_and_drops_its_scratch(home: Path) -> None:
    work = Workspace("Häuser / flats!")
    (work.scratch / "model").mkdir()
    work.keep("model")
    work.write_json("a.json", {"straße": 1})
    work.close(finished=True)
    assert sorted(path.name for path in work.folder.iterdir()) == ["a.json", "model"]
    assert work.folder.parent == home / "runs"
    assert re.fullmatch(r"\d{8}-\d{6}-h-user-flats-[0-9a-f]{6}", work.folder.name)
    assert json.loads((work.folder / "a.json").read_text(encoding="utf-8")) == {"straße": 1}


def test_a_run_that_ends_early_leaves_nothing(home: Path) -> None:
    work = Workspace("flats")
    work.write_text("result.json", "{}")
    work.close(finished=False)
    assert list((home / "runs").iterdir()) == []


def test_a_run_that_goes_on_keeps_its_name_and_begins_with_an_empty_folder(home: Path) -> None:
    killed = Workspace("flats")
    (killed.scratch / "half.npy").write_bytes(b"")
    (killed.folder / "model").mkdir()
    again = Workspace("flats", killed.id)
    again.clear()
    assert again.folder == killed.folder
    assert [path.name for path in again.folder.rglob("*")] == ["scratch"]
    assert again.result() is None
    again.write_text("result.json", "{")
    assert again.result() is None


def test_a_write_that_fails_leaves_the_old_file_whole(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work = Workspace("flats")
    work.write_text("result.json", "old")

    def full_disk(path: Path, text: str, **more: object) -> int:
        path.open("w").write(text[:2])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"), pytest.warns(ResourceWarning):
        patch.setattr(workspaces.Path, "write_text", full_disk)
        work.write_text("result.json", "new and longer")
    assert (work.folder / "result.json").read_text(encoding="utf-8") == "old"
    with pytest.raises(ValueError, match="not JSON compliant"):
        work.write_json("result.json", {"cost": float("nan")})
    assert (work.folder / "result.json").read_text(encoding="utf-8") == "old"


def test_runs_of_one_name_in_one_second_have_folders_of_their_own(home: Path) -> None:
    assert len({Workspace("flats").folder for _ in range(20)}) == 20


def test_a_home_that_cannot_be_made_is_an_error_for_the_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("DESCENT_HOME", str(tmp_path / "file"))
    with pytest.raises(RunError, match=r"cannot be written.*DESCENT_HOME"):
        Workspace("flats")


# ---- progress -----------------------------------------------------------------------------------------------------


def test_a_share_is_the_mean_over_the_variants_of_a_bar(tmp_path: Path) -> None:
    np.save(tmp_path / "progress.npy", np.array([1.0, 0.5, 0.0, 0.25]))
    bars = [Bar("two", (0, 1)), Bar("not begun", (2,)), Bar("begun", (3,))]
    assert shares(bars, tmp_path / "progress.npy") == [0.75, 0.0, 0.25]


def test_progress_is_shown_only_where_somebody_looks(tmp_path: Path) -> None:
    from rich.console import Console

    from flows.progress import Logged, Terminal

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

    from flows.progress import Terminal

    np.save(tmp_path / "progress.npy", np.zeros(1))
    page = StringIO()
    terminal = Terminal(Console(file=page, width=100, force_terminal=True))
    with terminal.training([Bar("network 8", (0,))], tmp_path / "progress.npy"):
        pass
    assert "network 8" in page.getvalue()
    assert "100 %" in page.getvalue()


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


def test_finalists_take_their_column_of_the_folds() -> None:
    candidates = [entry(1, 0.5), entry(2, 0.6)]
    found = finalists(candidates, [[1.0, 2.0], [3.0, 4.0], [5.0, 9.0]], "rmse")
    assert [(one.entry, one.folds) for one in found] == [
        (candidates[0], (1.0, 3.0, 5.0)), (candidates[1], (2.0, 4.0, 9.0)),
    ]  # fmt: skip
    assert [one.folds for one in finalists(candidates, [], "rmse")] == [(0.5,), (0.6,)]


def test_other_rows_are_trained_for_the_epochs_found_and_a_solver_to_its_own_end() -> None:
    assert epochs_found(entry(1, best_epoch=7)) == 7
    assert epochs_found(entry(1, best_epoch=0)) == 1
    assert epochs_found(entry(0, best_epoch=7)) is None


def test_the_number_of_workers_is_the_setting_or_the_processors() -> None:
    assert count_workers(3) == 3
    assert count_workers("auto") >= 1


# ---- notes and report ---------------------------------------------------------------------------------------------


def result(variants: int = 1, name: str = "32-16 relu · adam · λ=0.1 · lr=0.001 · deg 2") -> ExperimentResult:
    row = {
        "params": {"lambda": 0.1}, "cost": {"train": 0.1234567, "cv": 0.2}, "metrics": {"cv": {"rmse": 1.5, "r2": 0.5}},
        "epochs": 30, "status": "completed",
    }  # fmt: skip
    lost = row | {"name": "lost", "status": "diverged", "cost": {"train": None, "cv": None}, "metrics": {"cv": {}}}
    return ExperimentResult.model_validate({
        "experiment": "flats <b>|new|</b>", "task": "regression",
        "data": {"rows": 1000, "digest": "0" * 64, "splits": {"train": 600, "cv": 200, "test": 200}, "source": "t.csv"},
        "variants": [row | {"name": name if i == 0 else f"{name} {i}"} for i in range(variants)] + [lost],
        "selected": {"name": name, "params": {}, "metric": "rmse",
                     "cv": {"mean": 1.25, "se": 0.0625, "folds": [1.0, 1.5]}},
        "diagnosis": {"verdict": "high bias", "advice": [{"text": "[bold]exclude[/] <i>column</i>"}],
                      "evidence": [{"name": "J_train", "value": 0.1, "sentence": "J_train is 0.1 [much]"}]},
        "test": {"metrics": {"rmse": 1.5, "r2": 0.5}, "baseline": {"rmse": 3.0, "r2": 0.0}, "linear": {"rmse": 2.0},
                 "intervals": {"rmse": [1.25, 1.75]}},
        "seconds": {"total": 5, "load": 1, "features": 1, "train": 1, "crossvalidate": 1, "track": 1},
        "mlflow": {"tracking_uri": "sqlite:///x", "experiment_id": "1", "run_id": "a1"}, "model": "/runs/1/model",
    })  # fmt: skip


@given(st.text())
def test_no_text_is_markup_in_a_note(text: str) -> None:
    from html import unescape

    written = plain(text)
    assert not set("\\`*_[]<>|") & set(written)
    assert "#" not in written.replace("&#", "")
    assert unescape(written) == text


def test_a_note_shows_the_outcome_and_escapes_names() -> None:
    note = markdown(result())
    assert "<b>" not in note
    assert "<i>" not in note
    assert "rmse 1.25 ± 0.062 over 2 folds" in note
    assert "|  | this model | 95 % interval | plain linear | always the mean |" in note
    assert "| rmse | 1.5 | 1.25 to 1.75 | 2 | 3 |" in note
    assert "| r2 | 0.5 | – | – | 0 |" in note


def test_the_leaderboard_is_a_table_of_numbers_with_null_for_what_is_none() -> None:
    table = json.loads(leaderboard(result()))
    first, last = (dict(zip(table["columns"], row, strict=True)) for row in table["data"])
    assert (first["train/J"], first["cv/rmse"]) == (pytest.approx(0.1235, abs=1e-4), 1.5)
    assert (last["train/J"], last["status"]) == (None, "diverged")


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_report_says_everything_at_any_width(width: int) -> None:
    from rich.console import Console

    page = StringIO()
    print_report(result(variants=14), Console(file=page, width=width))
    words = " ".join(page.getvalue().split())
    for part in ("Selected 32-16 relu · adam · λ=0.1 · lr=0.001 · deg 2", "rmse 1.25 ± 0.062 over 2 folds",
                 "high bias",
                 "J_train is 0.1 [much]", "→ [bold]exclude[/] <i>column</i>", "/runs/1/model",
                 "… and 5 more variants in MLflow"):  # fmt: skip
        assert part in words, page.getvalue()
    assert words.count(" 1.5 ") >= 11  # the metric of ten rows and of the test, none cut off
    assert "[bold]Selected" not in words
    if width >= 100:
        assert "◀" in words
        (first,) = [line for line in page.getvalue().splitlines() if re.match(r"\s*1\s+32-16", line)]
        assert first.split()[-6:] == ["1.5", "0.5", "0.1235", "0.2", "30", "◀"]


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_no_cell_is_broken_on_a_terminal_of_usual_width(width: int) -> None:
    from rich.console import Console

    names = ("log_loss", "accuracy", "average_precision")
    found = result(variants=14, name="64-32 relu · adam · λ=0.1 · lr=0.001 · deg 2").model_copy(
        update={
            "test": Tested.model_validate({
                "metrics": dict.fromkeys(names, 0.8983), "baseline": dict.fromkeys(names, 0.3517),
                "linear": dict.fromkeys(names, 0.7791), "intervals": dict.fromkeys(names, (0.8863, 0.9103)),
            }),
        }
    )  # fmt: skip
    page = StringIO()
    print_report(found, Console(file=page, width=width))
    lines = page.getvalue().splitlines()
    for i in range(1, 10):
        (row,) = [line for line in lines if line.lstrip().startswith(f"{i + 1} ")]
        assert f"64-32 relu · adam · λ=0.1 · lr=0.001 · deg 2 {i}" in row and " 1.5" in row
    (row,) = [line for line in lines if "average_precision" in line]
    assert row.split()[:5] == ["average_precision", "0.8983", "0.8863", "to", "0.9103"]
    assert ("J_train" in "".join(lines[:6])) == (width >= 100)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1234567.0, "1.235e+06"),
        (-0.0, "0"),
        (-0.5, "-0.5"),
        (0.000123456, "0.0001235"),
        (None, "–"),
        (float("inf"), "–"),
        (0.0, "0"),
    ],
)
def test_numbers_have_four_digits(value: float | None, text: str) -> None:
    assert number(value) == text
