"""``descent predict``."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from descent.flows.cli.exits import reported
from descent.flows.cli.options import Level, Model

EXAMPLES = (
    "Examples:  descent predict .descent/runs/20261124-… new.csv -o predictions.csv"
    "   ·   descent predict models:/housing@champion new.parquet -o predictions.parquet --keep id"
)


@reported()
def predict(
    model: Model,
    table: Annotated[
        str, typer.Argument(metavar="TABLE", help="CSV or Parquet of any size, read some rows at a time.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to write: .csv, .csv.gz or .parquet.")
    ],
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", "-k", metavar="COLUMN", help="Copy this column of TABLE to the output; repeatable."),
    ] = None,
    level: Level = None,
) -> None:
    """Predict every row of a table with a trained model."""
    from descent.data.features.compiled.unknown import Unknown
    from descent.flows.serving.source import load_model
    from descent.flows.serving.tables import predict_table

    unknown = Unknown()
    rows = predict_table(load_model(model), table, output, keep=keep or [], level=level, unknown=unknown)
    for line in unknown.lines:
        print(f"note: {line}", file=sys.stderr)
    print(f"{rows:,} predictions in {output}")
