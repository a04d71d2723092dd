"""From a file or a mapping to a validated configuration."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from descent.schemas.config.experiment import ExperimentConfig
from descent.schemas.problems.errors import ConfigError
from descent.schemas.problems.origin import Origin
from descent.schemas.text.messages import problems
from descent.schemas.text.overrides import apply
from descent.schemas.text.yaml import read_file
from descent.schemas.variants.tasks import check_task


def load_config(path: Path, overrides: Sequence[str] = ()) -> ExperimentConfig:
    """The experiment that a YAML file describes, with overrides such as ``search.epochs=50`` written over it.

    Raises:
        ConfigError: all problems at once, each with file, line and key.
    """
    document, origin = read_file(Path(path))
    return _overridden({} if document is None else document, origin, overrides)


def config_from(mapping: Mapping[str, Any], overrides: Sequence[str] = ()) -> ExperimentConfig:
    """The same for a mapping made in Python, with the keys of the YAML file.

    Raises:
        ConfigError: all problems at once, each with its key.
    """
    return _overridden(dict(mapping), Origin(), overrides)


def _overridden(document: Any, origin: Origin, overrides: Sequence[str]) -> ExperimentConfig:
    for override in overrides:
        document, origin = apply(document, origin, override, ExperimentConfig)
    config = validated(document, origin)
    if config.data.task is not None:
        check_task(config, config.data.task)
    return config


def validated(document: Any, origin: Origin) -> ExperimentConfig:
    """The configuration that plain values describe; errors say where ``origin`` found them."""
    try:
        config = ExperimentConfig.model_validate(document, by_alias=True, by_name=False)
    except ValidationError as error:
        raise ConfigError(problems(error, ExperimentConfig, document, origin)) from None
    config._origin = origin
    if config.search.strategy != "random" and config.search.samples is None:
        from descent.schemas.variants.sampling import open_ranges

        message = "required, but not given: how many values (only samples of strategy: random or halving do without)"
        if missing := [config.problem((*path, "count"), message) for path in open_ranges(config)]:
            raise ConfigError(missing)
    return config
