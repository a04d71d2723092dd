"""A trained model as MLflow serves it: raw columns in, predictions out.

This file is shipped inside every model, with `ml` and `data` and nothing else of `flows`, so it imports only those.
A model folder holds ``features/`` (`data.FeatureMap`), ``target.json`` (`data.Target`) and ``model/``
(`ml.checkpoints`): numbers, JSON and skops, no pickle.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from data import FeatureMap, Target
from ml.checkpoints import load_model
from ml.prediction import outputs, predict_proba


class Predictor:
    """Predicts rows of a table like the one it was trained on; columns may stand in any order, others are ignored."""

    def __init__(self, folder: Path) -> None:
        self.features = FeatureMap.load(folder / "features")
        self.target = Target.from_dict(json.loads((folder / "target.json").read_text(encoding="utf-8")))
        self.model, self.parameters = load_model(folder / "model")

    @property
    def inputs(self) -> dict[str, str]:
        """The columns that are needed, by kind: ``double``, ``string`` or ``datetime``."""
        return self.features.schema

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Column ``prediction`` in the target's units; for classes the likeliest one, and ``probability_<label>`` each.

        Raises:
            FeatureError: a column is missing, or holds texts where numbers were learned.
        """
        matrix = self.features.transform(frame)
        if self.target.task == "regression":
            values = self.target.decode(outputs(self.model, self.parameters, matrix))
            return pd.DataFrame({"prediction": values}, index=frame.index)
        probabilities = predict_proba(self.model, self.parameters, matrix)
        labels = pd.Series(self.target.decode(probabilities.argmax(axis=1)), index=frame.index).infer_objects()
        columns = {f"probability_{label}": probabilities[:, code] for code, label in enumerate(self.target.classes)}
        return pd.DataFrame({"prediction": labels, **columns}, index=frame.index)


def _load_pyfunc(path: str) -> Predictor:
    """What MLflow calls to load the model."""
    return Predictor(Path(path))
