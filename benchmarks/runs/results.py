"""What one command gives on ten open tables, beside scikit-learn on the same rows: docs/results.md.

    python -m benchmarks.runs.results FOLDER

FOLDER has the tables and their catalog.json. Every table is run as a new user would type it, ``descent run FILE
--target T``, in a folder of its own; where it has columns that are only known afterwards, once more without them.
scikit-learn's models, at their defaults, are trained on the same train and cv rows and tested on the same test rows,
with the columns that descent uses: numbers imputed and scaled, categories one-hot (ordinal codes for trees).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from benchmarks.speed.machine import describe_machine
from descent.flows.table.question import ask
from descent.flows.table.split import cut
from descent.schemas import config_from

LEAKS = {
    "bike_sharing_hour": ["instant", "casual", "registered"],
    "bank_marketing": ["duration"],
    "parkinsons_telemonitoring": ["motor_UPDRS"],
    "ai4i2020_maintenance": ["TWF", "HDF", "PWF", "OSF", "RNF"],
    "nycflights13_q1": ["dep_time", "dep_delay", "arr_time", "air_time"],
}
"""Columns that are known only after the fact, as the tables' own descriptions say."""
SHOWN = {"regression": "rmse", "binary": "log_loss", "multiclass": "log_loss"}
PAGE = Path(__file__).parents[2] / "docs" / "results.md"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", default=None, help="names of tables")
    arguments = parser.parse_args()
    catalog = json.loads((arguments.folder / "catalog.json").read_text(encoding="utf-8"))
    rows = []
    for entry in catalog:
        if arguments.only and entry["name"] not in arguments.only:
            continue
        for exclude in ([], LEAKS.get(entry["name"], [])):
            if exclude or not rows or rows[-1]["name"] != entry["name"]:
                rows.append(measured(arguments.folder / entry["path"], entry, exclude))
                print(line(rows[-1]), flush=True)
    if not arguments.only:
        PAGE.write_text(page(rows), encoding="utf-8")


def measured(path: Path, entry: dict[str, Any], exclude: Sequence[str]) -> dict[str, Any]:
    """One run of descent and of its rivals."""
    target = entry["target"]
    command = str(Path(sys.executable).with_name("descent"))
    with tempfile.TemporaryDirectory() as folder:
        settings = ["--set", f"data.exclude={json.dumps(list(exclude))}"] if exclude else []
        where: dict[str, Any] = {
            "cwd": folder,
            "env": os.environ | {"DESCENT_HOME": f"{folder}/.descent"},
            "capture_output": True,
            "text": True,
            "check": False,
        }
        done = subprocess.run([command, "run", str(path), "--target", target, "--json", *settings], **where)
        subprocess.run([command, "down"], **where)
    if done.returncode:
        raise SystemExit(f"{entry['name']}: exit {done.returncode}: {done.stderr[-2000:]}")
    result = json.loads(done.stdout)
    return {"name": entry["name"], "exclude": list(exclude), "result": result} | rivals(path, target, exclude)


def rivals(path: Path, target: str, exclude: Sequence[str]) -> dict[str, Any]:
    """The metric of scikit-learn's models on the rows that descent tests on."""
    config = config_from({"data": {"source": str(path), "target": target, "exclude": list(exclude)}})
    with tempfile.TemporaryDirectory() as folder:
        posed = ask(config)
        question, parts = posed.question, cut(posed.question, posed.take(), Path(folder))
        test = pd.concat(parts.rows.opened(parts.sealed))
    learn, task, inference = parts.frame, question.task, question.inference
    numbers = list(inference.of_role("numeric"))
    words = [*inference.categories, *inference.of_role("coded")]
    learn, test = as_features(learn, numbers, words, target), as_features(test, numbers, words, target)
    return {name: score(model, learn, test, target, task) for name, model in models(task, numbers, words).items()}


def as_features(frame: pd.DataFrame, numbers: list[str], words: list[str], target: str) -> pd.DataFrame:
    """Numbers as floats, categories as objects."""
    made = {name: pd.to_numeric(frame[name], errors="coerce").astype(float) for name in numbers}
    made |= {name: frame[name].astype(object).where(frame[name].notna(), "missing").map(str) for name in words}
    return pd.DataFrame(made | {target: frame[target]})


