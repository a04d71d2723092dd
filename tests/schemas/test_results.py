"""The JSON that ``descent run --json`` prints."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from descent.schemas import ExperimentResult

NAN = float("nan")


def answer(**changes: Any) -> dict[str, Any]:
    params = {"kind": "linear", "lambda": 0.1, "residual": False}
    variant = {
        "name": "linear l=0.1",
        "params": params,
        "cost": {"train": 0.5, "cv": NAN},
        "metrics": {"cv": {"rmse": NAN}},
        "epochs": 10,
        "status": "diverged",
    }
    return {
        "experiment": "x",
        "task": "regression",
        "data": {"rows": 10, "digest": "ab", "splits": {"train": 6, "cv": 2, "test": 2}},
        "variants": [variant],
        "selected": {"name": "linear l=0.1", "params": params, "cv": {"mean": 1.0, "se": None, "folds": [1.0]}},
        "diagnosis": {
            "verdict": "high bias",
            "evidence": [{"name": "J_train", "value": 0.5}],
            "advice": [{"text": "add"}],
            "curves": {"lambda": [{"lambda": 0.1, "train": 0.5, "cv": 0.6}]},
        },
        "test": {"metrics": {"rmse": 1.0}, "baseline": {"rmse": 2.0}},
        "seconds": {"total": 6.0, "load": 1.0, "features": 1.0, "train": 2.0, "crossvalidate": 1.0, "track": 1.0},
        "mlflow": {"tracking_uri": "sqlite:///x", "experiment_id": "1", "run_id": "2"},
        "model": "models:/x/1",
        **changes,
    }


def test_its_json_has_the_keys_that_scripts_rely_on() -> None:
    found = json.loads(ExperimentResult.model_validate(answer()).model_dump_json())
    assert list(found) == [
        "experiment",
        "task",
        "data",
        "variants",
        "search",
        "selected",
        "rivals",
        "diagnosis",
        "test",
        "seconds",
        "mlflow",
        "model",
        "report",
        "warnings",
    ]
    assert found["variants"][0]["params"] == {"kind": "linear", "lambda": 0.1, "residual": False}
    assert found["diagnosis"]["advice"] == [{"text": "add", "setting": None, "gain": None, "confidence": None}]
    assert found["diagnosis"]["curves"]["lambda"] == [{"lambda": 0.1, "train": 0.5, "cv": 0.6}]
    assert found["data"]["splits"] == {"train": 6, "cv": 2, "test": 2}


def test_costs_that_are_no_numbers_are_null_and_come_back() -> None:
    result = ExperimentResult.model_validate(answer())
    assert json.loads(result.model_dump_json())["variants"][0]["cost"] == {"train": 0.5, "cv": None}
    assert ExperimentResult.model_validate_json(result.model_dump_json()) == result


def test_unknown_keys_are_errors() -> None:
    with pytest.raises(ValidationError):
        ExperimentResult.model_validate(answer(verdict="x"))
