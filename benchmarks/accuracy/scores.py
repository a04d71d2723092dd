"""Loss and AUC of predictions."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

LEAST = 1e-15
"""No probability counts as less: of a class that was never learned, or of one that a model excluded."""
METRIC = {"regression": "rmse", "binary": "log_loss", "multiclass": "log_loss"}


def loss(task: str, y: NDArray[Any], predicted: NDArray[Any]) -> float:
    """The rmse of numbers (m,), or −mean log p of probabilities (m, K); a label -1 was never learned."""
    if task == "regression":
        return float(np.sqrt(np.mean((y - predicted) ** 2)))
    own = np.where(y < 0, 0.0, predicted[np.arange(len(y)), np.maximum(y, 0)])
    return float(-np.log(np.clip(own, LEAST, 1.0)).mean())


def auc(task: str, y: NDArray[Any], predicted: NDArray[Any]) -> float | None:
    """Area under the ROC curve, for several classes one against the rest, equally weighted; None for numbers."""
    if task == "regression":
        return None
    if predicted.shape[1] == 2:
        return float(roc_auc_score(y == 1, predicted[:, 1])) if 0 < (y == 1).mean() < 1 else None
    areas = [roc_auc_score(y == k, predicted[:, k]) for k in range(predicted.shape[1]) if 0 < np.mean(y == k) < 1]
    return float(np.mean(areas)) if areas else None
