"""The command ``descent``. Each command imports what it needs when it runs, so that ``--help`` answers at once."""

import warnings
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name="descent",
    help="Turn a table into a model that can be trusted.",
    epilog="Start with: descent run experiments/penguins.yaml   or: descent run your.csv --target COLUMN",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

Source = Annotated[
    str,  # not a path: a URL has two slashes
    typer.Argument(metavar="FILE", help="An experiment (.yaml) or a table (.csv, .csv.gz, .parquet, a URL)."),
]
Target = Annotated[
    str | None, typer.Option("--target", "-t", metavar="COLUMN", help="The column to predict (with a table).")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a key, e.g. search.epochs=50. May be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print exactly one JSON object on stdout, all else on stderr.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the logs of Prefect and MLflow.")]


@app.command(
    epilog="Examples:  descent run experiments/penguins.yaml   ·   descent run prices.csv --target price"
    "   ·   descent run experiments/diabetes.yaml --set search.epochs=50 --json",
)
def run(
    source: Source,
    target: Target = None,
    set_: Overrides = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over: train again what a run before has trained.")
    ] = False,
    json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Run an experiment: train, compare, diagnose, test once, record. A run that was cut short goes on."""
    from descent.flows.cli.run import run

    run(source, target, set_ or [], fresh=fresh, json=json, verbose=verbose)


@app.command(epilog="Examples:  descent check experiments/penguins.yaml   ·   descent check prices.csv --target price")
def check(source: Source, target: Target = None, set_: Overrides = None, json: AsJson = False) -> None:
    """Validate configuration and data; show roles and the plan; train nothing."""
    from descent.flows.cli.check import check

    check(source, target, set_ or [], json=json)


@app.command(epilog="Example:  descent init prices.csv --target price -o prices.yaml")
def init(
    table: Annotated[str, typer.Argument(metavar="TABLE", help="A table (.csv, .csv.gz, .parquet).")],
    target: Annotated[str, typer.Option("--target", "-t", metavar="COLUMN", help="The column to predict.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where to write; else stdout.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE if it exists.")] = False,
    set_: Overrides = None,
) -> None:
    """Write a commented experiment file for a table, to start from."""
    from descent.flows.cli.init import init

    init(table, target, output, force=force, overrides=set_ or [])


@app.command(epilog="Example:  descent schema > experiment.schema.json")
def schema() -> None:
    """Print the JSON Schema of experiment files, for editors."""
    from descent.flows.cli.schema import schema

    schema()


Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="Folder of a run or a model, runs:/<run id>/model, or models:/<name>@champion."
    ),
]


@app.command(
    epilog="Examples:  descent predict .descent/runs/20261124-… new.csv -o predictions.csv"
    "   ·   descent predict models:/housing@champion new.parquet -o predictions.parquet --keep id"
)
def predict(
    model: Model,
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="CSV or Parquet of any size, read some rows at a time.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write: .csv, .csv.gz or .parquet.")
    ],
    keep: Annotated[
        list[str] | None, typer.Option("--keep", "-k", metavar="COLUMN", help="Write this column of TABLE as well.")
    ] = None,
    level: Annotated[
        float | None, typer.Option("--level", help="Probability of the intervals around numbers; 0.9 if left out.")
    ] = None,
) -> None:
    """Predict every row of a table with a trained model."""
    from descent.flows.cli.predict import predict

    predict(model, table, output, keep or [], level)


@app.command(epilog="Example:  descent export models:/housing@champion --onnx -o housing.onnx")
def export(
    model: Model,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write.")],
    onnx: Annotated[bool, typer.Option("--onnx", help="As one ONNX graph: features and network.")] = False,
    level: Annotated[
        float | None, typer.Option("--level", help="Probability of the intervals around numbers; 0.9 if left out.")
    ] = None,
) -> None:
    """Write a trained model in the form of another system (ONNX)."""
    from descent.flows.cli.export import export

    export(model, output, level, onnx=onnx)


@app.command(
    epilog="Examples:  descent serve .descent/runs/20261124-…   ·   descent serve models:/housing@champion --follow 30"
)
def serve(
    model: Model,
    port: Annotated[int | None, typer.Option("--port", "-p", help="Port; 8000, or a free one, if left out.")] = None,
    host: Annotated[
        str, typer.Option("--host", help="Address to listen on; others are let in by 0.0.0.0.")
    ] = "127.0.0.1",
    follow: Annotated[
        float | None, typer.Option("--follow", metavar="SECONDS", help="Look this often for a new version of an alias.")
    ] = None,
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Let others in without DESCENT_SERVE_PASSWORD.")
    ] = False,
) -> None:
    """Answer requests for predictions over HTTP, as MLflow's scoring server does (POST /invocations)."""
    from descent.flows.cli.serve import serve

    serve(model, host, port, follow, open_to_all=no_password)


Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the registered model (register.name).")]


@app.command(epilog="Example:  descent promote housing")
def promote(
    name: Name,
    confidence: Annotated[
        float | None, typer.Option("--confidence", min=0.5, max=0.9999, help="Instead of register.confidence.")
    ] = None,
    guard: Annotated[
        list[str] | None, typer.Option("--guard", metavar="METRIC", help="Instead of register.guards; repeatable.")
    ] = None,
) -> None:
    """Make the challenger the champion if it is better, on test rows that neither has learned from."""
    from descent.flows.cli.promote import promote

    promote(name, confidence, guard)


@app.command(epilog="Example:  descent rollback housing")
def rollback(name: Name) -> None:
    """Make the champion before this one the champion again."""
    from descent.flows.cli.promote import rollback

    rollback(name)


@app.command(epilog="Example:  descent retrain experiments/penguins.yaml")
def retrain(
    source: Source, target: Target = None, set_: Overrides = None, json: AsJson = False, verbose: Verbose = False
) -> None:
    """Train anew on fresh data; the champion is whoever is better then."""
    from descent.flows.cli.schedules import retrain

    retrain(source, target, set_ or [], json=json, verbose=verbose)


@app.command(
    epilog='Examples:  descent deploy experiments/penguins.yaml --cron "0 3 * * *"'
    '   ·   descent deploy prices.csv --target price --cron "30 6 * * 1" --timezone Europe/Berlin'
)
def deploy(
    source: Source,
    target: Target = None,
    cron: Annotated[
        str | None, typer.Option("--cron", metavar="LINE", help='When: minute hour day month weekday, "0 3 * * *".')
    ] = None,
    timezone: Annotated[
        str | None, typer.Option("--timezone", metavar="ZONE", help="Of --cron; this machine's if left out.")
    ] = None,
    work_pool: Annotated[
        str | None, typer.Option("--work-pool", metavar="NAME", help="Whose worker runs it; descent if left out.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="Of the deployment; the experiment's if left out.")
    ] = None,
    folder: Annotated[
        str | None, typer.Option("--folder", metavar="DIR", help="The worker's folder; this one if left out.")
    ] = None,
    notify: Annotated[
        str | None,
        typer.Option("--notify", metavar="WHERE", help="A Prefect block (TYPE/NAME), ${VARIABLE}, or a webhook's URL."),
    ] = None,
    set_: Overrides = None,
) -> None:
    """Put the retraining of an experiment on a schedule."""
    from descent.flows.cli.schedules import deploy

    deploy(
        source, target, set_ or [], cron=cron, timezone=timezone, pool=work_pool, name=name, folder=folder,
        notify=notify,
    )  # fmt: skip


@app.command(epilog="Examples:  descent schedules   ·   descent schedules --pause penguins")
def schedules(
    remove: Annotated[str | None, typer.Option("--remove", metavar="NAME", help="Remove a deployment.")] = None,
    pause: Annotated[str | None, typer.Option("--pause", metavar="NAME", help="Let its schedule rest.")] = None,
    resume: Annotated[str | None, typer.Option("--resume", metavar="NAME", help="Let it go on.")] = None,
    json: AsJson = False,
) -> None:
    """List what is deployed: when it runs next, and how it went last."""
    from descent.flows.cli.schedules import schedules

    schedules(remove=remove, pause=pause, resume=resume, json=json)


@app.command(epilog="Example:  descent worker")
def worker(
    work_pool: Annotated[
        str | None, typer.Option("--work-pool", metavar="NAME", help="Whose runs; descent if left out.")
    ] = None,
) -> None:
    """Run what is due on this machine, until Ctrl-C."""
    from descent.flows.cli.schedules import worker

    worker(work_pool)


@app.command(epilog="Example:  descent ui --port 5000")
def ui(
    port: Annotated[
        int | None, typer.Option("--port", "-p", help="Port of the MLflow UI; a free one if left out.")
    ] = None,
    verbose: Verbose = False,
) -> None:
    """Open the MLflow UI on this folder's runs, and say where the Prefect UI is."""
    from descent.flows.cli.services import ui

    ui(port, verbose=verbose)


@app.command(epilog="Example:  descent sync")
def sync(verbose: Verbose = False) -> None:
    """Send to MLflow what waits here because the tracking server was away."""
    from descent.flows.cli.sync import sync

    sync(verbose=verbose)


@app.command(epilog="Example:  descent status")
def status() -> None:
    """Say what runs in the background for this folder."""
    from descent.flows.cli.services import status

    status()


@app.command(epilog="Example:  descent down")
def down() -> None:
    """End what runs in the background for this folder."""
    from descent.flows.cli.services import down

    down()


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
