"""Models that have learned a little from a table, for tests of what they answer."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from descent import ml
from descent.data import FeatureMap, Inference, Target, infer, read_table
from descent.flows.serving import manifest
from descent.flows.serving.predictor import Predictor
from descent.ml.checkpoints import save_model
from descent.schemas import FeatureSettings


def save_learned(
    frame: pd.DataFrame, inference: Inference, folder: Path, hidden: Sequence[int] = (16,), epochs: int = 5
) -> Predictor:
    """Train on all rows of a frame and write the model's folder; without hidden layers to the minimum."""
    features, x = FeatureMap.fit_transform(frame, inference, FeatureSettings())
    encoder = Target.fit(frame[inference.target], inference.task, inference.classes)
    model = ml.Model(inputs=x.shape[1], hidden=tuple(hidden), outputs=encoder.outputs, task=inference.task)
    arrays = ml.Arrays(x, encoder.encode(frame[inference.target]))
    kind, settings = ("adam", ml.Settings(learning_rate=0.01)) if hidden else ("lbfgs", ml.Settings())
    (outcome,) = ml.train(model, kind, [settings], arrays, batch=64 if hidden else None, epochs=epochs)
    features.save(folder / "features")
    (folder / "target.json").write_text(json.dumps(encoder.to_dict()), encoding="utf-8")
    save_model(folder / "model", model, outcome.parameters)
    if inference.task == "regression":
        widths = {str(level): level / 10 for level in range(50, 100)}
        (folder / "interval.json").write_text(
            json.dumps({"half_widths": widths, "never_negative": bool(frame[inference.target].min() >= 0)}),
            encoding="utf-8",
        )
    manifest.write(folder)
    return Predictor(folder)


def learned(frame: pd.DataFrame, target: str, folder: Path, **said: Any) -> Predictor:
    """A linear model at its minimum, of a frame written as CSV and read again; ``said`` as of `infer`."""
    frame.to_csv(folder.with_suffix(".csv"), index=False)
    texts = (said.get("roles") or {}).get("categorical", ())
    return save_learned(*infer(read_table(folder.with_suffix(".csv"), texts=texts), target, **said), folder, ())