def models(task: str, numbers: list[str], words: list[str]) -> dict[str, Any]:
    """scikit-learn's defaults behind the usual preparation."""
    scaled = make_pipeline(SimpleImputer(strategy="median", keep_empty_features=True), StandardScaler())
    codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=254)
    wide = make_column_transformer(
        (scaled, numbers), (OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=0.01), words)
    )
    narrow = make_column_transformer(("passthrough", numbers), (codes, words))
    if task == "regression":
        chosen: tuple[Any, Any, Any] = LinearRegression(), MLPRegressor(random_state=0), HistGradientBoostingRegressor()
    else:
        chosen = (LogisticRegression(max_iter=1000), MLPClassifier(random_state=0), HistGradientBoostingClassifier())
    linear, network, trees = chosen
    trees.set_params(random_state=0)
    return {
        "linear": make_pipeline(wide, linear),
        "MLP": make_pipeline(wide, network),
        "HistGradientBoosting": make_pipeline(narrow, trees),
    }


def score(model: Any, learn: pd.DataFrame, test: pd.DataFrame, target: str, task: str) -> float:
    """rmse or log loss on the test rows; a class that was never learned has probability 1e-15."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(learn.drop(columns=target), learn[target])
        features = test.drop(columns=target)
        if task == "regression":
            error = test[target].to_numpy(float) - model.predict(features)
            return float(np.sqrt(np.mean(error**2)))
        probabilities = model.predict_proba(features)
    place = {label: code for code, label in enumerate(model.classes_)}
    own = [row[place[label]] if label in place else 0.0 for row, label in zip(probabilities, test[target], strict=True)]
    return float(-np.log(np.clip(own, 1e-15, 1)).mean())


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    result = row["result"]
    metric = SHOWN[result["task"]]
    test, selected = result["test"], result["selected"]["name"]
    cost = next(one["cost"] for one in result["variants"] if one["name"] == selected)
    low, high = test["intervals"][metric]
    beaten = test["metrics"][metric] < test["baseline"][metric]
    verdict = result["diagnosis"]["verdict"] + ("" if beaten else "; **not better than the dummy**")
    name = row["name"] + (" without " + ", ".join(row["exclude"]) if row["exclude"] else "")
    cells = [
        name,
        result["data"]["split_by"],
        selected,
        number(cost["train"]),
        number(cost["cv"]),
        f"{metric} {number(test['metrics'][metric])} ({number(low)} to {number(high)})",
        number(test["baseline"][metric]),
        *(number(row[key]) for key in ("linear", "MLP", "HistGradientBoosting")),
        verdict,
        f"{result['seconds']['total']:.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def number(value: float) -> str:
    return f"{value:.4g}"


def page(rows: Sequence[dict[str, Any]]) -> str:
    """docs/results.md."""
    machine = "\n".join(f"| {name} | {words} |" for name, words in describe_machine().items())
    heading = [
        "table",
        "split",
        "selected",
        "J_train",
        "J_cv",
        "test (95 % interval)",
        "dummy",
        "linear",
        "MLP",
        "HistGradientBoosting",
        "verdict",
        "seconds",
    ]
    table = "\n".join([f"| {' | '.join(heading)} |", "|" + "---|" * len(heading), *map(line, rows)])
    return f"""# Ten tables, one command each

`descent run FILE --target T`, nothing else, on ten open tables that differ in everything: 344 to 80,789 rows, numbers
and categories, missing values, groups, dates, leaks. `python -m benchmarks.runs.results FOLDER` makes this page; its
docstring says how.

The three columns after the dummy are scikit-learn's models at their defaults, on the same rows: trained on train and cv
rows together, tested on the same test rows. If a table has columns that are only known after the fact, descent points
them out first, with the option that excludes them; the second row is the result without them, and the honest one.

{table}

The metric is the rmse, or the log loss; lower is better. J is ½ rmse² or the log loss, on the rows that the selected
variant was trained on and on the cv rows. The dummy knows the mean, or the shares of the classes. Trees are a different
kind of model: descent has none. Seconds are those of the run, in a new folder, while other programs used the machine.

| measured on | |
|---|---|
{machine}
"""


if __name__ == "__main__":
    main()
