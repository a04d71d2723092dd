"""What a flow run shows in Prefect's UI, under Artifacts: leaderboard, diagnosis, and where the run and report are."""

import json

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from schemas import ExperimentResult

from . import store
from .notes import leaderboard, markdown
from .tasks import REPORT

SHOWN = 50
"""Rows of the leaderboard that Prefect gets; MLflow has all."""


def publish(result: ExperimentResult) -> None:
    """Make the artifacts of the flow run that this is called in."""
    board = json.loads(leaderboard(result))
    rows = [dict(zip(board["columns"], row, strict=True)) for row in board["data"][:SHOWN]]
    whole = f"{len(board['data'])} variants, the best first" + (f"; {SHOWN} shown" if len(rows) == SHOWN else "")
    create_table_artifact(rows, key="leaderboard", description=f"{result.experiment}: {whole}")
    create_markdown_artifact(markdown(result), key="diagnosis", description=f"{result.experiment}: the result")
    for name, link in links(result).items():
        create_link_artifact(link, name, key=name.lower().replace(" ", "-"), description=result.experiment)


def links(result: ExperimentResult) -> dict[str, str]:
    """Where the run and its report are shown; of a store in a file, once ``descent ui`` runs."""
    run = result.mlflow
    if not run.run_id:  # MLflow has not taken it yet
        return {}
    base = store.ui_base()
    return {
        "MLflow run": store.run_url(base, run.experiment_id, run.run_id),
        "Report": store.report_url(base, run.experiment_id, run.run_id, REPORT),
    }
