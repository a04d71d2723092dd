"""What categories of many levels are worth by encoding: the measurement behind `features.encode` and `max_levels`.

    python -m benchmarks.honesty.encodings > benchmarks/honesty/ENCODINGS.md

Tables: the flights of ../shared/data (dest has 96 levels, flight 2,361, tailnum 3,560), without what is known only
after departure, split by chance and by time; and generated ones of 40 and of 500 levels, which decide half of the
target's variance. For each encoding the features, the seconds to fit them, and the rmse on the cv rows of a linear
model (λ = 10) and of a network of 32 units (Adam, 8 epochs, batch 256, λ = 10), both by `ml`. The target is
standardised with the training rows, so a model that knows nothing has about the spread of the cv rows, 1 for the
generated tables.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.speed.machine import describe_machine
from descent import data, ml
from descent.ml.statistics import metrics
from descent.schemas import FeatureSettings

TABLES = Path(__file__).parents[3] / "shared" / "data"
LATE = ["year", "dep_time", "dep_delay", "arr_time", "air_time", "minute", "hour"]
ENCODINGS = {
    "one_hot": FeatureSettings(encode="one_hot"),
    "ordinal": FeatureSettings(encode="ordinal"),
    "target, max_levels 20": FeatureSettings(max_levels=20),
    "target, max_levels 50": FeatureSettings(),
    "target, max_levels 100": FeatureSettings(max_levels=100),
    "target, max_levels 5": FeatureSettings(max_levels=5),
}


@dataclass(frozen=True)
class Case:
    """A table, its target, and how to infer the rest."""

    name: str
    table: data.Table
    target: str
    options: dict[str, Any]


def flights(by: str) -> Case:
    """Arrival delays, from what is known before departure."""
    table = data.read_table(TABLES / "nycflights13_q1.csv.gz")
    roles = {"exclude": LATE, "categorical": ["flight", "tailnum"]}
    return Case(f"flights, split by {by}", table, "arr_delay", {"by": by, "roles": roles})


def generated(levels: int, rows: int = 20_000) -> Case:
    """A level decides half of the target's variance, a number a quarter, noise the rest."""
    rng = np.random.default_rng(levels)
    level, x = rng.integers(levels, size=rows), rng.normal(size=rows)
    y = rng.normal(size=levels)[level] + 0.7 * x + 0.7 * rng.normal(size=rows)
    frame = pd.DataFrame({"level": [f"L{number}" for number in level], "x": x, "y": y})
    return Case(f"generated, {levels} levels", data.Table(frame, "", Path("t.csv")), "y",
                {"roles": {"categorical": ["level"]}})  # fmt: skip


def rmse(model: ml.Model, optimizer: str, settings: ml.Settings, arrays: ml.Arrays, **options: Any) -> float:
    """Of one trained model on the cv rows."""
    (outcome,) = ml.train(model, optimizer, [settings], arrays, **options)
    assert arrays.x_cv is not None
    assert arrays.y_cv is not None
    return metrics.rmse(arrays.y_cv, ml.outputs(model, outcome.parameters, arrays.x_cv))


def line(case: Case, name: str, settings: FeatureSettings) -> str:
    """One row of the table."""
    frame, inference = data.infer(case.table, case.target, **case.options)
    split = data.split_rows(frame, inference)
    train, cv = frame.iloc[split.train], frame.iloc[split.cv]
    start = time.perf_counter()
    features, x = data.FeatureMap.fit_transform(train, inference, settings)
    seconds = time.perf_counter() - start
    target = data.Target.fit(train[case.target], "regression", ())
    arrays = ml.Arrays(x, target.encode(train[case.target]), features.transform(cv), target.encode(cv[case.target]))
    linear = rmse(ml.Model(x.shape[1], (), 1, "regression"), "newton", ml.Settings(lam=10.0), arrays, batch=None)
    network = ml.Model(x.shape[1], (32,), 1, "regression")
    dense = rmse(network, "adam", ml.Settings(lam=10.0, learning_rate=1e-3), arrays, batch=256, epochs=8)
    return f"| {case.name} | {name} | {x.shape[1]} | {seconds:.2f} | {linear:.4f} | {dense:.4f} |"


def main() -> None:
    """Print the table."""
    print("# Categories of many levels, by encoding\n")
    print("Made by `python -m benchmarks.honesty.encodings > benchmarks/honesty/ENCODINGS.md`; "
          "what is measured stands there. "
          f"{', '.join(describe_machine().values())}.\n")  # fmt: skip
    print("| table | encoding | features | seconds to fit | linear, rmse | network, rmse |")
    print("|---|---|---|---|---|---|")
    for case in (flights("random"), flights("time"), generated(40), generated(500)):
        for name, settings in ENCODINGS.items():
            print(line(case, name, settings), flush=True)


if __name__ == "__main__":
    main()
