"""The result of an experiment, as ``descent run --json`` prints it."""

from collections.abc import Mapping
from math import isfinite
from typing import Annotated, Any, Literal

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
        default=(), description="what the checks before training noticed, the most severe first"
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
    status: str = Field(
        description="completed, stopped (early), halved (cut by halving), budget (ended by it), diverged or interrupted"
    )
    message: str | None = None
    fleet: int | None = None
    reused: bool = Field(default=False, description="trained by an earlier run, and taken from the cache")


class RungResult(ResultModel):
    """A comparison of a halving: how many variants trained towards ``epochs``, and how many of them went on."""

    epochs: int
    variants: int
    kept: int


class SearchResult(ResultModel):
    """How the variants were trained, and which of them not to the end."""

    strategy: str
    rungs: tuple[RungResult, ...]
    statuses: Mapping[str, int] = Field(description="number of variants by status")
    estimated_seconds: Mapping[str, float] = Field(description="train, if no variant stops early; and after it")
    budget: Mapping[str, Number] | None = Field(default=None, description="minutes and epochs, where a budget was set")
    epochs: int = Field(description="of all variants together; iterations of lbfgs and newton are not counted")
    reused: int = Field(default=0, description="variants trained by an earlier run; seconds exclude them")
    summary: tuple[str, ...] = Field(default=(), description="what was cut and why, in words")


class CrossValidation(ResultModel):
    """The selection metric over the folds."""

    mean: Number
    se: Number = Field(description="standard error of the mean; null without folds")
    folds: tuple[Number, ...] = Field(description="the metric on each fold")


class MemberResult(ResultModel):
    """A variant in the final model: its weight, and how many trained models of it are averaged."""

    name: str
    weight: float
    models: int


class CalibrationResult(ResultModel):
    """What logits are divided by, and the log loss out of fold without and with it."""

    temperature: float
    before: float
    after: float


class Selected(ResultModel):
    """The winner, and what the final model is made of."""

    name: str
    params: Mapping[str, str | int | float | bool]
    cv: CrossValidation
    metric: str | None = None
    calibration: CalibrationResult | None = Field(
        default=None, description="of probabilities, where that lowers the log loss on rows held out; null where not"
    )
    members: tuple[MemberResult, ...] = Field(
        default=(), description="what the final model averages, by weight; a single one is the winner, refitted"
    )


class EvidenceResult(ResultModel):
    """A number that the verdict rests on."""

    name: str
    value: Number
    sentence: str = Field(default="", description="the number, said in words")


class Gain(ResultModel):
    """A predicted fall of J_cv (positive is better), and the interval that holds it with 80 %."""

    value: Number
    low: Number
    high: Number


class AdviceResult(ResultModel):
    """One thing to do next."""

    text: str
    setting: str | None = Field(default=None, description="what to type after --set; null where no key does it")
    gain: Gain | None = Field(default=None, description="how far J_cv would fall; null where it was not measured")
    confidence: Number = Field(default=None, description="probability that J_cv falls at all; null as gain is")


class LearningPoint(ResultModel):
    """The winner trained on some of the training rows; costs are means over disjoint parts of that size."""

    rows: int
    train: Number
    cv: Number
    low: Number = Field(default=None, description="lower end of the 80 % interval of J_cv")
    high: Number = Field(default=None, description="upper end of it")


class LambdaPoint(ResultModel):
    """The winner's model with another λ."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    lambda_: float = Field(alias="lambda")
    train: Number
    cv: Number


class CapacityPoint(ResultModel):
    """A model of another size, at its best λ and learning rate; the list goes from the smallest to the largest."""

    label: str
    parameters: int
    train: Number
    cv: Number


class CurvesResult(ResultModel):
    """J_train and J_cv over rows, over λ and over capacity."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    learning: tuple[LearningPoint, ...] = ()
    lambda_: tuple[LambdaPoint, ...] = Field(default=(), alias="lambda")
    capacity: tuple[CapacityPoint, ...] = ()


class Projection(ResultModel):
    """J_cv at more rows than there are, from a power law through the learning curve, with an 80 % interval."""

    rows: int
    cv: Number
    low: Number
    high: Number
    asymptote: Number = Field(description="J_cv in the limit of many rows")


