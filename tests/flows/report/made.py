"""Contents of reports whose truth is known."""

from typing import Any

import numpy as np

from descent.data.roles.roles import Column
from descent.flows.evaluation.importance import ColumnImportance, Importance
from descent.flows.report.contents import Contents, TestRows
from descent.flows.report.drawing import Drawing, Shown
from descent.schemas import ExperimentResult

HOSTILE = """<script>alert("it's")</script><img src=x onerror=alert(1)> & a very long name {{ 7 * 7 }}"""
CHANCES = {"good fit": 0.2, "high bias": 0.0, "high variance": 0.7, "high bias and high variance": 0.1}
LABELS = {"binary": ("no", HOSTILE), "multiclass": ("Adelie", "Chinstrap", HOSTILE)}
METRICS = {
    "regression": {"rmse": 2.5, "mae": 1.9, "r2": 0.8},
    "binary": {"log_loss": 0.3, "accuracy": 0.9, "f1_macro": 0.8, "roc_auc": 0.95, "average_precision": 0.7},
    "multiclass": {"log_loss": 0.3, "accuracy": 0.9, "f1_macro": 0.8, "roc_auc": 0.95},
}


def rows(task: str, count: int = 90) -> TestRows:
    """Targets, and outputs that are right more often than not."""
    rng = np.random.default_rng(0)
    if task == "regression":
        y = rng.normal(50, 10, count)
        return TestRows(y, y + rng.normal(0, 3, count))
    classes = LABELS[task]
    y = rng.integers(0, len(classes), count)
    outputs = rng.normal(size=(count, len(classes))) + 2 * np.eye(len(classes))[y]
    return TestRows(y, outputs[:, 1] - outputs[:, 0] if task == "binary" else outputs, classes)


def result(task: str, *, hostile: str = HOSTILE, **changes: Any) -> ExperimentResult:
    """A result in which every text that comes from outside is hostile."""
    metric = next(iter(METRICS[task]))
    params = {"kind": "network", "lambda": 0.1}

    def variant(number: int) -> dict[str, Any]:
        return {
            "name": f"variant {number} {hostile}",
            "params": params,
            "cost": {"train": 0.2 + number, "cv": 0.5 - number / 20},
            "metrics": {"cv": METRICS[task]},
            "epochs": 10,
            "status": "completed" if number else "stopped",
            "fleet": 0,
        }

    def points(name: str, *values: float) -> list[dict[str, Any]]:
        return [{name: value, "train": 0.2 + i / 10, "cv": 0.6 - i / 20} for i, value in enumerate(values)]

    capacity = [{**point, "label": hostile} for point in points("parameters", 10, 100, 1000)]
    diverged = {**variant(9), "cost": {"train": None, "cv": None}, "metrics": {"cv": {}}, "status": "diverged"}
    about: dict[str, Any] = {
        "experiment": hostile,
        "task": task,
        "data": {
            "rows": 450,
            "digest": "ab" * 32,
            "splits": {"train": 270, "cv": 90, "test": 90},
            "source": f"/tmp/{hostile}",
            "target": hostile,
            "split_by": "random",
            "notes": [hostile],
            "findings": [
                {
                    "name": "target-leakage",
                    "severity": "warning",
                    "columns": [hostile],
                    "evidence": hostile,
                    "action": hostile,
                }
            ],
        },
        "variants": [*map(variant, range(14)), diverged],
        "selected": {
            "name": f"variant 1 {hostile}",
            "params": params,
            "cv": {"mean": 1.0, "se": 0.1, "folds": [1, 1, 1]},
            "metric": metric,
        },
        "diagnosis": {
            "verdict": "high variance",
            "probabilities": CHANCES,
            "evidence": [{"name": "J_train", "value": 0.5, "sentence": hostile}],
            "advice": [
                {
                    "text": hostile,
                    "setting": hostile,
                    "gain": {"value": 0.1, "low": 0.0, "high": 0.2},
                    "confidence": 0.9,
                },
                {"text": "More rows."},
            ],
            "curves": {
                "learning": points("rows", 30, 90, 270),
                "lambda": points("lambda", 0, 0.1, 10),
                "capacity": capacity,
            },
            "projection": {"rows": 540, "cv": 0.4, "low": 0.3, "high": 0.5, "asymptote": 0.2},
        },
        "test": {
            "metrics": METRICS[task],
            "baseline": METRICS[task],
            "linear": METRICS[task],
            "intervals": {name: (0.9 * value, 1.1 * value) for name, value in METRICS[task].items()},
            "confidence": 0.975,
            "opening": {
                "number": 2,
                "elsewhere": 1,
                "unreadable": 0,
                "when": "2026-01-02T03:04:05",
                "run": hostile,
                "sealed_digest": "1" * 64,
                "rows_digest": "2" * 64,
                "config_digest": "3" * 64,
            },
        },
        "seconds": {"total": 6.0, "load": 1.0, "features": 1.0, "train": 2.0, "crossvalidate": 1.0, "track": 1.0},
        "mlflow": {"tracking_uri": "sqlite:///x", "experiment_id": "1", "run_id": "2"},
        "model": f"/tmp/{hostile}/model",
        **changes,
    }
    return ExperimentResult.model_validate(about)


def contents(task: str = "multiclass", *, hostile: str = HOSTILE, **changes: Any) -> Contents:
    """Everything that a report shows."""
    shown = [
        Shown(
            f"variant {n} {hostile}",
            0.1,
            0.2 + n / 20,
            0.5 - n / 50,
            [1 / e for e in range(1, 31)],
            [1.1 / e for e in range(1, 31)],
            30,
            linear=n % 3 == 0,
        )
        for n in range(14)
    ]
    drawing = Drawing(
        shown,
        f"variant 1 {hostile}",
        (f"variant 1 {hostile}", f"variant 2 {hostile}"),
        "log loss",
        0.69,
        0.1,
        0.3,
        0.2,
    )
    about: dict[str, Any] = {
        "result": result(task, hostile=hostile),
        "drawing": drawing,
        "rows": rows(task),
        "columns": [Column(hostile, "numeric", hostile), Column("area", "numeric", "numbers")],
        "config_yaml": f"name: '{hostile}'\n",
        "config_path": "runs/x/experiment.yaml",
        "importance": Importance(
            "log_loss", 0.3, 90, 5, (ColumnImportance(hostile, 0.2, 0.01), ColumnImportance("area", -0.001, 0.02))
        ),
        "versions": {"Python": "3.11"},
    }
    return Contents(**(about | changes))
