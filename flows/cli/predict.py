"""``descent predict``."""

import sys
from collections.abc import Sequence
from pathlib import Path

from descent.flows.cli.exits import reported


def predict(model: str, table: str, output: Path, keep: Sequence[str], level: float | None) -> None:
    """Predict every row of a table and write the predictions to a file."""
    with reported():
        from descent.data.features.compiled.unknown import Unknown
        from descent.flows.serving.source import load_model
        from descent.flows.serving.tables import predict_table

        unknown = Unknown()
        rows = predict_table(load_model(model), table, output, keep=keep, level=level, unknown=unknown)
        for line in unknown.lines:
            print(f"note: {line}", file=sys.stderr)
        print(f"{rows:,} predictions in {output}")
