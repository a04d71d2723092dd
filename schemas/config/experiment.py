"""The whole configuration of one experiment."""

from pathlib import PurePath

from pydantic import Field, PrivateAttr

from descent.schemas.config.base import ConfigModel
from descent.schemas.config.features import FeaturesConfig
from descent.schemas.config.judgement import ComputeConfig, DiagnoseConfig, SelectConfig, TrackConfig, ValidateConfig
from descent.schemas.config.registration import RegisterConfig
from descent.schemas.config.retraining import RetrainConfig
from descent.schemas.config.search import SearchConfig
from descent.schemas.config.table import DataConfig, SplitConfig, Text
from descent.schemas.problems.errors import Problem
from descent.schemas.problems.origin import Origin, Path
from descent.schemas.problems.secrets import conceal

SUFFIXES = {".csv", ".gz", ".zst", ".parquet", ".pq", ".tsv", ".txt", ".db", ".sqlite"}


class ExperimentConfig(ConfigModel):
    """One question about one table. Only ``data.source`` and ``data.target`` must be given."""

    name: Text | None = Field(
        default=None, description="name of the experiment; not given: that of the table's file", examples=["housing"]
    )
    data: DataConfig = Field(description="the table and the meaning of its columns")
    split: SplitConfig = Field(
        default=SplitConfig.model_construct(), description="shares of rows for training, comparing and the final test"
    )
    features: FeaturesConfig = Field(
        default=FeaturesConfig.model_construct(), description="how columns become features; lists are swept"
    )
    search: SearchConfig = Field(
        default=SearchConfig.model_construct(), description="which models are trained; lists are swept"
    )
    validation: ValidateConfig = Field(
        default=ValidateConfig.model_construct(),
        validation_alias="validate",
        serialization_alias="validate",
        description="k-fold cross-validation of the best few",
    )
    select: SelectConfig = Field(default=SelectConfig.model_construct(), description="what makes a model the winner")
    diagnose: DiagnoseConfig = Field(
        default=DiagnoseConfig.model_construct(), description="against what the winner is diagnosed"
    )
    compute: ComputeConfig = Field(default=ComputeConfig.model_construct(), description="the machine")
    track: TrackConfig = Field(default=TrackConfig.model_construct(), description="what else is recorded in MLflow")

    registration: RegisterConfig = Field(
        default=RegisterConfig.model_construct(),
        validation_alias="register",
        serialization_alias="register",
        description="the name under which the winner is registered in MLflow",
    )
    retrain: RetrainConfig = Field(
        default=RetrainConfig.model_construct(), description="retraining on fresh data, by hand or on a schedule"
    )

    _origin: Origin = PrivateAttr(default_factory=Origin)

    @property
    def origin(self) -> Origin:
        """Where each key was written."""
        return self._origin

    def problem(self, path: Path, message: str) -> Problem:
        """A problem with the key at a path, such as ``("select", "metric")``, that knows where the key was written."""
        return self._origin.problem(path, message)

    @property
    def title(self) -> str:
        """The name, or that of the table's file without its endings."""
        if self.name is not None:
            return self.name
        path = PurePath(conceal(self.data.source).partition("?")[0])
        while path.suffix.lower() in SUFFIXES and path.stem:
            path = path.with_suffix("")
        return path.name or "experiment"
