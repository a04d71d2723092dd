"""The result as a note in Markdown and as rows of a table, for the pages of MLflow and Prefect."""

import shlex

from schemas import ExperimentResult
from schemas.results import Advice

from . import tested
from .report import predicted
from .tested import number


def leaderboard_rows(result: ExperimentResult) -> list[dict[str, object]]:
    """One row per variant, best first."""
    return [
        {
            "variant": row.name,
            **{f"cv {name}": number(value) for name, value in row.metrics.cv.items()},
            "J_train": number(row.cost.train),
            "J_cv": number(row.cost.cv),
            "epochs": row.epochs,
            "status": row.status,
        }
        for row in result.variants
    ]


def markdown(result: ExperimentResult) -> str:
    """Verdict, evidence, advice and test result on one page."""
    selected, metric = result.selected, result.selected.metric
    error = f" ± {number(selected.cv.se)} over {len(selected.cv.folds)} folds" if selected.cv.se is not None else ""
    splits, titles = result.data.splits, tested.columns(result)
    lines = [
        f"## {_plain(result.experiment)}: {result.diagnosis.verdict}",
        f"Selected **{_plain(selected.name)}** of {len(result.variants)} variants: "
        f"{metric} {number(selected.cv.mean)}{error}.",
        "",
        "### What the numbers say",
        *(f"- {_plain(evidence.sentence)}" for evidence in result.diagnosis.evidence),
        "",
        "### What to do next",
        *(_advice(advice) for advice in result.diagnosis.advice),
        "",
        f"### {tested.headline(result)}",
        *("| " + " | ".join(cells) + " |" for cells in (titles, ["---"] * len(titles), *tested.rows(result))),
        "",
        *(f"- {caveat}" for caveat in tested.caveats(result)),
        "",
        f"{result.data.rows:,} rows of {_plain(result.data.source or '')}: {splits.train:,} train, {splits.cv:,} cv, "
        f"{splits.test:,} test, split by {result.data.split_by}.",
    ]
    return "\n".join(lines)


def _advice(advice: Advice) -> str:
    said = [_plain(advice.text), *([predicted(advice)] if advice.gain else [])]
    setting = f" `--set {shlex.quote(advice.setting)}`" if advice.setting else ""
    return f"- {' '.join(said)}{setting}"


MARKUP = str.maketrans({character: f"&#{ord(character)};" for character in "&\\`*_[]<>|#"})


def _plain(text: str) -> str:
    """Text from a table or a configuration, so that it cannot be markup."""
    return text.translate(MARKUP)
