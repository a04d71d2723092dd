"""What scikit-learn's transformers inside of a feature map make of rows: the oracle of `CompiledFeatures`."""

from typing import Any

import numpy as np
import pandas as pd

from descent.data import FeatureMap
from descent.data.features import numeric, raw


def through(steps: Any, values: Any) -> Any:
    """Numbers through a pipeline, cut off behind its scaler."""
    for name, step in steps.steps:
        values = step.transform(values)
        if name == "scale":
            values = np.clip(values, -numeric.FARTHEST, numeric.FARTHEST)
    return values.astype(np.float32)


def transformed(features: FeatureMap, frame: pd.DataFrame) -> Any:
    """(m, n) float32."""
    columns, parts = features.columns, []
    with np.errstate(over="ignore", invalid="ignore"):
        if features.numeric is not None:
            parts.append(through(features.numeric, raw.numbers(frame, columns)))
        if features.one_hot is not None:
            parts.append(features.one_hot.transform(raw.levels(frame, columns.categorical, columns)))
        if features.coder is not None:
            parts.append(features.coder.transform(raw.levels(frame, columns.coded, columns)))
        matrix = np.concatenate(parts, axis=1).astype(np.float32)
    return np.clip(matrix, -numeric.FARTHEST, numeric.FARTHEST) if features.clipped else matrix
