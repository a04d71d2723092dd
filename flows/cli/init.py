"""``descent init``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Effort, Overrides

EXAMPLES = "Example:  descent init prices.csv --target price -o prices.yaml"


@reported()
def init(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table (.csv, .csv.gz, .parquet).")],
    target: Annotated[str, typer.Option("--target", "-t", metavar="COLUMN", help="The column to predict.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write; default: stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    set_: Overrides = None,
    effort: Effort = None,
) -> None:
    """Write a commented experiment file for a table, to start from."""
    from descent.data.reading.output import check_place
    from descent.flows.cli.config import config_of
    from descent.flows.table.question import ask
    from descent.ml.checkpoints import write_atomically
    from descent.schemas import ConfigError, to_yaml

    if output is not None:
        check_place(output)
    if output is not None and output.exists() and not force:
        raise ConfigError(f"{output}: the file exists; choose another name or add --force")
    config = config_of(table, target, set_, effort)
    question = ask(config).question
    for note in question.inference.notes:
        print(f"note: {note}", file=sys.stderr)
    text = to_yaml(question.config, folder=(output or Path("x")).absolute().parent)
    if output is None:
        print(text, end="")
        return
    write_atomically(output, text.encode())
    print(f"{output} is written. Try it: descent check {output}, then: descent run {output}", file=sys.stderr)