class FollowedResult(ResultModel):
    """An advice that was tried out, before the test rows were opened."""

    advice: str
    setting: str
    variants: tuple[str, ...] = Field(description="names of the extra variants, also on the leaderboard")
    predicted: Gain
    realised: Number = Field(description="by how much J_cv fell")
    se: Number = Field(description="standard error of that fall over the cv rows")
    selected: bool = Field(description="whether one of them became the winner")


class DiagnosisResult(ResultModel):
    """Bias, variance, and what to do next."""

    verdict: str
    probabilities: Mapping[str, Number] = Field(default={}, description="of each of the four verdicts; their sum is 1")
    evidence: tuple[EvidenceResult, ...]
    advice: tuple[AdviceResult, ...] = Field(description="what to do next, most promising first")
    curves: CurvesResult = CurvesResult()
    projection: Projection | None = Field(default=None, description="what twice the training rows would give")
    followed: FollowedResult | None = Field(default=None, description="the advice that diagnose.follow tried out")


class OpeningResult(ResultModel):
    """The line in the ledger of openings that this look at the test rows left, and what it counts."""

    number: int = Field(description="models tested on these rows so far, this one among them")
    elsewhere: int = Field(description="other sets of test rows of this table and target that were opened")
    unreadable: int = Field(description="lines of the ledger that cannot be read and may hide openings")
    when: str = Field(description="in UTC")
    run: str = Field(description="name of the run, in the ledger as in MLflow")
    repeated: int = Field(
        default=0, description="earlier openings by this same run, which died before its result: no further look"
    )
    sealed_digest: str = Field(description="SHA-256 of the sealed file with the test rows")
    rows_digest: str = Field(description="SHA-256 of the table's digest and the numbers of the test rows")
    config_digest: str = Field(description="SHA-256 of all settings that decide about the model")


class TestResult(ResultModel):
    """Metrics on the test rows with intervals, beside those of a dummy without features and of a linear model."""

    __test__ = False  # not a test class of pytest

    metrics: Mapping[str, Number]
    baseline: Mapping[str, Number]
    linear: Mapping[str, Number] = Field(
        default_factory=dict, description="metrics of a plain linear model trained on the same rows: degree 1, λ = 1"
    )
    boosted: Mapping[str, Number] = Field(
        default_factory=dict,
        description="metrics of gradient-boosted trees trained on the same rows; empty if none were",
    )
    beaten_by: tuple[Literal["baseline", "linear", "boosted"], ...] = Field(
        default=(), description="which of these are better by more than two standard errors of the difference"
    )
    intervals: Mapping[str, tuple[Number, Number]] = Field(
        default_factory=dict, description="bootstrap interval of each metric, low and high"
    )
    confidence: float = Field(default=0.95, description="of each interval; smaller errors for rows opened before")
    opening: OpeningResult | None = None


class Seconds(ResultModel):
    """Where the time went."""

    total: float
    load: float
    features: float
    train: float
    crossvalidate: float
    track: float
    other: Mapping[str, float] = Field(default_factory=dict, description="further stages by name")
    beside: Mapping[str, float] = Field(
        default_factory=dict, description="CPU time of processes alongside the run, by what they do"
    )


class MlflowRun(ResultModel):
    """Where the experiment is recorded."""

    tracking_uri: str
    experiment_id: str
    run_id: str
    unsent: str | None = Field(
        default=None, description="why MLflow lacks part of the run; the rest waits for descent sync"
    )


class ExperimentResult(ResultModel):
    """Everything an experiment found out. ``model_dump_json()`` is the answer of ``--json``."""

    experiment: str
    task: str
    data: DataResult
    variants: tuple[VariantResult, ...]
    search: SearchResult | None = None
    selected: Selected
    rivals: Mapping[str, Mapping[str, Number]] = Field(
        default_factory=dict, description="metrics on the cv rows of other kinds of models, trained on the train rows"
    )
    diagnosis: DiagnosisResult
    test: TestResult
    seconds: Seconds
    mlflow: MlflowRun
    model: str = Field(description="path or URI of the model")
    report: str | None = Field(default=None, description="path of the report, one HTML file; none if it failed")
    warnings: tuple[str, ...] = Field(
        default=(), description="what the run could not make besides the result and the model: a figure, the report"
    )
