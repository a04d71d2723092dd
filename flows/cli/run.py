"""``descent run``."""

from typing import Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import AsJson, Effort, Overrides, Source, Target, Verbose

EXAMPLES = (
    "Examples:  descent run experiments/penguins.yaml   ·   descent run prices.csv --target price"
    "   ·   descent run experiments/diabetes.yaml --set search.epochs=50 --json"
)


@reported(trains=True)
def run(
    source: Source,
    target: Target = None,
    set_: Overrides = None,
    effort: Effort = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over: retrain what an earlier run has trained.")
    ] = False,
    json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Run an experiment: train, compare, diagnose, test once, record. An interrupted run is resumed."""
    from descent.flows.cli.config import config_of, shown
    from descent.flows.launch import run_experiment
    from descent.flows.report.terminal import print_report, unsent

    config = config_of(source, target, set_, effort)
    with shown(config, json) as console:
        result = run_experiment(config, fresh=fresh, verbose=verbose)
    if not json:
        print_report(result, console)
        return
    if result.mlflow.unsent:
        console.print(unsent(result), highlight=False, markup=False, soft_wrap=True)
    print(result.model_dump_json())
