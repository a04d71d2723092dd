"""What an experiment is: its configuration, strict and frozen, its variants, and its result.

Names are imported on first use, so that a program that only might need a configuration does not load pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .defaults import default_features, default_search, plain_search
    from .errors import ConfigError, Problem
    from .expansion import expand_variants
    from .experiment import ExperimentConfig
    from .features import FeaturesConfig
    from .judgement import ComputeConfig, DiagnoseConfig, SelectConfig, TrackConfig, ValidateConfig
    from .loading import config_from, load_config
    from .models import LinearSearch, NetworkSearch
    from .optimizers import AdaGrad, Adam, AdamW, Lbfgs, Momentum, Nesterov, Newton, RmsProp, Sgd
    from .ranges import LinearRange, LogRange
    from .results import ExperimentResult
    from .schedules import Constant, Cosine, Exponential, Step
    from .schema import json_schema
    from .search import Budget, EarlyStopping, Halving, SearchConfig
    from .secrets import conceal
    from .table import DataConfig, SplitConfig
    from .tasks import KINDS, METRICS, check_task
    from .variants import FeatureSettings, OptimizerSettings, ScheduleSettings, Variant, fleet_key
    from .writing import to_yaml

_NAMES = {
    "defaults": ("default_features", "default_search", "plain_search"),
    "errors": ("ConfigError", "Problem"),
    "expansion": ("expand_variants",),
    "experiment": ("ExperimentConfig",),
    "features": ("FeaturesConfig",),
    "judgement": ("ComputeConfig", "DiagnoseConfig", "SelectConfig", "TrackConfig", "ValidateConfig"),
    "loading": ("config_from", "load_config"),
    "models": ("LinearSearch", "NetworkSearch"),
    "optimizers": ("AdaGrad", "Adam", "AdamW", "Lbfgs", "Momentum", "Nesterov", "Newton", "RmsProp", "Sgd"),
    "ranges": ("LinearRange", "LogRange"),
    "results": ("ExperimentResult",),
    "schedules": ("Constant", "Cosine", "Exponential", "Step"),
    "schema": ("json_schema",),
    "search": ("Budget", "EarlyStopping", "Halving", "SearchConfig"),
    "secrets": ("conceal",),
    "table": ("DataConfig", "SplitConfig"),
    "tasks": ("KINDS", "METRICS", "check_task"),
    "variants": ("FeatureSettings", "OptimizerSettings", "ScheduleSettings", "Variant", "fleet_key"),
    "writing": ("to_yaml",),
}
_HOME = {name: module for module, names in _NAMES.items() for name in names}

__all__ = [
    "KINDS",
    "METRICS",
    "AdaGrad",
    "Adam",
    "AdamW",
    "Budget",
    "ComputeConfig",
    "ConfigError",
    "Constant",
    "Cosine",
    "DataConfig",
    "DiagnoseConfig",
    "EarlyStopping",
    "ExperimentConfig",
    "ExperimentResult",
    "Exponential",
    "FeatureSettings",
    "FeaturesConfig",
    "Halving",
    "Lbfgs",
    "LinearRange",
    "LinearSearch",
    "LogRange",
    "Momentum",
    "Nesterov",
    "NetworkSearch",
    "Newton",
    "OptimizerSettings",
    "Problem",
    "RmsProp",
    "ScheduleSettings",
    "SearchConfig",
    "SelectConfig",
    "Sgd",
    "SplitConfig",
    "Step",
    "TrackConfig",
    "ValidateConfig",
    "Variant",
    "check_task",
    "conceal",
    "config_from",
    "default_features",
    "default_search",
    "expand_variants",
    "fleet_key",
    "json_schema",
    "load_config",
    "plain_search",
    "to_yaml",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_HOME[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
