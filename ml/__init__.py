"""The mathematics: linear, logistic and softmax regression and dense networks as one program, trained as fleets."""

from importlib import import_module
from typing import Any

from .arrays import Arrays, balanced_weights
from .chunks import Chunk, ChunkResult, Sources, chunk_size, train_chunk
from .errors import ArrayError, CheckpointError, MLError, OptionError, TargetError
from .history import Outcome
from .models import Model
from .prediction import cost, outputs, predict, predict_proba
from .progress import Progress
from .schedules import Schedule
from .settings import Settings
from .training import train

_LAZY = {
    "load_model": "checkpoints",
    "save_model": "checkpoints",
    "NeuralNetworkClassifier": "estimators",
    "NeuralNetworkRegressor": "estimators",
}

__all__ = [
    "ArrayError",
    "Arrays",
    "CheckpointError",
    "Chunk",
    "ChunkResult",
    "MLError",
    "Model",
    "NeuralNetworkClassifier",
    "NeuralNetworkRegressor",
    "OptionError",
    "Outcome",
    "Progress",
    "Schedule",
    "Settings",
    "Sources",
    "TargetError",
    "balanced_weights",
    "chunk_size",
    "cost",
    "load_model",
    "outputs",
    "predict",
    "predict_proba",
    "save_model",
    "train",
    "train_chunk",
]


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
