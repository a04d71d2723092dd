"""The result as a note in Markdown and as rows of a table, for the pages of MLflow and Prefect."""

import json
import shlex

from descent.flows.report import words
from descent.flows.report.terminal import outcome, predicted
from descent.flows.report.words import number, spread
from descent.schemas import ExperimentResult
from descent.schemas.results import AdviceResult

LEADERBOARD = "leaderboard.json"
"""The artifact that MLflow shows as a table, and that ``mlflow.load_table`` reads."""


def leaderboard(result: ExperimentResult) -> str:
    """One row per variant, best first, in the form that MLflow shows as a table."""
    rows = [
        {
            "variant": row.name,
            **{f"cv/{name}": value for name, value in row.metrics.cv.items()},
            "train/J": row.cost.train,
            "cv/J": row.cost.cv,
            "epochs": row.epochs,
            "status": row.status,
        }
        for row in result.variants
    ]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return json.dumps({"columns": columns, "data": [[_brief(row.get(name)) for name in columns] for row in rows]})


def _brief(value: object) -> object:
    """Six significant digits of a number: the column of a table shows no more."""
    return float(f"{value:.6g}") if isinstance(value, float) else value


def markdown(result: ExperimentResult) -> str:
    """Verdict, evidence, advice and test result on one page."""
    selected, metric = result.selected, result.selected.metric
    error = f" ± {spread(selected.cv.se)} over {len(selected.cv.folds)} folds" if selected.cv.se is not None else ""
    splits, titles = result.data.splits, words.columns(result)
    lines = [
        f"## {plain(result.experiment)}: {result.diagnosis.verdict}",
        f"Selected **{plain(selected.name)}** of {len(result.variants)} variants: "
        f"{metric} {number(selected.cv.mean)}{error}.",
        *([plain(words.rival(result))] if result.test.beaten_by else []),
        plain(words.made_of(result)),
        "",
        *(f"{plain(line)}\n" for line in (result.search.summary if result.search else ())),
        "### What the numbers say",
        *(f"- {plain(evidence.sentence)}" for evidence in result.diagnosis.evidence),
        "",
        *(
            ["### What was followed", f"- {plain(outcome(result.diagnosis.followed))}", ""]
            if result.diagnosis.followed
            else []
        ),
        "### What to do next",
        *(_advice(advice) for advice in result.diagnosis.advice),
        "",
        f"### {words.headline(result)}",
        *("| " + " | ".join(cells) + " |" for cells in (titles, ["---"] * len(titles), *words.rows(result))),
        "",
        *(f"- {caveat}" for caveat in words.caveats(result)),
        *(f"- {plain(warning)}" for warning in result.warnings),
        "",
        f"{result.data.rows:,} rows of {plain(result.data.source or '')}: {splits.train:,} train, {splits.cv:,} cv, "
        f"{splits.test:,} test, split by {result.data.split_by}.",
    ]
    return "\n".join(lines)


def _advice(advice: AdviceResult) -> str:
    said = [plain(advice.text), *([predicted(advice)] if advice.gain else [])]
    setting = f" `--set {shlex.quote(advice.setting)}`" if advice.setting else ""
    return f"- {' '.join(said)}{setting}"


MARKUP = str.maketrans({character: f"&#{ord(character)};" for character in "&\\`*_[]<>|#"})


def plain(text: str) -> str:
    """Text from a table or a configuration, so that it cannot be markup."""
    return text.translate(MARKUP)
