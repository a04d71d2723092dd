"""Features as a file: the same bytes for the same features, and nothing but JSON."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from descent.data import FeatureMap

Ask = Callable[..., Any]

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


def test_what_is_stored_is_json_alone(ask: Ask, settings: Any, houses: pd.DataFrame, tmp_path: Path) -> None:
    frame, inference = ask(houses)
    FeatureMap.fit_transform(frame[:100], inference, settings(degree=2))[0].save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["compiled.json"]
    assert json.loads((tmp_path / "compiled.json").read_text(encoding="utf-8"))["format"] == 1
