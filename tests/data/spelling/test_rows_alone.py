"""A prediction depends on its row and the model alone: not on other rows, the file's kind, or where a file is cut."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from descent import data
from descent.data.features.compiled.features import CompiledFeatures
from descent.data.features.compiled.unknown import Unknown
from descent.data.reading import streaming
from descent.data.reading.streaming import stream
from descent.schemas import FeatureSettings

SETTINGS = FeatureSettings(max_levels=3, rare=0.0)
RNG = np.random.default_rng(1)
COLUMNS = {
    "version": ["1.0", "1.1", "1.10", "beta"],
    "insured": ["true", "false", "unknown"],
    "smoker": ["yes", "no"],
    "zip": ["00501", "02134", "90210", "K1A"],
    "open": ["08:30", "09:15", "23:00", "-"],
    "country": ["FR", "NA", "ZA", "DE"],
    "price": ["1.234,56", "12,50", "1.234", "n.a."],
    "rent": ["$1,200", "950", "($3.50)", "2.5k"],
    "plain": ["1.5", "2", "", "-3e2"],
    "day": ["25/03/2024", "01/04/2024", "2024-05-06", ""],
    "colour": ["Red", "red", " red", "blue"],
    "code": ["1", "2", "3", "4"],
}
ODD = {
    "version": ["1.1", "2"],
    "insured": ["true", "False"],
    "smoker": ["Yes", "maybe"],
    "zip": ["501", "00501"],
    "open": ["9:15 pm"],
    "country": ["NA", "US", ""],
    "price": ["1.234", "7"],
    "rent": ["1200"],
    "plain": ["n.a.", "7", "-"],
    "day": ["03/04/2024"],
    "colour": ["RED", "green"],
    "code": ["3.0", "9"],
}


def table(rows: int, cells: dict[str, list[str]]) -> pd.DataFrame:
    return pd.DataFrame({name: RNG.choice(texts, rows) for name, texts in cells.items()})


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> CompiledFeatures:
    folder = tmp_path_factory.mktemp("model")
    frame = table(400, COLUMNS).assign(y=RNG.normal(size=400).round(3))
    frame.to_csv(folder / "t.csv", index=False)
    rows, inference = data.infer(
        data.read_table(folder / "t.csv", texts=("version",)),
        "y",
        roles={"categorical": ["version", "zip"]},
        by="random",
    )
    data.FeatureMap.fit_transform(rows, inference, SETTINGS)[0].save(folder)
    return CompiledFeatures.load(folder)


def of_file(model: CompiledFeatures, path: Path) -> np.ndarray:
    columns = model.columns
    return np.concatenate([*map(model.transform, stream(str(path), "t", columns.missing, columns.plain_numbers))])


def test_each_row_alone_and_in_every_way(
    model: CompiledFeatures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cells = {name: [*texts, *ODD[name]] for name, texts in COLUMNS.items()}
    new = table(25, cells)
    new.to_csv(tmp_path / "new.csv", index=False)
    together = of_file(model, tmp_path / "new.csv")
    pq.write_table(pa.table({name: pa.array(new[name], pa.string()) for name in new}), tmp_path / "new.parquet")
    np.testing.assert_array_equal(of_file(model, tmp_path / "new.parquet"), together)
    np.testing.assert_array_equal(model.transform(new), together)
    np.testing.assert_array_equal(model.transform(new.astype(object)), together)
    np.testing.assert_array_equal(model.transform(pd.DataFrame(json.loads(new.to_json(orient="records")))), together)
    monkeypatch.setattr(streaming, "PIECE", 200)
    np.testing.assert_array_equal(of_file(model, tmp_path / "new.csv"), together)
    for number in range(len(new)):
        row = new.iloc[[number]]
        row.to_csv(tmp_path / "one.csv", index=False)
        np.testing.assert_array_equal(of_file(model, tmp_path / "one.csv"), together[[number]], err_msg=str(row.T))
        np.testing.assert_array_equal(model.transform(row), together[[number]])


@pytest.mark.parametrize(
    ("column", "same"),
    [
        ("smoker", ["yes", True, "Yes", "TRUE", 1, "y"]),
        ("smoker", ["no", False, "No", 0]),
        ("insured", ["true", True, "TRUE"]),
        ("code", ["3", 3, 3.0, "3.0"]),
        ("plain", [2, "2", 2.0, "2.00", "+2"]),
        ("price", [12.5, "12,50", "12,5"]),
        ("rent", [1200, "$1,200", "1200", "1.2k"]),
        ("day", ["25/03/2024", "2024-03-25", pd.Timestamp("2024-03-25")]),
        ("colour", ["red", "Red", "RED ", " red"]),
        ("country", ["NA", None, "", "n/a"]),
    ],
)
def test_cells_that_mean_the_same(model: CompiledFeatures, column: str, same: list[object]) -> None:
    row = {name: texts[0] for name, texts in COLUMNS.items()}
    frames = [pd.DataFrame([row | {column: cell}]) for cell in same]
    first, *others = (model.transform(frame) for frame in frames)
    for cell, other in zip(same[1:], others, strict=True):
        np.testing.assert_array_equal(other, first, err_msg=repr(cell))


@pytest.mark.parametrize(
    ("column", "cell"), [("plain", "1,5"), ("price", "1.5"), ("day", "13/13/2024"), ("open", "soon")]
)
def test_a_cell_that_cannot_be_meant_is_refused(model: CompiledFeatures, column: str, cell: str) -> None:
    row = {name: texts[0] for name, texts in COLUMNS.items()}
    with pytest.raises(data.FeatureError, match=column):
        model.transform(pd.DataFrame([row | {column: cell}]))


def test_levels_that_nobody_learned_are_counted(model: CompiledFeatures) -> None:
    row = {name: texts[0] for name, texts in COLUMNS.items()}
    categories = (*model.columns.categorical, *model.columns.coded)
    lost = row | dict.fromkeys(categories, "never seen")
    unknown = Unknown()
    frame = pd.DataFrame([row, row | {"zip": "501"}, row | {"zip": ""}, lost])
    for _ in model.blocks(frame, unknown):
        pass
    assert unknown.cells["zip"] == 2
    assert unknown.lost == 1
    assert any("'zip': 2 of 4" in line for line in unknown.lines)


def test_kept_columns_are_texts_as_they_stand(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("account,key,x\n00042,9007199254740993,1.50\n00043,,2\n")
    (frame,) = stream(str(tmp_path / "t.csv"), "t", (), [])
    assert frame["account"].tolist() == ["00042", "00043"]
    assert frame["key"].tolist() == ["9007199254740993", ""]
    assert frame["x"].tolist() == ["1.50", "2"]
