"""What an experiment is: its configuration, strict and frozen, its variants, and its result.

Names are imported on first use, so that a program that only might need a configuration does not load pydantic.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from descent.schemas.config.experiment import ExperimentConfig
    from descent.schemas.config.features import FeaturesConfig
    from descent.schemas.config.judgement import (
        ComputeConfig,
        DiagnoseConfig,
        SelectConfig,
        TrackConfig,
        ValidateConfig,
    )
    from descent.schemas.config.models import LinearSearch, NetworkSearch
    from descent.schemas.config.optimizers import AdaGrad, Adam, AdamW, Lbfgs, Momentum, Nesterov, Newton, RmsProp, Sgd
    from descent.schemas.config.ranges import LinearRange, LogRange
    from descent.schemas.config.schedules import Constant, Cosine, Exponential, Step
    from descent.schemas.config.search import Budget, EarlyStopping, Halving, SearchConfig
    from descent.schemas.config.table import DataConfig, SplitConfig
    from descent.schemas.problems.errors import ConfigError, Problem
    from descent.schemas.problems.secrets import conceal
    from descent.schemas.results import ExperimentResult
    from descent.schemas.text.loading import config_from, load_config
    from descent.schemas.text.schema import json_schema
    from descent.schemas.text.writing import to_yaml
    from descent.schemas.variants.defaults import default_features, default_search, plain_search
    from descent.schemas.variants.expansion import expand_variants
    from descent.schemas.variants.tasks import KINDS, METRICS, check_task
    from descent.schemas.variants.variant import (
        FeatureSettings,
        OptimizerSettings,
        ScheduleSettings,
        Variant,
        fleet_key,
    )

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
