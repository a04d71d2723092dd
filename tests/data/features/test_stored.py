"""Features as files: the same bytes for the same features, no pickle, and nothing foreign is read."""

import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression
from skops import io

from descent.data import FeatureError, FeatureMap

Ask = Callable[..., Any]


def saved(ask: Ask, settings: Any, houses: pd.DataFrame, folder: Path) -> tuple[FeatureMap, pd.DataFrame]:
    frame, inference = ask(houses)
    found = FeatureMap.fit_transform(frame[:100], inference, settings(degree=2))[0]
    found.save(folder)
    return found, frame


@pytest.mark.parametrize("scale", ["standard", "minmax", "robust", "quantile", "none"])
@pytest.mark.parametrize("impute", ["median", "mean", "most_frequent"])
def test_what_is_saved_comes_back(
    ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path, scale: str, impute: str
) -> None:
    frame, inference = ask(houses)
    found = FeatureMap.fit_transform(frame[:100], inference, settings(degree=2, scale=scale, impute=impute, rare=0.05))[
        0
    ]
    found.save(tmp_path / "features")
    loaded = FeatureMap.load(tmp_path / "features")
    assert (loaded.names, loaded.columns, loaded.schema) == (found.names, found.columns, found.schema)
    np.testing.assert_array_equal(loaded.transform(frame), found.transform(frame))


SAVE = """
import sys, time
from pathlib import Path
import numpy as np, pandas as pd
from descent.data import FeatureMap, Table, infer
from descent.schemas import FeatureSettings

rng = np.random.default_rng(0)
frame = pd.DataFrame({"a": rng.normal(size=300), "b": rng.choice(["u", "v"], 300),
                      "c": [f"c{k % 70}" for k in range(300)], "y": rng.normal(size=300)})
frame, inference = infer(Table(frame, "", Path("t.csv")), "y")
ballast = [object() for _ in range(int(sys.argv[2]))]  # other addresses
FeatureMap.fit_transform(frame, inference, FeatureSettings(degree=2))[0].save(Path(sys.argv[1]))
"""


def test_the_same_features_are_the_same_bytes_in_another_process(tmp_path: Path) -> None:
    running = [
        subprocess.Popen([sys.executable, "-c", SAVE, str(tmp_path / name), name], cwd=Path(__file__).parents[3])
        for name in ("10", "100000")
    ]
    assert [process.wait() for process in running] == [0, 0]
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name).iterdir()} for name in ("10", "100000"))
    assert one == two


def test_there_is_no_pickle_in_the_files(ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path) -> None:
    saved(ask, settings, houses, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["compiled.json", "features.json", "features.skops"]
    with zipfile.ZipFile(tmp_path / "features.skops") as archive:
        assert {Path(name).suffix for name in archive.namelist()} <= {".json", ".npy"}


@pytest.mark.parametrize(
    "stranger", [print, pd.Series, Path("x"), {"numeric": LinearRegression(), "categorical": None}]
)
def test_strange_types_are_refused(
    ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path, stranger: object
) -> None:
    saved(ask, settings, houses, tmp_path)
    io.dump(stranger if isinstance(stranger, dict) else {"numeric": None, "categorical": stranger},
            tmp_path / "features.skops")  # fmt: skip
    with pytest.raises(FeatureError, match=r"refused|not the features of a model"):
        FeatureMap.load(tmp_path)


def test_a_schema_that_names_a_function_to_call_is_refused(
    ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path
) -> None:
    saved(ask, settings, houses, tmp_path)
    with zipfile.ZipFile(tmp_path / "features.skops") as archive:
        schema = json.loads(archive.read("schema.json"))
        files = {name: archive.read(name) for name in archive.namelist() if name != "schema.json"}
    schema["content"]["numeric"] |= {"__class__": "system", "__module__": "os"}
    with zipfile.ZipFile(tmp_path / "features.skops", "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
        for name, content in files.items():
            archive.writestr(name, content)
    with pytest.raises(FeatureError):
        FeatureMap.load(tmp_path)


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("features.skops", b"no zip"),
        ("features.skops", b""),
        ("features.json", b"{"),
        ("features.json", b"{}"),
        ("features.json", b"[1]"),
        ("features.json", b'{"columns": {"numeric": [], "categorical": [], "dates": [], "calendar": [["d", "era"]]}, '
                          b'"clipped": true}'),
        ("features.json", None),
        ("features.skops", None),
    ],
)  # fmt: skip
def test_broken_files_are_refused(
    ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path, file: str, content: bytes | None
) -> None:
    saved(ask, settings, houses, tmp_path)
    (tmp_path / file).unlink()
    if content is not None:
        (tmp_path / file).write_bytes(content)
    with pytest.raises(FeatureError):
        FeatureMap.load(tmp_path)
