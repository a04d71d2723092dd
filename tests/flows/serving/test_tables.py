"""From a model and a table to a file of predictions."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from descent import load_model
from descent.data import ColumnError, DataError
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.source import folder_of
from descent.flows.serving.tables import predict_table

from ..conftest import save_tiny_model


@pytest.fixture
def table(tiny_model: tuple[Path, dict[str, str]]) -> Path:
    return tiny_model[0].with_suffix(".csv")


def test_predictions_in_pieces_are_those_at_once(
    tiny_model: tuple[Path, dict[str, str]], table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("descent.data.reading.streaming.PIECE", 500)
    model, rows = load_model(tiny_model[0]), pd.read_csv(table)
    assert predict_table(model, str(table), tmp_path / "o.parquet", keep=["mass"], level=0.5) == len(rows)
    found = pd.read_parquet(tmp_path / "o.parquet")
    expected = model.predict(rows, {"level": 0.5})
    assert list(found.columns) == ["mass", "prediction", "lower", "upper"]
    assert found["mass"].astype(float).to_numpy() == pytest.approx(rows["mass"].to_numpy())  # a text, as it stands
    pd.testing.assert_frame_equal(found.drop(columns="mass"), expected, check_exact=True)
    np.testing.assert_allclose(found["upper"] - found["lower"], 10.0)


@pytest.mark.parametrize("size", [1, 7, 1000])
@pytest.mark.parametrize("labels", [None, ["low", "middle", "high"]], ids=["numbers", "classes"])
def test_a_row_has_the_same_bits_in_any_piece(labels: list[object] | None, size: int, tmp_path: Path) -> None:
    save_tiny_model(tmp_path / "model", "mass", labels)
    model, rows = load_model(tmp_path / "model"), pd.concat([pd.read_csv(tmp_path / "model.csv")] * 3)[:500]
    pieces = pd.concat([model.predict(rows[start : start + size]) for start in range(0, len(rows), size)])
    pd.testing.assert_frame_equal(pieces, model.predict(rows), check_exact=True)


def test_a_run_a_model_and_an_mlflow_model_are_found(tiny_model: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model").symlink_to(tiny_model[0])
    (tmp_path / "mlflow" / "data").mkdir(parents=True)
    (tmp_path / "mlflow" / "data" / "model").symlink_to(tiny_model[0])
    for given in (tiny_model[0], tmp_path / "run", tmp_path / "mlflow"):
        assert folder_of(given).resolve() == tiny_model[0].resolve()
    for given, message in ((tmp_path / "nothing", "no such model"), (tmp_path, "not a model of descent")):
        with pytest.raises(ModelError, match=message):
            load_model(given)


def test_columns_to_keep_must_be_there_and_differ_from_the_prediction(
    tiny_model: tuple[Path, dict[str, str]], table: Path, tmp_path: Path
) -> None:
    model = load_model(tiny_model[0])
    with pytest.raises(ColumnError, match=r"--keep.*Did you mean 'mass'"):
        predict_table(model, str(table), tmp_path / "o.csv", keep=["mas"])
    pd.read_csv(table).rename(columns={"mass": "prediction"}).to_csv(tmp_path / "t.csv", index=False)
    with pytest.raises(DataError, match="cannot be kept: a column of the predictions has that name"):
        predict_table(model, str(tmp_path / "t.csv"), tmp_path / "o.csv", keep=["prediction"])
    assert not list(tmp_path.glob("*o.csv*"))


def test_a_model_loads_without_mlflow_and_prefect(tiny_model: tuple[Path, dict[str, str]]) -> None:
    code = (
        f"import sys; from descent import load_model; load_model({str(tiny_model[0])!r}); "
        "print([name for name in ('mlflow', 'prefect', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
