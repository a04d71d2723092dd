"""The result of an experiment, as ``descent run --json`` prints it."""

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _finite(value: Any) -> Any:
    """JSON knows no NaN or infinity: the cost of a diverged variant is null."""
    return None if isinstance(value, float) and not isfinite(value) else value


Number = Annotated[float | None, BeforeValidator(_finite)]


class ResultModel(BaseModel):
    """A frozen part of a result."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class SplitSizes(ResultModel):
    """Rows in each part."""

    train: int
    cv: int
    test: int


class FindingResult(ResultModel):
    """One thing that was noticed about the table before training."""

    name: str = Field(description="what kind of thing, such as target-leakage")
    severity: str = Field(description="warning or note; an error stops the run")
    columns: tuple[str, ...] = Field(description="the columns that it is about; empty if it is about rows")
    evidence: str = Field(description="what was seen, with its numbers")
    action: str = Field(description="what to do about it")


class DataResult(ResultModel):
    """The table that was used."""

    rows: int
    digest: str = Field(description="SHA-256 of the file's content")
    splits: SplitSizes
    source: str | None = None
    target: str | None = None
    split_by: str | None = None
    notes: tuple[str, ...] = Field(default=(), description="how the table was read, and what was decided about it")
    findings: tuple[FindingResult, ...] = Field(
        default=(), description="what the checks before training noticed, the gravest first"
    )


class Costs(ResultModel):
    """J_train and J_cv: unregularised costs."""

    train: Number
    cv: Number


class CvMetrics(ResultModel):
    """Metrics on the cv rows."""

    cv: Mapping[str, Number]


class VariantResult(ResultModel):
    """One row of the leaderboard."""

    name: str
    params: Mapping[str, str | int | float | bool]
    cost: Costs
    metrics: CvMetrics
    epochs: int
    status: str = Field(description="completed, stopped (early), diverged or interrupted")
    message: str | None = None
    fleet: int | None = None


class CrossValidation(ResultModel):
    """The selection metric over the folds."""

    mean: Number
    se: Number = Field(description="standard error of the mean; null without folds")
    folds: tuple[Number, ...] = Field(description="the metric on each fold")


class Selected(ResultModel):
    """The winner."""

    name: str
    params: Mapping[str, str | int | float | bool]
    cv: CrossValidation
    metric: str | None = None


class Evidence(ResultModel):
    """A number that the verdict rests on."""

    name: str
    value: Number
    sentence: str = Field(default="", description="the number, said in words")


class DiagnosisResult(ResultModel):
    """Bias, variance, and what to do next."""

    verdict: str
    evidence: tuple[Evidence, ...]
    advice: tuple[str, ...]


class TestResult(ResultModel):
    """Metrics on the test rows, and those of a model that knows no features."""

    __test__ = False  # not a test class of pytest

    metrics: Mapping[str, Number]
    baseline: Mapping[str, Number]


class Seconds(ResultModel):
    """Where the time went."""

    total: float
    load: float
    features: float
    train: float
    crossvalidate: float
    track: float
    other: Mapping[str, float] = Field(default_factory=dict, description="further stages by name")


class MlflowRun(ResultModel):
    """Where the experiment is recorded."""

    tracking_uri: str
    experiment_id: str
    run_id: str


class ExperimentResult(ResultModel):
    """Everything an experiment found out. ``model_dump_json()`` is the answer of ``--json``."""

    experiment: str
    task: str
    data: DataResult
    variants: tuple[VariantResult, ...]
    selected: Selected
    diagnosis: DiagnosisResult
    test: TestResult
    seconds: Seconds
    mlflow: MlflowRun
    model: str = Field(description="path or URI of the model")
