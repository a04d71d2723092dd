"""The whole configuration of one experiment."""

from pathlib import PurePath
from typing import Any

from pydantic import Field, PrivateAttr

from descent.schemas.config.base import ConfigModel
from descent.schemas.config.features import FeaturesConfig
from descent.schemas.config.judgement import ComputeConfig, DiagnoseConfig, SelectConfig, TrackConfig, ValidateConfig
from descent.schemas.config.models import AnyModel
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
    track: TrackConfig = Field(
        default=TrackConfig.model_construct(), description="what is recorded in MLflow beside the results"
    )

    registration: RegisterConfig = Field(
        default=RegisterConfig.model_construct(),
        validation_alias="register",
        serialization_alias="register",
        description="the name under which the winner is registered in MLflow",
    )
    retrain: RetrainConfig = Field(
        default=RetrainConfig.model_construct(), description="training anew on fresh data, by hand or on a schedule"
    )

    _origin: Origin = PrivateAttr(default_factory=Origin)

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

    def with_resolved(
        self,
        *,
        name: str | None = None,
        task: str | None = None,
        split_by: str | None = None,
        draw: str | None = None,
        group: str | None = None,
        time: str | None = None,
        metric: str | None = None,
        models: tuple[AnyModel, ...] | None = None,
    ) -> "ExperimentConfig":
        """A copy with inferred values written in; None leaves a value as it is.

        Raises:
            ConfigError: a value is not allowed, or the metric or a kind of model does not fit the task.
        """
        from descent.schemas.text.loading import validated
        from descent.schemas.variants.tasks import check_task

        changes: dict[str, dict[str, Any]] = {
            "data": {"task": task, "group": group, "time": time},
            "split": {"by": split_by, "draw": draw},
            "select": {"metric": metric},
            "search": {"models": models},
        }
        sections: dict[str, Any] = {} if name is None else {"name": name}
        for section, values in changes.items():
            if given := {key: value for key, value in values.items() if value is not None}:
                sections[section] = getattr(self, section).model_copy(update=given)
        resolved = self.model_copy(update=sections)
        validated(resolved.model_dump(), self._origin)
        if resolved.data.task is not None:
            check_task(resolved, resolved.data.task)
        return resolved

    def with_default_search(self, *, task: str, rows: int, columns: int, numeric_columns: int) -> "ExperimentConfig":
        """A copy in which the models, where none are written, are those that fit the size of the table.

        The epochs, early stopping and degree that go with them are taken as well, unless they are written.
        """
        from descent.schemas.variants.defaults import default_features, default_search

        if self.search.models is not None:
            return self
        search = default_search(task, rows, columns)
        features = default_features(numeric_columns)
        taken = {
            key: getattr(search, key)
            for key in type(search).model_fields
            if key == "models" or key not in self.search.model_fields_set
        }
        changes: dict[str, Any] = {"search": self.search.model_copy(update=taken)}
        if "degree" not in self.features.model_fields_set:
            changes["features"] = self.features.model_copy(update={"degree": features.degree})
        return self.model_copy(update=changes)
