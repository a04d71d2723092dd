"""What a flow run shows in Prefect's UI, under Artifacts: leaderboard, diagnosis, and where the run and report are."""

import json
import os
from collections.abc import Callable

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from descent.flows.errors import attempt
from descent.flows.machine.reachable import is_there
from descent.flows.report.markdown import leaderboard, markdown
from descent.flows.run.workspace import REPORT
from descent.flows.tracking import ui
from descent.schemas import ExperimentResult

SHOWN = 50
"""Rows of the leaderboard that Prefect gets; MLflow has all."""


def publish(result: ExperimentResult, warn: Callable[[str], None]) -> None:
    """Make the artifacts of the flow run that this is called in."""
    beside("the artifacts of this run in Prefect", lambda: _publish(result), warn)


def publish_decision(page: str, experiment: str, warn: Callable[[str], None]) -> None:
    """Put who is champion, and why, beside them."""

    def make() -> None:
        create_markdown_artifact(page, key="decision", description=f"{experiment}: promoted or kept")

    beside("the decision's artifact in Prefect", make, warn)


def beside(what: str, make: Callable[[], None], warn: Callable[[str], None]) -> None:
    """Make what a run does without: a failure is a warning.

    A server that has gone away is left alone, as Prefect's client would ask for minutes.
    """
    if not is_there(os.environ.get("PREFECT_API_URL", "")):
        return
    failures: list[str] = []
    attempt(what, make, failures)
    for failure in failures:
        warn(failure)


def _publish(result: ExperimentResult) -> None:
    board = json.loads(leaderboard(result))
    rows = [dict(zip(board["columns"], row, strict=True)) for row in board["data"][:SHOWN]]
    cut = f"; {SHOWN} shown" if len(board["data"]) > SHOWN else ""
    whole = f"{result.experiment}: {len(board['data'])} variants, the best first{cut}"
    create_table_artifact(rows, key="leaderboard", description=whole)
    create_markdown_artifact(markdown(result), key="diagnosis", description=f"{result.experiment}: the result")
    for name, link in links(result).items():
        create_link_artifact(link, name, key=name.lower().replace(" ", "-"), description=result.experiment)


def links(result: ExperimentResult) -> dict[str, str]:
    """Where the run and its report are shown; of a store in a file, once ``descent ui`` runs."""
    run = result.mlflow
    if not run.run_id:  # MLflow has not taken it yet
        return {}
    base = ui.ui_base()
    found = {"MLflow run": ui.run_url(base, run.experiment_id, run.run_id)}
    if result.report is not None:
        found["Report"] = ui.report_url(base, run.experiment_id, run.run_id, REPORT)
    return found
