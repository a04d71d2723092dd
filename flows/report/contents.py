"""What a report is made from: plain values that travel to the process that writes it."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

from numpy.typing import NDArray

from descent.data.roles.roles import Column
from descent.flows.evaluation.importance import Importance
from descent.flows.report.drawing import Drawing
from descent.schemas import ExperimentResult


@dataclass(frozen=True)
class TestRows:
    """Targets and predictions on the test rows; see `flows.evaluation.final_test.Tested` for their shapes.

    ``classes`` are the labels in the order of the codes.
    """

    __test__ = False  # not a test class of pytest

    y: NDArray[Any] = field(repr=False)
    outputs: NDArray[Any] = field(repr=False)
    classes: tuple[str, ...] = ()


def versions() -> dict[str, str]:
    """Of descent, Python and the libraries that decide about numbers."""
    packages = ("numpy", "pandas", "scikit-learn", "scipy", "mlflow", "prefect")
    named = {"descent": version("descent-ml"), "Python": platform.python_version()}
    return named | {name: version(name) for name in packages}


@dataclass(frozen=True)
class Contents:
    """Everything that a report shows beyond its words."""

    result: ExperimentResult
    drawing: Drawing
    columns: Sequence[Column]
    rows: TestRows
    config_yaml: str
    config_path: str
    importance: Importance | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
