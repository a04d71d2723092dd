"""From what stands on the command line to a configuration."""

from collections.abc import Sequence
from pathlib import Path

from descent.schemas import ConfigError, ExperimentConfig, config_from, load_config

YAML = {".yaml", ".yml"}


def config_of(source: str, target: str | None, overrides: Sequence[str]) -> ExperimentConfig:
    """The configuration in a YAML file, or the one that a table and a target column stand for.

    Raises:
        ConfigError: a table without a target, or anything wrong inside the file or the overrides.
    """
    if Path(source).suffix.lower() in YAML:
        also = [] if target is None else [f"data.target={_quoted(target)}"]
        return load_config(Path(source), [*also, *overrides])
    if target is None:
        raise ConfigError(
            f"{source}: which column is to be predicted? Add --target COLUMN, or write an experiment file: "
            f"descent init {source} --target COLUMN -o experiment.yaml"
        )
    return config_from({"data": {"source": source, "target": target}}, overrides)


def _quoted(text: str) -> str:
    """The text as a YAML string, whatever it looks like."""
    return "'" + text.replace("'", "''") + "'"
