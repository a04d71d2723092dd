"""The other side of `benchmarks/runs/sweep.py`: the same sweep as people write it today.

``GridSearchCV(MLPClassifier, n_jobs=2)`` on the same 60/20/20 rows (one predefined split, as in descent), tracked by
``mlflow.sklearn.autolog`` in a fresh SQLite store. Prints the seconds of the fit.
"""

import argparse
import json
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
from sklearn.model_selection import GridSearchCV, PredefinedSplit, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

LAMBDAS = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0]
LEARNING_RATES = [0.0003, 0.001, 0.003, 0.01]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("table", type=Path)
    parser.add_argument("store", type=Path)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--no-tracking", action="store_true")
    arguments = parser.parse_args()

    frame = pd.read_csv(arguments.table)
    x = frame.drop(columns="class").to_numpy(np.float32)
    y = frame["class"].to_numpy()
    rest, test = train_test_split(np.arange(len(y)), test_size=0.2, stratify=y, random_state=0)
    train, cv = train_test_split(rest, test_size=0.25, stratify=y[rest], random_state=0)
    rows = np.concatenate([train, cv])
    fold = np.concatenate([np.full(len(train), -1), np.zeros(len(cv), int)])

    if not arguments.no_tracking:
        arguments.store.mkdir(parents=True, exist_ok=True)
        mlflow.set_tracking_uri(f"sqlite:///{arguments.store / 'mlflow.db'}")
        mlflow.create_experiment("magic_gamma", artifact_location=(arguments.store / "artifacts").as_uri())
        mlflow.set_experiment("magic_gamma")
        mlflow.sklearn.autolog(max_tuning_runs=None, log_datasets=True)
    network = MLPClassifier(
        hidden_layer_sizes=(32, 16),
        batch_size=128,
        max_iter=arguments.epochs,
        early_stopping=False,
        tol=0.0,
        n_iter_no_change=10_000,
        random_state=0,
    )
    # MLPClassifier divides alpha by the batch, not by the rows: this makes its penalty ours.
    alphas = [value * 128 / len(train) for value in LAMBDAS]
    search = GridSearchCV(
        make_pipeline(StandardScaler(), network),
        {"mlpclassifier__alpha": alphas, "mlpclassifier__learning_rate_init": LEARNING_RATES},
        cv=PredefinedSplit(fold),
        n_jobs=2,
        refit=True,
        scoring="neg_log_loss",
    )
    began = time.perf_counter()
    search.fit(x[rows], y[rows])
    seconds = time.perf_counter() - began
    print(json.dumps({"fit": seconds, "test_accuracy": search.score(x[test], y[test])}))


if __name__ == "__main__":
    main()
