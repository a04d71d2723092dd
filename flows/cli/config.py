"""From what stands on the command line to a configuration, and to a terminal that shows its progress."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING

from descent.schemas import ConfigError, ExperimentConfig, conceal, config_from, load_config

if TYPE_CHECKING:
    from rich.console import Console

YAML = {".yaml", ".yml"}


def config_of(
    source: str, target: str | None, overrides: Sequence[str] | None, effort: str | None = None
) -> ExperimentConfig:
    """The configuration in a YAML file, or the one that a table and a target column stand for.

    ``effort`` is ``search.effort``.

    Raises:
        ConfigError: a table without a target, or anything wrong inside the file or the overrides.
    """
    overrides = [*(overrides or []), *([] if effort is None else [f"search.effort={effort}"])]
    if Path(source).suffix.lower() in YAML:
        also = [] if target is None else [f"data.target={dumps(target)}"]
        return load_config(Path(source), [*also, *overrides])
    if target is None:
        raise ConfigError(
            f"{source}: which column should be predicted? Add --target COLUMN, or write an experiment file: "
            f"descent init {source} --target COLUMN -o experiment.yaml"
        )
    return config_from({"data": {"source": source, "target": target}}, overrides)


@contextmanager
def shown(config: ExperimentConfig, json: bool) -> "Iterator[Console]":
    """Show the progress of what runs inside, on stderr with ``json``; gives the console."""
    from rich.console import Console

    from descent.flows.run.progress import Terminal, shown_on

    console = Console(stderr=json)
    terminal = Terminal(console)
    with shown_on(terminal), terminal.waiting(f"reading {conceal(config.data.source)} …"):
        yield console
