"""Cells as people write them: the right answers for codes, labels and yes or no, from training to serving."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from descent.data import infer, table_of
from descent.flows.serving.tables import predict_table

from .learned import learned
from .test_server import client

pytestmark = [  # of MLflow's own imports
    pytest.mark.filterwarnings("ignore:.*Any type hint is inferred as AnyType:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
RNG = np.random.default_rng(0)
ROWS = 240


def predicted(model: Any, folder: Path, text: str, **more: Any) -> pd.DataFrame:
    """What `descent predict` writes for a CSV."""
    (folder / "new.csv").write_text(text, encoding="utf-8")
    predict_table(model, str(folder / "new.csv"), folder / "out.csv", **more)
    return pd.read_csv(folder / "out.csv", dtype=str, keep_default_na=False)


def asked(folder: Path, *rows: dict[str, object]) -> list[Any]:
    """What `descent serve` answers to records."""
    answer = client(folder).post("/invocations", json={"dataframe_records": list(rows)})
    assert answer.status_code == 200, answer.text
    return [row["prediction"] for row in answer.json()["predictions"]]


def effects(column: pd.Series, levels: dict[str, float]) -> pd.Series:
    """A target that is known exactly where the level is."""
    return column.map(levels)


def test_codes_that_begin_with_0_are_the_same_codes_in_every_file(tmp_path: Path) -> None:
    rents = {"02134": 1700.0, "00501": 1200.0, "90210": 4000.0, "60601": 2100.0}
    frame = pd.DataFrame({"zip": RNG.choice([*rents], ROWS), "rooms": RNG.integers(1, 6, ROWS)})
    frame["rent"] = effects(frame["zip"], rents) + 10 * frame["rooms"]
    model = learned(frame, "rent", tmp_path / "model", roles={"categorical": ["zip"]})
    plain = predicted(model, tmp_path, "customer,zip,rooms\n00042,02134,3\n00007,00501,1\n", keep=["customer", "zip"])
    assert plain["prediction"].astype(float).tolist() == pytest.approx([1730, 1210], rel=1e-3)
    assert plain["customer"].tolist() == ["00042", "00007"]
    assert plain["zip"].tolist() == ["02134", "00501"]
    mixed = predicted(model, tmp_path, "zip,rooms\n02134,3\n00501,1\nK1A 0B1,2\n")
    assert mixed["prediction"].tolist()[:2] == plain["prediction"].tolist()
    assert asked(tmp_path / "model", {"zip": "02134", "rooms": 3}) == pytest.approx([1730], rel=1e-3)


def test_the_same_rows_get_the_same_answers_beside_a_fifth(tmp_path: Path) -> None:
    worth = {"1.0": -30.0, "1.1": 20.0, "1.10": 60.0, "beta": 5.0}
    insured = {"true": 1.0, "false": -1.0, "unknown": 0.0}
    frame = pd.DataFrame({"version": RNG.choice([*worth], ROWS), "insured": RNG.choice([*insured], ROWS)})
    frame["y"] = effects(frame["version"], worth) + effects(frame["insured"], insured)
    model = learned(frame, "y", tmp_path / "model", roles={"categorical": ["version", "insured"]})
    four = "version,insured\n1.0,true\n1.1,false\n1.10,true\n1.0,false\n"
    alone = predicted(model, tmp_path, four)["prediction"].tolist()
    assert [float(value) for value in alone] == pytest.approx([-29, 19, 61, -31], abs=0.1)
    assert predicted(model, tmp_path, four + "beta,unknown\n")["prediction"].tolist()[:4] == alone


def test_no_interval_begins_below_0_where_no_price_did(tmp_path: Path) -> None:
    frame = pd.DataFrame({"size": np.linspace(0, 3, ROWS)})
    frame["price"] = np.exp(2 * frame["size"])
    model = learned(frame, "price", tmp_path / "model")
    sizes = "size\n" + "".join(f"{size / 20}\n" for size in range(61))
    found = predicted(model, tmp_path, sizes)[["lower", "prediction", "upper"]].astype(float)
    assert found["lower"].tolist() == [max(value - 9, min(value, 0)) for value in found["prediction"]]
    assert {(low > 0) - (low < 0) for low in found["lower"]} == {-1, 0, 1}
    signed = learned(frame.assign(price=frame["price"] - 50), "price", tmp_path / "signed")
    assert predicted(signed, tmp_path, "size\n0\n")["lower"].astype(float).item() < -50


def test_keys_are_copied_as_they_stand(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": RNG.normal(size=ROWS)})
    frame["y"] = 2 * frame["x"]
    model = learned(frame, "y", tmp_path / "model")
    text = "account,key,x\n00000,9007199254740993,0.1\n00099,,0.2\n12345,9007199254740992,0.3\n"
    found = predicted(model, tmp_path, text, keep=["account", "key"])
    assert found["account"].tolist() == ["00000", "00099", "12345"]
    assert found["key"].tolist() == ["9007199254740993", "", "9007199254740992"]


@pytest.mark.parametrize("cell", [True, "Yes", 1, "yes ", "TRUE", "y"])
def test_yes_is_yes_however_it_is_sent(yes_or_no: Path, cell: object) -> None:
    assert asked(yes_or_no, {"smoker": cell, "age": 40}) == pytest.approx([60], rel=1e-3)


@pytest.mark.parametrize("cell", [False, "No", 0, "no"])
def test_no_is_no_however_it_is_sent(yes_or_no: Path, cell: object) -> None:
    assert asked(yes_or_no, {"smoker": cell, "age": 40}) == pytest.approx([40], rel=1e-3)


@pytest.fixture(scope="module")
def yes_or_no(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame = pd.DataFrame({"smoker": RNG.choice(["yes", "no"], ROWS), "age": RNG.integers(20, 70, ROWS)})
    frame["risk"] = frame["age"] + effects(frame["smoker"], {"yes": 20.0, "no": 0.0})
    folder = tmp_path_factory.mktemp("yes") / "model"
    learned(frame, "risk", folder)
    return folder


def test_labels_come_back_as_they_stand(tmp_path: Path) -> None:
    frame = pd.DataFrame({"x": RNG.uniform(0, 3, ROWS)})
    frame["code"] = frame["x"].map(lambda x: f"00{int(x) + 1}")
    model = learned(frame, "code", tmp_path / "model")
    found = predicted(model, tmp_path, "x\n0.2\n1.5\n2.8\n")
    assert found["prediction"].tolist() == ["001", "002", "003"]
    assert asked(tmp_path / "model", {"x": 2.8}) == ["003"]


def test_namibia_is_a_country_if_it_is_kept_and_else_a_gap_in_every_way(tmp_path: Path) -> None:
    worth = {"NA": 20.0, "FR": 5.0, "ZA": 10.0, "DE": 1.0}
    frame = pd.DataFrame({"country": RNG.choice([*worth], ROWS), "x": RNG.normal(size=ROWS)})
    frame["y"] = effects(frame["country"], worth)
    model = learned(frame, "y", tmp_path / "model")
    ways = [
        float(predicted(model, tmp_path, "country,x\nNA,0\n")["prediction"][0]),
        *asked(tmp_path / "model", {"country": "NA", "x": 0}, {"country": None, "x": 0}),
        *model.predict(pd.DataFrame({"country": ["NA", ""], "x": [0, 0]}))["prediction"],
    ]
    assert ways == pytest.approx([ways[0]] * len(ways))
    kept = predicted(model, tmp_path, "country,x\nNA,0\n", keep=["country"])
    assert kept["country"].tolist() == ["NA"]
    _, inference = infer(table_of(frame), "y")
    (finding,) = [finding for finding in inference.findings if finding.name == "usual-marks"]
    assert f"NA ({(frame['country'] == 'NA').sum()})" in finding.evidence.replace("'", "")
    assert "data.keep" in finding.action


def test_blanks_around_names_are_forgiven(tmp_path: Path) -> None:
    frame = pd.DataFrame({"version": RNG.choice(["a", "b"], ROWS), "insured": RNG.choice(["yes", "no"], ROWS)})
    frame["y"] = effects(frame["version"], {"a": 1.0, "b": 2.0})
    model = learned(frame, "y", tmp_path / "model")
    wanted = predicted(model, tmp_path, "version,insured\na,yes\nb,no\n")
    pd.testing.assert_frame_equal(predicted(model, tmp_path, " version, insured \na,yes\nb,no\n"), wanted)


def test_sparse_columns_of_dummies_are_columns_like_others() -> None:
    frame = pd.DataFrame({"colour": RNG.choice(["red", "green", "blue"], ROWS), "y": RNG.normal(size=ROWS)})
    dummies = pd.get_dummies(frame, columns=["colour"], sparse=True, dtype=int)
    rows, inference = infer(table_of(dummies), "y")
    dense, same = infer(table_of(pd.get_dummies(frame, columns=["colour"], dtype=int)), "y")
    pd.testing.assert_frame_equal(rows, dense)
    assert inference.columns == same.columns
