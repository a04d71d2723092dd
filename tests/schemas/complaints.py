"""What a wrong configuration is answered with."""

from pathlib import Path
from textwrap import dedent
from typing import get_args

import pytest
from pydantic import BaseModel

from descent.schemas import ConfigError, DataConfig, ExperimentConfig, SearchConfig, SelectConfig, load_config
from descent.schemas.config.judgement import Metric
from descent.schemas.config.models import Activation
from descent.schemas.config.optimizers import NetworkOptimizer
from descent.schemas.config.shape import kinds, models_in


def keys(model: type[BaseModel]) -> str:
    """The keys of a section as a message lists them; taken from pydantic's own account of the section."""
    return ", ".join(model.model_json_schema()["properties"])


DATA_KEYS, TOP_KEYS = keys(DataConfig), keys(ExperimentConfig)
SEARCH_KEYS, SELECT_KEYS = keys(SearchConfig), keys(SelectConfig)
OPTIMIZERS = ", ".join(kind for model in models_in(NetworkOptimizer) for kind in kinds(model))
ACTIVATIONS, METRICS = ", ".join(get_args(Activation)), ", ".join(get_args(Metric))
RANGE = "a range is written {log: [0.001, 10], count: 5} or {linear: [1, 3], count: 3}"


def complaint(tmp_path: Path, text: str, overrides: tuple[str, ...] = ()) -> str:
    """The message for a YAML text, with the folder taken out of the file's name."""
    path = tmp_path / "x.yaml"
    path.write_text(dedent(text), encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_config(path, overrides)
    return str(caught.value).replace(f"{tmp_path}/", "")
