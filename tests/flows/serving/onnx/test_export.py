"""A model in ONNX answers as descent does, in a runtime that knows nothing of it."""

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd
import pytest
import typer

from descent import ml
from descent.data import FeatureMap, Target, infer, read_table
from descent.flows.cli.export import export as command
from descent.flows.serving import manifest
from descent.flows.serving.manifest import ModelError
from descent.flows.serving.onnx.export import export, onnx_of
from descent.flows.serving.predictor import Predictor
from descent.ml.checkpoints import save_model
from descent.ml.network.activations import ACTIVATIONS
from descent.ml.network.model import Embedding
from descent.schemas import FeatureSettings

from ..close import assert_close

SETTINGS = FeatureSettings(max_levels=20)
TARGETS: dict[str, Callable[[pd.Series], Any]] = {
    "number": lambda score: 1000 + 100 * score,
    "amount": lambda score: np.exp(score),
    "binary": lambda score: np.where(score > 0, "yes", "no"),
    "three": lambda score: pd.qcut(score, 3, labels=["low", "middle", "high"]).astype(str),
    "counts": lambda score: pd.qcut(score, 3, labels=[1, 2, 3]).astype(int),
    "truth": lambda score: score > 0,
}


def table(rows: int = 300) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "bill": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(size=rows)),
            "age": rng.integers(1, 50, rows) * 1000003,
            "weight": np.where(rng.random(rows) < 0.1, -999, rng.gamma(2, size=rows)),
            "island": rng.choice(["Biscoe", "Dream", "Torgersen", "unknown"], rows),
            "nest": rng.choice([*(f"n{i}" for i in range(30)), None], rows),
        }
    )


def predictor(folder: Path, kind: str = "number", dtype: str = "float32", **options: Any) -> Predictor:
    """A model that learned nothing, on features that learned their part: weights are drawn."""
    settings = replace(SETTINGS, **{key: options.pop(key) for key in [*options] if hasattr(SETTINGS, key)})
    frame = table()
    if options.pop("sparse", False):
        frame.loc[frame.index % 4 > 0, ["bill", "weight"]] = np.nan
    score = frame["bill"].fillna(0) + (frame["island"] == "Dream")
    frame["y"] = TARGETS[kind](score)
    if options.pop("dated", False):
        frame["day"] = pd.date_range("2024-01-01", periods=len(frame)).astype(str)
    frame.to_csv(folder / "t.csv", index=False)
    frame, inference = infer(read_table(folder / "t.csv", ("unknown", "-999")), "y")
    features = FeatureMap.fit_transform(frame, inference, settings)[0]
    target = Target.fit(frame["y"], inference.task, inference.classes)
    if "loss" in options:
        options["shift"] = target.shift
    model = ml.Model(
        inputs=len(features.names), outputs=target.outputs, task=inference.task, **{"hidden": (8, 4), **options}
    )
    features.save(folder / "model" / "features")
    (folder / "model" / "target.json").write_text(json.dumps(target.to_dict()), encoding="utf-8")
    drawn = np.random.default_rng(1).normal(size=model.size, scale=0.5).astype(dtype)
    save_model(folder / "model" / "model", model, drawn)
    if target.task == "regression":
        widths = {str(level): level / 10 for level in range(50, 100)}
        intervals = {"half_widths": widths, "never_negative": bool(frame[inference.target].min() >= 0)}
        (folder / "model" / "interval.json").write_text(json.dumps(intervals), encoding="utf-8")
    manifest.write(folder / "model")
    return Predictor(folder / "model")


def fed(model: Predictor, frame: pd.DataFrame) -> dict[str, Any]:
    """A frame as inputs of the graph: doubles with NaN, texts with an empty one."""
    columns = {}
    for name, kind in model.inputs.items():
        if kind == "string":
            texts = ["" if pd.isna(cell) else str(cell) for cell in frame[name]]
            columns[name] = np.array(texts, dtype=object)[:, None]
        else:
            columns[name] = frame[name].to_numpy(np.float64, na_value=np.nan)[:, None]
    return columns


def odd_rows() -> pd.DataFrame:
    """Rows as learned, then every kind of surprise."""
    rows = pd.concat([table(), table().head(8)], ignore_index=True)
    rows["age"] = rows["age"].astype(float)
    rows.loc[300, ["bill", "age", "weight"]] = [np.nan, np.nan, np.nan]
    rows.loc[301, ["bill", "age", "weight"]] = [np.inf, -np.inf, -999]
    rows.loc[302, ["bill", "weight"]] = [1e9, -1e9]
    rows.loc[303, ["island", "nest"]] = ["unheard of", "n99"]
    rows.loc[304, ["island", "nest"]] = [None, None]
    rows.loc[305, ["island", "nest"]] = ["?", ""]
    rows.loc[306, ["island", "nest"]] = ["unknown", "missing"]
    return rows


