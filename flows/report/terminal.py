"""What a run ends with on the terminal: leaderboard, diagnosis with advice, test result, where to look."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from descent.data.names import count
from descent.flows.report import words
from descent.flows.report.words import chance, number, spread
from descent.schemas import ExperimentResult
from descent.schemas.results import AdviceResult, FollowedResult

if TYPE_CHECKING:
    from rich.console import Console
    from rich.padding import Padding
    from rich.table import Table

SHOWN = 10
SECOND = ("accuracy", "r2", "log_loss", "rmse")
"""What is shown beside the metric that selects: the first of these that the task has."""

HEADED = 3
"""So many of them stand under titles of one line; those of the others may take several."""

MARK = "◀"
"""Beside the variant that was selected."""
FOLDED = 20
"""Names of variants are folded to this width where even the metric alone does not fit beside them."""

MARKED = ("diverged", "halved", "budget")
"""Statuses that the leaderboard shows: the others ended as they should."""

WIDE = 10_000
"""Columns of a terminal on which every table fits."""

COLOURS = {"good fit": "green", "high bias": "yellow", "high variance": "yellow"}


def predicted(advice: AdviceResult) -> str:
    """What an advice is expected to gain, in words."""
    gain, sure = advice.gain, advice.confidence
    assert gain is not None
    likely = "" if sure is None else f"; {chance(sure)} sure that it falls"
    verb = "falls" if (gain.value or 0.0) >= 0 else "rises"
    size = number(abs(gain.value)) if gain.value is not None else "–"
    return f"Predicted: J_cv {verb} by {size} ({number(gain.low)} to {number(gain.high)}{likely})."


def outcome(followed: FollowedResult) -> str:
    """What an advice that was followed was predicted to gain, and what it gained."""
    fell = followed.realised or 0.0
    verb = "fell" if fell >= 0 else "rose"
    won = "It won." if followed.selected else "The winner stays."
    said = f"Predicted: J_cv falls by {number(followed.predicted.value)} ({number(followed.predicted.low)} to "
    said += f"{number(followed.predicted.high)}). Measured: it {verb} by {number(abs(fell))} ± {spread(followed.se)}."
    return f"{followed.advice} ({followed.setting}) {said} {won}"


def print_report(result: ExperimentResult, console: "Console") -> None:
    """Write the whole report."""
    metric = result.selected.metric or ""
    console.print()
    console.print(_leaderboard(result, metric, console))
    hidden = len(result.variants) - SHOWN
    if hidden > 0:
        console.print(f"  … and {count(hidden, 'more variant')} in MLflow", style="dim", highlight=False)
    for line in result.search.summary if result.search else ():
        console.print(_indented(line))
    console.print()
    _print_selection(result, metric, console)
    _print_diagnosis(result, console)
    console.print()
    console.print(_indented(words.made_of(result)))
    if result.test.beaten_by:
        console.print(_indented(f"! {words.rival(result)}"), style="yellow")
    console.print(_test_table(result, console))
    for caveat in words.caveats(result):
        console.print(_indented(f"! {caveat}"))
    console.print()
    for warning in result.warnings:
        console.print(_indented(f"! {warning}"), style="yellow")
    _print_places(result, console)


def headed(title: str, *, collapse_padding: bool = False) -> "Table":
    """A table with a title, and a line below the heads of its columns."""
    from rich import box
    from rich.table import Table

    look = box.SIMPLE_HEAD
    return Table(title=title, title_justify="left", box=look, pad_edge=False, collapse_padding=collapse_padding)


def _leaderboard(result: ExperimentResult, metric: str, console: "Console") -> "Table":
    title = f"Leaderboard: {len(result.variants)} variants by {metric} on the cv rows"
    shown = result.variants[:SHOWN]
    second = [name for name in SECOND if name in result.variants[0].metrics.cv and name != metric][:1]
    columns = {
        "": [str(place) for place in range(1, len(shown) + 1)],
        "variant": [row.name for row in shown],
        **{name: [number(row.metrics.cv.get(name)) for row in shown] for name in (metric, *second)},
        "J_train": [number(row.cost.train) for row in shown],
        "J_cv": [number(row.cost.cv) for row in shown],
        "epochs": [str(row.epochs) for row in shown],
        "ended": [
            MARK if row.name == result.selected.name else row.status if row.status in MARKED else "" for row in shown
        ],
    }
    spare = ["epochs", "J_train", *second, "J_cv"]
    if not set(columns["ended"]) - {"", MARK}:
        spare.append("ended")  # the row is bold, and named below
    longest = max(len(row.name) for row in shown)

    def build(without: Sequence[str]) -> "Table":
        table = headed(title, collapse_padding=True)
        kept = {name: cells for name, cells in columns.items() if name not in without}
        for name in kept:
            if name == "variant":
                table.add_column(name, min_width=FOLDED if len(without) == len(spare) else longest, overflow="fold")
            elif name == "ended":
                table.add_column("", no_wrap=True)
            else:
                table.add_column(name, justify="right", no_wrap=True, style="" if name else "dim")
        for row, cells in zip(shown, zip(*kept.values(), strict=True), strict=True):
            table.add_row(*cells, style="bold" if row.name == result.selected.name else None)
        return table

    return fitted(build, spare, console)


def _print_selection(result: ExperimentResult, metric: str, console: "Console") -> None:
    cv = result.selected.cv
    console.print(f"[bold]Selected[/]  {result.selected.name}", highlight=False)
    if cv.se is not None:
        console.print(f"  {metric} {number(cv.mean)} ± {spread(cv.se)} over {len(cv.folds)} folds", highlight=False)


def _print_diagnosis(result: ExperimentResult, console: "Console") -> None:
    verdict = result.diagnosis.verdict
    console.print(
        f"\n[bold]Diagnosis[/]  [{COLOURS.get(verdict, 'red')}]{verdict}[/]{_chances(result)}", highlight=False
    )
    for evidence in result.diagnosis.evidence:
        console.print(_indented(evidence.sentence))
    if result.diagnosis.followed is not None:
        console.print("[bold]Followed[/]")
        console.print(_indented(outcome(result.diagnosis.followed)))
    if result.diagnosis.advice:
        console.print("\n[bold]What to do next[/]")
    for advice in result.diagnosis.advice:
        if "--set" in advice.text:  # to be copied, so no line may be broken in it
            console.print(f"  → {advice.text}", highlight=False, markup=False, soft_wrap=True)
        else:
            console.print(_indented(f"→ {advice.text}" + (f" {predicted(advice)}" if advice.gain else "")))
        if advice.setting:
            setting = f"    --set {shlex.quote(advice.setting)}"
            console.print(setting, style="cyan", highlight=False, markup=False, soft_wrap=True)


def _chances(result: ExperimentResult) -> str:
    """The probability of the verdict, and of the others that are not negligible."""
    chances = {name: chance for name, chance in result.diagnosis.probabilities.items() if chance is not None}
    verdict = result.diagnosis.verdict
    if verdict not in chances:
        return ""
    others = [f"{name} {chance(share)}" for name, share in chances.items() if name != verdict and share >= 0.01]
    return f"  (probability {chance(chances[verdict])}{''.join(f', {other}' for other in others)})"


def _indented(text: str) -> "Padding":
    from rich.padding import Padding
    from rich.text import Text

    return Padding(Text(text), (0, 0, 0, 2))


def _test_table(result: ExperimentResult, console: "Console") -> "Table":
    titles, rows = words.columns(result), words.rows(result)
    styles = ["", "bold", *[""] * (len(titles) - 3), "dim"]

    def build(without: Sequence[str]) -> "Table":
        table = headed(words.headline(result), collapse_padding=True)
        kept = [place for place, title in enumerate(titles) if title not in without]
        for place in kept:
            table.add_column(
                titles[place],
                justify="left" if place == 0 else "right",
                style=styles[place],
                overflow="fold",
                no_wrap=place < HEADED,
                min_width=max(len(row[place]) for row in rows),
            )
        for row in rows:
            table.add_row(*(row[place] for place in kept))
        return table

    return fitted(build, titles[:HEADED:-1], console)


def _print_places(result: ExperimentResult, console: "Console") -> None:
    from rich.markup import escape

    places = {
        **({"report": result.report} if result.report else {}),
        "model": result.model,
        "config": str(Path(result.model).with_name("experiment.yaml")),
        "runs": f"descent ui   (experiment {result.experiment}, run {result.mlflow.run_id})",
    }
    for name, place in places.items():  # to be copied, so no line may be broken in it
        console.print(f"[dim]{name:>8}[/]  {escape(place)}", highlight=False, soft_wrap=True)
    seconds = result.seconds
    _print_named(
        "seconds",
        f"{seconds.total:.1f}: load {seconds.load:.1f}, features {seconds.features:.1f}, train {seconds.train:.1f}, "
        f"cross-validate {seconds.crossvalidate:.1f}, track {seconds.track:.1f}",
        console,
    )
    _print_named(
        "tracking",
        f"{seconds.track / seconds.total:.1%} of the time spent waiting for MLflow; recording took "
        f"{seconds.beside.get('tracking', 0):.1f} s of CPU time",
        console,
    )
    if result.mlflow.unsent:
        console.print("\n[bold yellow]Unsent[/]", highlight=False)
        console.print(f"  {unsent(result)}", highlight=False, markup=False, soft_wrap=True)


def _print_named(name: str, text: str, console: "Console") -> None:
    """A name, and beside it a text that may take several lines."""
    from rich.table import Table

    grid = Table.grid(padding=(0, 2))
    grid.add_row(f"[dim]{name:>8}[/]", text)
    console.print(grid, highlight=False)


def unsent(result: ExperimentResult) -> str:
    """What to do about a run that MLflow has not got all of."""
    return (
        f"MLflow at {result.mlflow.tracking_uri} lacks part of this run and its model "
        f"({result.mlflow.unsent}). Both are kept here; once it is back, send them with: descent sync"
    )


def fitted(build: "Callable[[Sequence[str]], Table]", spare: Sequence[str], console: "Console") -> "Table":
    """The table that ``build`` makes, without as many of the columns ``spare`` (the first goes first) as do not fit.

    ``build`` is told which to leave out. If the table is too wide even without them, its cells are folded.
    """
    for dropped in range(len(spare) + 1):
        table = build(spare[:dropped])
        if console.measure(table, options=console.options.update(max_width=WIDE)).minimum <= console.width:
            break
    return table
