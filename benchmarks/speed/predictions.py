"""How fast a trained model answers: one row, a whole table, and from nothing; beside a scikit-learn pipeline.

    python benchmarks/speed/predictions.py > benchmarks/speed/PREDICTIONS.md

20 columns of numbers, of which one cell in a hundred is missing; in each case a regression network with 64 and 32
hidden units (relu) on imputed and standardised columns, trained for 20 epochs on the same 5,000 rows. Both are handed a
DataFrame, and all runs on one core, whatever else the machine does. Beside the prediction descent gives the bounds of
its interval, and refuses what is no number.
"""

import json
import os
import statistics
import subprocess
import sys
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import joblib
import numpy as np
import onnxruntime
import pandas as pd
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from benchmarks.speed.machine import describe_machine
from benchmarks.speed.timing import alternate, digits
from descent import ml
from descent.data import FeatureMap, Table, Target, infer
from descent.flows.serving import manifest
from descent.flows.serving.onnx.export import export
from descent.flows.serving.predictor import Predictor
from descent.ml.checkpoints import save_model
from descent.schemas import FeatureSettings

COLUMNS, LEARNED, BATCH, SINGLES, TABLES, STARTS = 20, 5000, 400_000, 2000, 9, 5
HIDDEN = (64, 32)
IMPORTED = """
Loading a model of descent imports NumPy and safetensors. pandas comes with the first row, and whoever has a DataFrame
has imported it already; scikit-learn, MLflow and Prefect are not imported at all.
"""
LOADING = {
    "descent: load": "from descent import load_model; load_model({folder!r})",
    "descent: load and predict a row": "from descent import load_model; model = load_model({folder!r}); "
    "import pandas; model.predict(pandas.DataFrame([{row!r}]))",
    "import pandas alone": "import pandas",
    "scikit-learn: load": "import joblib; joblib.load({pickle!r})",
    "scikit-learn: load and predict a row": "import joblib; model = joblib.load({pickle!r}); "
    "import pandas; model.predict(pandas.DataFrame([{row!r}]))",
}


def table(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows, COLUMNS))
    y = np.sin(x[:, 0]) + x[:, 1] * x[:, 2] + x[:, 3:].sum(axis=1) / 4 + rng.normal(size=rows) / 10
    x[rng.random(x.shape) < 0.01] = np.nan
    return pd.DataFrame(x, columns=[f"x{number}" for number in range(COLUMNS)]).assign(y=y)


def descent_model(frame: pd.DataFrame, folder: Path) -> Predictor:
    frame, inference = infer(Table(frame, "", Path("drawn.csv")), "y")
    features, x = FeatureMap.fit_transform(frame, inference, FeatureSettings())
    target = Target.fit(frame["y"], inference.task, inference.classes)
    model = ml.Model(inputs=x.shape[1], hidden=HIDDEN, initializer="glorot")
    arrays = ml.Arrays(x, target.encode(frame["y"]))
    (outcome,) = ml.train(model, "adam", [ml.Settings(learning_rate=0.003)], arrays, batch=64, epochs=20)
    features.save(folder / "features")
    save_model(folder / "model", model, outcome.parameters)
    (folder / "target.json").write_text(json.dumps(target.to_dict()), encoding="utf-8")
    widths = {str(level): level / 100 for level in range(50, 100)}
    (folder / "interval.json").write_text(json.dumps({"half_widths": widths}), encoding="utf-8")
    manifest.write(folder)
    return Predictor(folder)


def sklearn_model(frame: pd.DataFrame, path: Path) -> Pipeline:
    network = MLPRegressor(
        hidden_layer_sizes=HIDDEN, batch_size=64, learning_rate_init=0.003, max_iter=20, n_iter_no_change=20
    )
    steps = make_pipeline(SimpleImputer(strategy="median"), StandardScaler(), network)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # 20 epochs are meant
        steps.fit(frame.drop(columns="y"), frame["y"])
    joblib.dump(steps, path)
    return steps


def seconds_of_starts(folder: Path, pickle: Path, row: dict[str, float]) -> dict[str, list[float]]:
    """Whole fresh processes, in turn; one round before is not counted."""
    found: dict[str, list[float]] = {name: [] for name in LOADING}
    for turn in range(STARTS + 1):
        for name, program in LOADING.items():
            command = program.format(folder=str(folder), pickle=str(pickle), row=row)
            began = perf_counter()
            subprocess.run([sys.executable, "-c", command], check=True)
            if turn:
                found[name].append(perf_counter() - began)
    return found


def quantiles(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    return " | ".join(digits(1e3 * ordered[int(share * len(ordered))]) for share in (0.5, 0.9, 0.99))


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    with TemporaryDirectory() as place, threadpool_limits(1):
        folder, pickle, graph = Path(place, "model"), Path(place, "model.joblib"), Path(place, "model.onnx")
        frame, many = table(LEARNED, 0), table(BATCH, 1)
        ours, theirs = descent_model(frame, folder), sklearn_model(frame, pickle)
        export(ours, graph, 0.9)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        x, y = many.drop(columns="y"), many["y"]
        errors = {
            "descent": float(np.sqrt(np.mean((ours.predict(x)["prediction"] - y) ** 2))),
            "scikit-learn": float(np.sqrt(np.mean((theirs.predict(x) - y) ** 2))),
        }

        def asked(rows: pd.DataFrame) -> dict[str, Any]:
            return {
                "descent": lambda: ours.predict(rows),
                "scikit-learn": lambda: theirs.predict(rows),
                "ONNX (onnxruntime)": lambda: session.run(
                    None, {name: rows[name].to_numpy()[:, None] for name in rows.columns}
                ),
            }

        starts = seconds_of_starts(folder, pickle, x.iloc[0].fillna(0).to_dict())
        single: dict[str, list[float]] = {name: [] for name in asked(x)}
        for number in range(SINGLES + 100):
            for name, call in asked(x.iloc[[number]]).items():
                began = perf_counter()
                call()
                if number >= 100:
                    single[name].append(perf_counter() - began)
        batch = alternate(asked(x), TABLES)

    print("# Predictions\n\n`python benchmarks/speed/predictions.py > benchmarks/speed/PREDICTIONS.md`\n")
    print((__doc__ or "").split("PREDICTIONS.md")[1].strip() + "\n")
    print(f"RMSE on the {BATCH:,} rows: " + ", ".join(f"{name} {error:.3f}" for name, error in errors.items()) + ".\n")
    print(f"One row, {SINGLES:,} times, in turn, milliseconds:\n\n| | p50 | p90 | p99 |\n|---|---|---|---|")
    for name, times in single.items():
        print(f"| {name} | {quantiles(times)} |")
    print(f"\n{BATCH:,} rows at once, {TABLES} times, in turn, million rows a second on one core:\n")
    print("| | median | range |\n|---|---|---|")
    for name, times in batch.items():
        low, middle, high = (BATCH / 1e6 / pick(times) for pick in (max, statistics.median, min))
        print(f"| {name} | {digits(middle)} | {digits(low)}–{digits(high)} |")
    print(f"\nA fresh Python process from start to end, {STARTS} times, in turn, seconds:\n")
    print("| | median | range |\n|---|---|---|")
    for name, times in starts.items():
        print(f"| {name} | {digits(statistics.median(times))} | {digits(min(times))}–{digits(max(times))} |")
    print(IMPORTED)
    print("| machine | |\n|---|---|")
    for name, fact in describe_machine().items():
        print(f"| {name} | {fact} |")


if __name__ == "__main__":
    main()
