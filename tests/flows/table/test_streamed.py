"""A table that is read some rows at a time gives the parts, features and weights of one that is read at once."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import descent.data.reading.large
from descent.flows.run.study import Study
from descent.flows.search.work import submit
from descent.flows.table import streamed
from descent.flows.table.parts import InMemory, Parts
from descent.flows.table.question import Question, ask
from descent.flows.table.split import cut as cut_rows
from descent.flows.workers.engine import AtOnce
from descent.schemas import ExperimentConfig, config_from

from ..embedded import Embedded


def table(rows: int, folder: Path) -> Path:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame["kind"] = rng.choice(["red", "green", "blue"], rows)
    frame["city"] = np.array([f"{a}{b}ton" for a in "ABCDEFGHIJKLMNOPQRST" for b in "aeiouälrvy"])[
        rng.integers(0, 200, rows)
    ]  # many levels: encoded by the target
    frame["price"] = x[:, 0] + (frame["kind"] == "red") + rng.normal(size=rows) / 4
    frame["sold"] = np.where(frame["price"] > 0, "yes", "no")
    frame.loc[3, "a"] = np.nan
    frame.loc[5, ["price", "sold"]] = None
    path = folder / "t.parquet"
    frame.to_parquet(path, row_group_size=170)
    return path


def config(path: Path, target: str, draw: str | None = None, **more: object) -> ExperimentConfig:
    drop = "price" if target == "sold" else "sold"
    return config_from(
        {
            "data": {"source": str(path), "target": target, "exclude": [drop], **more},
            "split": {} if draw is None else {"draw": draw},
            "search": {"epochs": 3, "models": [{"kind": "network", "layers": [4], "lambda": [0, 1]}]},
        }
    )


def cut(given: ExperimentConfig, folder: Path) -> tuple[Question, Parts]:
    folder.mkdir()
    posed = ask(given)
    return posed.question, cut_rows(posed.question, posed.take(), folder)


@pytest.mark.parametrize("target", ["price", "sold"])
def test_parts_features_and_weights_are_the_same(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descent.data.reading.large, "BATCH", 100)
    path = table(900, tmp_path)
    _, plain = made = cut(config(path, target), tmp_path / "plain")
    question, parts = cut(config(path, target, memory="1kB"), tmp_path / "large")
    assert isinstance(plain.rows, InMemory)
    assert isinstance(parts.rows, streamed.Whole)
    assert len(parts.folds) == 5
    assert any("read some rows at a" in note for note in question.inference.notes)
    assert parts.sizes == plain.sizes
    assert parts.sealed.identity == plain.sealed.identity
    pd.testing.assert_frame_equal(parts.frame, plain.frame)
    sealed = pd.concat(parts.rows.opened(parts.sealed), ignore_index=True)
    expected = pd.concat(plain.rows.opened(plain.sealed), ignore_index=True)
    pd.testing.assert_frame_equal(sealed[expected.columns], expected, check_dtype=False)
    weights = []
    for number, (asked, own) in enumerate((made, (question, parts))):
        variant = asked.variants[1]
        folder = tmp_path / f"study-{number}"
        folder.mkdir()
        study = Study(asked, own, AtOnce(), folder)
        for matrices in (study.swept(variant.features), study.working(variant.features, "working")):
            result = submit(study, [variant], matrices, stop_after=3).result()
            weights.append((result.outcomes[0].parameters.tobytes(), matrices.target, matrices.width))
    assert weights[:2] == weights[2:]


def test_the_sample_holds_no_test_row_and_features_reach_every_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(descent.data.reading.large, "BATCH", 100)
    monkeypatch.setattr("descent.data.reading.sampling.FEWEST", 200)
    path = table(900, tmp_path)
    question, parts = cut(config(path, "price", memory="1kB"), tmp_path / "large")
    whole = parts.rows
    assert isinstance(whole, streamed.Whole)
    assert len(parts.frame) < 200
    assert parts.folds == ()  # what needs many updates would lose against what needs few
    assert not (whole.part[whole.sample] == streamed.TEST).any()
    read = descent.data.read_table(path).frame
    pd.testing.assert_frame_equal(parts.frame, read.iloc[whole.sample].reset_index(drop=True), check_dtype=False)
    assert np.array_equal(whole.part[whole.sample[parts.train]], np.full(len(parts.train), streamed.TRAIN))
    matrices = parts.rows.training(question.settings[0], question, parts, tmp_path / "features")
    rows = matrices.sources.open()
    assert (len(rows.x), len(rows.y)) == (parts.sizes["train"],) * 2
    assert rows.x_cv is not None
    assert len(rows.x_cv) == parts.sizes["cv"]
    unlearned = np.setdiff1d(whole.of(streamed.TRAIN), whole.sample)
    where = np.searchsorted(whole.of(streamed.TRAIN), unlearned)
    assert np.array_equal(rows.x[where, :-1], matrices.features.transform(read.iloc[unlearned]))


@pytest.mark.parametrize("target", ["price", "sold"])
@pytest.mark.parametrize("group", [None, "city"])
def test_rows_drawn_by_content_are_the_same_and_stay_when_the_table_outgrows_memory(
    target: str, group: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dates, some as texts that the configuration calls dates, and truth values that are missing in some batches."""
    monkeypatch.setattr(descent.data.reading.large, "BATCH", 100)
    frame = pd.read_parquet(table(900, tmp_path))
    days = pd.Series(pd.date_range("2024-01-01", periods=900, unit="s")).sample(frac=1, random_state=0)
    frame["day"], frame["moment"] = days.to_numpy(), days.dt.strftime("%Y-%m-%dT%H:%M:%S").to_numpy()
    frame.loc[700:, "day"] += pd.Timedelta("1h")
    frame["open"] = np.where(np.arange(900) % 400 == 7, None, frame["a"] > 0)
    given = {"datetime": ["moment"], **({} if group is None else {"group": group})}
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    frame[:600].to_parquet(before)
    frame.to_parquet(after, row_group_size=170)

    def sealed(path: Path, memory: str, folder: str) -> pd.DataFrame:
        _, parts = cut(config(path, target, draw="content", memory=memory, **given), tmp_path / folder)
        assert parts.rows.sampled == (memory == "1kB")
        return pd.concat(parts.rows.opened(parts.sealed), ignore_index=True)

    small, plain = sealed(before, "1GB", "small"), sealed(after, "1GB", "plain")
    read = sealed(after, "1kB", "streamed")
    assert read["b"].tolist() == plain["b"].tolist()
    assert 0 < len(small) < len(read)
    assert set(small["b"]) <= set(read["b"])
    assert set(read["b"]) & set(frame["b"][:600]) == set(small["b"])


@pytest.mark.integration
def test_a_whole_run_streams(home: Embedded, tmp_path: Path) -> None:
    path = table(3000, tmp_path)
    made = home.descent(
        "run",
        path,
        "--target",
        "price",
        "--effort",
        "quick",
        "--set",
        "data.memory=1kB",
        "--set",
        "data.exclude=[sold]",
        "--set",
        "search.epochs=3",
        "--json",
    )
    assert made.code == 0, made.stderr
    assert "it is read some rows at a time" in made.stderr
    tested = made.json["test"]
    assert tested["metrics"]["rmse"] < tested["baseline"]["rmse"]
