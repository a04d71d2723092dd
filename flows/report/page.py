"""The page: everything that was found out, in the order in which a reader asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from descent.flows.errors import attempt
from descent.flows.evaluation.importance import Importance
from descent.flows.report import outcomes, pictures, terminal, words
from descent.flows.report.contents import Contents
from descent.flows.report.figure import number
from descent.flows.report.findings import kinds
from descent.flows.report.svg import STYLE, TEMPLATES
from descent.ml.checkpoints import write_atomically
from descent.schemas import ExperimentResult
from descent.schemas.results import VariantResult

if TYPE_CHECKING:
    from jinja2 import Environment

FIRST, MOST = 10, 300
"""Variants of the leaderboard that are shown at once, and at all."""
COLUMNS = 20
"""Columns whose importance is shown at once."""


def write(contents: Contents, path: Path, figures: Path) -> list[str]:
    """Write the page to ``path``, whole or not at all, and its pictures into the folder ``figures``.

    Gives a sentence about everything that could not be drawn.
    """
    drawn = pictures.draw(contents)
    drawn.write(figures)
    page, failures = render(contents, drawn)
    write_atomically(path, page.encode(), durable=False)
    return failures


def render(contents: Contents, drawn: pictures.Pictures | None = None) -> tuple[str, list[str]]:
    """The page as HTML, and a sentence about everything that could not be drawn; the page says them as well."""
    result, drawn = contents.result, drawn or pictures.draw(contents)
    failures, matrix = list(drawn.failures), None
    if result.task != "regression":
        matrix = attempt("the confusion matrix", lambda: _confusion(contents), failures)
    page = (
        _environment()
        .get_template("page.html")
        .render(
            result=result,
            said=words,
            contents=contents,
            verdict=VERDICTS.get(result.diagnosis.verdict, "both"),
            chances=[(name, chance or 0.0) for name, chance in result.diagnosis.probabilities.items()],
            style=STYLE.read_text(encoding="utf-8") + (TEMPLATES / "style.css").read_text(encoding="utf-8"),
            board=_board(result),
            training=drawn.training.values(),
            curves=drawn.curves.values(),
            outcomes=drawn.outcomes.values(),
            warnings=[*result.warnings, *failures],
            noticed=kinds(result.data.findings),
            confusion=matrix,
            tested={
                "headline": words.headline(result),
                "columns": words.columns(result),
                "rows": words.rows(result),
                "caveats": list(words.caveats(result)),
            },
            importance=None if contents.importance is None else _importance(contents.importance),
            roles=_roles(contents),
            predicted=terminal.predicted,
        )
    )
    return page + "\n", failures


VERDICTS = {
    "good fit": "good",
    "high bias": "bias",
    "high variance": "variance",
    "high bias and high variance": "both",
}
"""The class of the style sheet for each verdict."""


@cache
def _environment() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"number": number, "words": lambda name: name.replace("-", " ").replace("_", " ")}
    return made


@dataclass(frozen=True)
class Place:
    """A line of the leaderboard."""

    number: int
    row: VariantResult
    note: str


def _board(result: ExperimentResult) -> dict[str, Any]:
    metric = result.selected.metric or ""
    names = list(result.variants[0].metrics.cv)
    metrics = [metric, *[name for name in terminal.SECOND if name in names and name != metric][:1]]
    places = [
        Place(place, row, "selected" if row.name == result.selected.name else _note(row))
        for place, row in enumerate(result.variants[:MOST], start=1)
    ]
    selected = [place for place in places[FIRST:] if place.note == "selected"]
    return {
        "metrics": metrics,
        "first": places[:FIRST] + selected,
        "rest": places[FIRST:],
        "hidden": max(0, len(result.variants) - MOST),
    }


def _note(row: VariantResult) -> str:
    return "" if row.status in ("completed", "stopped") else row.status


def _confusion(contents: Contents) -> dict[str, Any]:
    labels, counts = outcomes.confusion(contents.rows)
    lines = []
    for label, row in zip(labels, counts, strict=True):
        total = sum(row)
        lines.append((label, [(count, count / total if total else 0.0) for count in row], total))
    return {"labels": labels, "lines": lines}


def _importance(found: Importance) -> dict[str, Any]:
    top = max((abs(one.mean) for one in found.columns), default=0.0) or 1.0
    bars = [(one, max(0.0, one.mean) / top) for one in found.columns]
    return {
        "about": found,
        "first": bars[:COLUMNS],
        "rest": bars[COLUMNS:],
        "unclear": sum(not one.clear for one in found.columns),
    }


def _roles(contents: Contents) -> list[tuple[str, list[str]]]:
    """Columns by role, in the order in which the roles occur."""
    roles: Iterable[str] = dict.fromkeys(column.role for column in contents.columns)
    return [(role, [c.name for c in contents.columns if c.role == role]) for role in roles]