def check_equal(model: Predictor, path: Path, frame: pd.DataFrame) -> None:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    wanted = model.predict(frame)
    names = [output.name for output in session.get_outputs()]
    assert names == [*wanted.columns]
    found = dict(zip(names, session.run(None, fed(model, frame)), strict=True))
    for name in names:
        assert found[name].shape == (len(frame), 1)
        if name == "prediction" and model.target.task != "regression":
            assert [*found[name][:, 0]] == [*wanted[name]]
        else:
            assert_close(found[name][:, 0], wanted[name])


CASES: list[dict[str, Any]] = [
    *({"kind": kind, "hidden": hidden} for kind, hidden in itertools.product(TARGETS, [(), (8, 4)])),
    *(
        {"scale": scale, "degree": degree}
        for scale in ("minmax", "robust", "smooth_clip", "standard")
        for degree in (1, 2, 3)
    ),
    {"sparse": True},
    {"sparse": True, "degree": 2},
    {"scale": "none"},
    {"degree": 3, "interaction_only": True},
    {"impute": "most_frequent"},
    {"rare": 0.3},
    {"encode": "ordinal"},
    {"encode": "one_hot", "rare": 0.0},
    {"encode": "target", "kind": "three"},
    *(
        {"activation": name, "dtype": dtype, "residual": residual}
        for name in ACTIVATIONS
        for dtype, residual in (("float32", True), ("float64", False))
    ),
    *(
        {"kind": "amount", "loss": loss, "dtype": dtype}
        for loss in ("poisson", "gamma")
        for dtype in ("float32", "float64")
    ),
    {"residual": True, "hidden": (6, 6, 4)},
    {"input_scale": True},
    {"input_scale": True, "embedding": Embedding(2)},
    *({"embedding": Embedding(3, 5, 2, 1.0), "dtype": dtype, "residual": True} for dtype in ("float32", "float64")),
]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_onnxruntime_gives_the_same_predictions(case: dict[str, Any], tmp_path: Path) -> None:
    if case.get("scale") == "none":
        case = case | {"hidden": ()}
    model = predictor(tmp_path, **case)
    export(model, tmp_path / "model.onnx", 0.9)
    rows = odd_rows()
    odd = rows[300:] if case.get("scale") != "none" else rows[300:].drop(index=302)
    for part in (rows[:300], odd, rows.iloc[[3]]):  # apart, as odd rows have predictions of another scale
        check_equal(model, tmp_path / "model.onnx", part)


def test_intervals_are_as_wide_as_asked(tmp_path: Path) -> None:
    model = predictor(tmp_path)
    export(model, tmp_path / "model.onnx", 0.5)
    session = onnxruntime.InferenceSession(tmp_path / "model.onnx", providers=["CPUExecutionProvider"])
    _, lower, upper = session.run(None, fed(model, table()))
    assert upper - lower == pytest.approx(np.full((300, 1), 10.0))
    with pytest.raises(ModelError, match=r"level is 0\.2"):
        onnx_of(model, 0.2)


def test_where_no_prediction_is_negative_no_interval_begins_below_zero(tmp_path: Path) -> None:
    model = predictor(tmp_path, "amount", loss="poisson")
    found = model.predict(odd_rows())
    assert found["prediction"].min() > 0 == found["lower"].min()
    export(model, tmp_path / "model.onnx", 0.9)
    check_equal(model, tmp_path / "model.onnx", odd_rows())


def test_the_command_writes_the_file_or_says_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = predictor(tmp_path)
    folder, output = str(tmp_path / "model"), tmp_path / "model.onnx"
    command(folder, output, onnx=True)
    assert f"{output}: {output.stat().st_size:,} bytes" in capsys.readouterr().out
    check_equal(model, output, table())
    wrong: list[tuple[Any, str]] = [
        ((folder, output, None, False), "choose a format"),
        ((folder, tmp_path / "no" / "m.onnx", None, True), "does not exist: make it first"),
        ((folder, tmp_path, None, True), "a folder: name a file"),
        ((folder, tmp_path / "m.onnx", 2.0, True), "level is 2"),
        ((str(tmp_path / "nowhere"), output, None, True), "no such model"),
    ]
    for (where, path, level, onnx), said in wrong:
        with pytest.raises(typer.Exit) as ended:
            command(where, path, onnx, level)
        assert ended.value.exit_code == 2
        assert said in capsys.readouterr().err
    assert not (tmp_path / "m.onnx").exists()


def test_what_onnx_cannot_say_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "dated").mkdir()
    with pytest.raises(ModelError, match="column 'day' holds dates"):
        onnx_of(predictor(tmp_path / "dated", dated=True), 0.9)
    (tmp_path / "quantile").mkdir()
    with pytest.raises(ModelError, match="scaled by quantiles"):
        onnx_of(predictor(tmp_path / "quantile", scale="quantile"), 0.9)
