from ._version import __version__ as __version__
from .flows.launch import run_experiment as run_experiment
from .flows.serving.source import load_model as load_model
from .ml.estimators import NeuralNetworkClassifier as NeuralNetworkClassifier
from .ml.estimators import NeuralNetworkRegressor as NeuralNetworkRegressor
from .schemas.text.loading import load_config as load_config
