"""Arguments and options that several commands share."""

from typing import Annotated

import typer

Source = Annotated[
    str,  # not a path: a URL has two slashes
    typer.Argument(metavar="FILE", help="An experiment (.yaml) or a table (.csv, .csv.gz, .parquet, a URL)."),
]
Target = Annotated[
    str | None, typer.Option("--target", "-t", metavar="COLUMN", help="The column to predict (with a table).")
]
Overrides = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="Override a key, e.g. search.epochs=50; repeatable."),
]
Effort = Annotated[
    str | None,
    typer.Option("--effort", metavar="EFFORT", help="quick, standard or thorough: size of the default search."),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON object on stdout, everything else on stderr.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show the logs of Prefect and MLflow.")]
Model = Annotated[
    str,
    typer.Argument(
        metavar="MODEL", help="Folder of a run or a model, runs:/<run id>/model, or models:/<name>@champion."
    ),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the registered model (register.name).")]
Level = Annotated[float | None, typer.Option("--level", help="Coverage of prediction intervals; default: 0.9.")]
WorkPool = Annotated[str | None, typer.Option("--work-pool", metavar="NAME", help="Work pool; default: descent.")]
