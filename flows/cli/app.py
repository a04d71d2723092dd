"""The command ``descent``: a function of each file is a command, and declares its options.

Each imports what it needs when it runs, so that ``--help`` answers at once.
"""

import warnings

import typer

from descent.flows.cli import (
    check,
    deploy,
    export,
    init,
    predict,
    promote,
    retrain,
    run,
    schedules,
    schema,
    serve,
    status,
    sync,
    ui,
    worker,
)

app = typer.Typer(
    name="descent",
    help="Turn a table into a model you can trust.",
    epilog="Start with: descent run experiments/penguins.yaml   or: descent run your.csv --target COLUMN",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)
for command, examples in (  # in the order of --help
    (run.run, run.EXAMPLES),
    (check.check, check.EXAMPLES),
    (init.init, init.EXAMPLES),
    (schema.schema, schema.EXAMPLES),
    (predict.predict, predict.EXAMPLES),
    (export.export, export.EXAMPLES),
    (serve.serve, serve.EXAMPLES),
    (promote.promote, promote.EXAMPLES),
    (promote.rollback, promote.ROLLBACK_EXAMPLES),
    (retrain.retrain, retrain.EXAMPLES),
    (deploy.deploy, deploy.EXAMPLES),
    (schedules.schedules, schedules.EXAMPLES),
    (worker.worker, worker.EXAMPLES),
    (ui.ui, ui.EXAMPLES),
    (sync.sync, sync.EXAMPLES),
    (status.status, status.EXAMPLES),
    (status.down, status.DOWN_EXAMPLES),
):
    app.command(epilog=examples)(command)


def main() -> None:
    """Entry point of the console script."""
    from descent.flows.machine.environment import end

    # What does not converge is judged like the rest. Here, for the whole command: a thread that imports something may
    # put back, in the middle of another's work, the filters that it found.
    warnings.filterwarnings("ignore", module=r"sklearn\.")
    try:
        app()
    except SystemExit as ending:
        end(ending)
