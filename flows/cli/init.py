"""``descent init``."""

from collections.abc import Sequence
from pathlib import Path

from descent.flows.cli.config import config_of
from descent.flows.cli.exits import reported


def init(table: str, target: str, output: Path | None, *, force: bool, overrides: Sequence[str]) -> None:
    """Write what was inferred about a table as a commented experiment file; ``force`` replaces one that exists."""
    with reported():
        import sys

        from descent.data.reading.output import check_place
        from descent.flows.table.question import ask
        from descent.ml.checkpoints import write_atomically
        from descent.schemas import ConfigError, to_yaml

        if output is not None:
            check_place(output)
        if output is not None and output.exists() and not force:
            raise ConfigError(f"{output}: the file exists; choose another name or add --force")
        config = config_of(table, target, overrides)
        question = ask(config).question
        for note in question.inference.notes:
            print(f"note: {note}", file=sys.stderr)
        text = to_yaml(question.config, folder=(output or Path("x")).absolute().parent)
        if output is None:
            print(text, end="")
            return
        write_atomically(output, text.encode())
        print(f"{output} is written. Try it: descent check {output}, then: descent run {output}", file=sys.stderr)
