"""``descent run``."""

from collections.abc import Sequence

from descent.flows.cli.config import config_of
from descent.flows.cli.exits import reported


def run(source: str, target: str | None, overrides: Sequence[str], *, fresh: bool, json: bool, verbose: bool) -> None:
    """Run an experiment and report; with ``json`` the report is the result as one JSON object on stdout."""
    with reported(trains=True):
        from rich.console import Console

        from descent.flows.launch import run_experiment
        from descent.flows.report.terminal import print_report, unsent
        from descent.flows.run.progress import Terminal, shown_on
        from descent.schemas import conceal

        config = config_of(source, target, overrides)
        console = Console(stderr=json)
        terminal = Terminal(console)
        with shown_on(terminal), terminal.waiting(f"reading {conceal(config.data.source)} …"):
            result = run_experiment(config, fresh=fresh, verbose=verbose)
        if json:
            if result.mlflow.unsent:
                console.print(unsent(result), highlight=False, markup=False, soft_wrap=True)
            print(result.model_dump_json())
            return
        print_report(result, console)
