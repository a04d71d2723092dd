"""``descent check``."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from descent.flows.cli.exits import reported
from descent.flows.cli.options import AsJson, Effort, Overrides, Source, Target

if TYPE_CHECKING:
    from rich.console import Console

    from descent.data.roles.roles import Column
    from descent.flows.search.cost import Estimate
    from descent.flows.search.plan import Plan
    from descent.flows.table.parts import Parts
    from descent.flows.table.question import Question

EXAMPLES = "Examples:  descent check experiments/penguins.yaml   ·   descent check prices.csv --target price"
MANY = 40
"""Columns of a table beyond which not every one gets a line."""
FIRST = 5
"""Columns of a role that then do."""


@reported()
def check(
    source: Source, target: Target = None, set_: Overrides = None, effort: Effort = None, json: AsJson = False
) -> None:
    """Validate configuration and data; show roles and the plan; train nothing."""
    from tempfile import TemporaryDirectory

    from rich.console import Console

    from descent.flows.cli.config import config_of
    from descent.flows.run.study import Study
    from descent.flows.search.cost import estimate
    from descent.flows.search.plan import plan_of
    from descent.flows.table.question import ask
    from descent.flows.table.split import cut
    from descent.flows.workers.engine import AtOnce
    from descent.flows.workers.processes import count_workers

    config = config_of(source, target, set_, effort)
    with TemporaryDirectory() as folder:  # the test rows are sealed here too, and thrown away
        with _told_as_json(json):
            posed = ask(config)
            question, parts = posed.question, cut(posed.question, posed.take(), Path(folder))
        workers = count_workers(question.config.compute.workers)
        study = Study(question, parts, AtOnce(), Path(folder), workers)
        for settings in question.settings:
            study.swept(settings)
        plan = plan_of(study)
        cost = estimate(plan, study)
    if json:
        print(_as_json(question, parts, plan, cost))
    else:
        widths = {settings.degree: width for settings, width in study.widths.items()}
        _show(question, parts, plan, cost, widths, Console())


@contextmanager
def _told_as_json(json: bool) -> Iterator[None]:
    """With ``json``, a finding that is an error is printed as the only one, before the message and the exit code."""
    from descent.data import FoundError

    try:
        yield
    except FoundError as error:
        if json:
            from json import dumps

            print(dumps({"data": {"findings": [asdict(error.finding)]}}, ensure_ascii=False))
        raise


def _as_json(question: "Question", parts: "Parts", plan: "Plan", cost: "Estimate") -> str:
    import json

    return json.dumps(
        {
            "config": question.config.model_dump(mode="json", by_alias=True),
            "task": question.task,
            "columns": [{"name": c.name, "role": c.role, "reason": c.reason} for c in question.inference.columns],
            "splits": parts.sizes,
            "notes": question.inference.notes,
            "data": {"findings": [asdict(finding) for finding in parts.findings]},
            "fleets": [
                {"title": fleet.title, "variants": [v.name for v in fleet.variants], "chunks": fleet.chunks}
                for fleet in plan.fleets
            ],
            "rungs": plan.rungs,
            "estimated_seconds": {"train": cost.train, "after": cost.after},
        },
        ensure_ascii=False,
    )


def _columns(columns: "Sequence[Column]") -> Iterator[tuple[str, str, str]]:
    """Name, role and reason of every column; of many columns, the first of every role and how many others there are."""
    from descent.data.names import listed

    by_role: dict[str, list[str]] = {}
    for column in columns:
        by_role.setdefault(column.role, []).append(column.name)
    others = {role: names[FIRST:] for role, names in by_role.items() if len(columns) > MANY and len(names) > FIRST + 1}
    hidden = {name for names in others.values() for name in names}
    for column in columns:
        if column.name not in hidden:
            yield column.name, column.role, column.reason
        elif column.name == (names := others[column.role])[0]:
            yield f"… {len(names):,} more", column.role, f"{listed(names, 6)} (--json has all)"


def _show(
    question: "Question", parts: "Parts", plan: "Plan", cost: "Estimate", widths: dict[int, int], console: "Console"
) -> None:
    from rich.markup import escape

    from descent.flows.report.findings import counted, print_findings
    from descent.flows.report.opening import opening
    from descent.flows.report.terminal import headed

    for line in opening(question, parts):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    print_findings(parts.findings, console)
    roles = headed("Columns")
    for heading in ("column", "role", "because"):
        roles.add_column(heading, overflow="fold")
    roles.add_row(escape(question.inference.target), "[bold]target[/]", question.task)
    for column, role, because in _columns(question.inference.columns):
        roles.add_row(escape(column), role, escape(because))
    console.print(roles)
    fleets = headed(f"Plan: {plan}")
    for heading, justify in (("fleet", "left"), ("features", "right"), ("parameters", "right"), ("chunks of", "right")):
        fleets.add_column(heading, justify=justify)  # type: ignore[arg-type]
    for fleet in plan.fleets:
        fleets.add_row(
            escape(fleet.title),
            str(widths[fleet.features.degree]),
            f"{fleet.model.size:,}",
            ", ".join(map(str, fleet.chunks)),
        )
    console.print(fleets)
    console.print(f"Training takes {cost}.", highlight=False)
    if budget := question.config.search.budget:
        limits = {"minutes": budget.minutes, "variant-epochs": budget.epochs}
        given = " and ".join(f"{value:g} {unit}" for unit, value in limits.items() if value is not None)
        console.print(f"It ends at a budget of {given}.", highlight=False)
    folds, finalists = question.folds, question.config.validation.finalists
    times = f" (drawn {question.repeats} times)" if question.repeats > 1 else ""
    then = f"{_finalists(plan, finalists)} on {folds} folds{times}, " if folds else ""
    console.print(
        f"Then: {then}one selected by {question.metric} ({question.config.select.rule}), "
        f"refitted on {parts.sizes['train'] + parts.sizes['cv']:,} rows, tested once on {parts.sizes['test']:,}.",
        highlight=False,
    )
    if grave := [finding for finding in parts.findings if finding.severity == "warning"]:
        console.print(f"Nothing was trained. {counted(grave)} above: read them before you run.", style="yellow")
    else:
        console.print("Nothing was trained. No problems found.", style="green")


def _finalists(plan: "Plan", most: int) -> str:
    """Which variants go to the folds, in words: see `flows.search.leaderboard.candidates`."""
    variants = [variant for fleet in plan.fleets for variant in fleet.variants]
    if len(variants) <= most:
        return "the variant" if len(variants) == 1 else f"all {len(variants)} variants"
    linear = [variant for variant in variants if not variant.layers]
    also = ["the best linear one"] * bool(linear)
    also += ["the plain one (λ = 1)"] * any(one.lambda_ == 1 and one.features.degree == 1 for one in linear)
    return f"the best {most}" + (f" (always including {' and '.join(also)})" if also else "")
