"""The mathematics: linear, logistic and softmax regression and dense networks as one program, trained as fleets."""

from importlib import import_module
from typing import Any

from descent.ml.chunks import Chunk, ChunkResult, Sources, chunk_size, train_chunk
from descent.ml.errors import ArrayError, CheckpointError, MLError, OptionError, TargetError
from descent.ml.history import Outcome
from descent.ml.network.model import Model
from descent.ml.network.rows import Arrays, balanced_weights
from descent.ml.optimizers.schedules import Schedule
from descent.ml.optimizers.settings import Settings
from descent.ml.prediction import cost, outputs, predict, predict_proba
from descent.ml.progress import Progress
from descent.ml.train import train

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
