"""Orchestration and memory: the experiment as a Prefect flow, recorded in MLflow.

``from flows import run_experiment`` gives the function that also starts what it needs; the bare flow, for a Prefect
deployment, is `flows.experiment.run_experiment`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .launch import run_experiment

__all__ = ["run_experiment"]


def __getattr__(name: str) -> Any:
    if name == "run_experiment":
        from .launch import run_experiment

        return run_experiment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
