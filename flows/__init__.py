"""Orchestration and memory: the experiment as a Prefect flow, recorded in MLflow.

``from flows import run_experiment`` gives the function that also starts what it needs; the bare flow, for a Prefect
deployment, is `flows.experiment.run_experiment`. ``from flows import load_model`` gives a model to predict with.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from descent.flows.launch import run_experiment
    from descent.flows.serving.source import load_model

__all__ = ["load_model", "run_experiment"]


def __getattr__(name: str) -> Any:
    if name == "load_model":
        from descent.flows.serving.source import load_model

        return load_model
    if name == "run_experiment":
        from descent.flows.launch import run_experiment

        return run_experiment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
