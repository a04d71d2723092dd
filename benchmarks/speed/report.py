"""Write what was measured as Markdown."""

from collections.abc import Iterable, Sequence

from benchmarks.speed.machine import describe_machine
from benchmarks.speed.measured import Results
from benchmarks.speed.reasons import reason_for
from benchmarks.speed.timing import digits
from descent.ml.chunks import CACHE_BUDGET

_HEAD = """# Speed

Written by `make bench`. Both sides of a ratio ran in one process on the same data, shapes, batch size, epochs and λ,
float32, one BLAS thread, no early stopping, in turn (A B A B …). A figure is the ratio of the medians of
{repetitions} repetitions; in brackets the least and the largest ratio of a single pair. Above 1× we are faster.
`docs/performance.md` says how to read it. The run took {minutes:.1f} minutes; load of the machine at its start:
{load:.2f}.
"""


def write_report(results: Results) -> str:
    """The whole of RESULTS.md."""
    parts = [
        _HEAD.format(repetitions=results.repetitions, minutes=results.seconds / 60, load=results.load),
        "## Machine\n\n" + table(("what", "found"), describe_machine().items()),
        _figures(results),
        _reasons(results),
        _times(results),
        _curves(results),
        _phases(results),
        _works(results),
    ]
    return "\n".join(part for part in parts if part)


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(str(cell) for cell in line) + " |\n" for line in lines)


def _figures(results: Results) -> str:
    rows = []
    for one in results.figures:
        sign = "≤ " if one.low_is_good else ""
        reach, aim = ("" if goal is None else f"{sign}{goal:g}{one.unit}" for goal in (one.reach, one.aim))
        rows.append((one.name, reach, aim, f"{one.measured}{one.unit}", one.verdict))
    return "## Figures\n\n" + table(("figure", "reach at least", "aim", "measured (range)", "verdict"), rows)


def _reasons(results: Results) -> str:
    missed = [one for one in results.figures if one.verdict == "MISSED"]
    lines = [f"- **{one.name}**: {reason_for(one.name, results.times, results.phases)}\n" for one in missed]
    return "## Out of reach, and why\n\n" + "".join(lines) if lines else ""


def _times(results: Results) -> str:
    text = "## Times\n\nMilliseconds per variant and epoch, median (range); (g): milliseconds of the whole path.\n\n"
    rows = [(label, name, spent) for label, times in results.times.items() for name, spent in times.items()]
    return text + table(("shape", "who", "ms"), rows)


def _curves(results: Results) -> str:
    if not results.curves:
        return ""
    text = (
        "## Chunks: time per variant over the number trained together\n\n"
        "Milliseconds per variant and epoch, median (range). In bold the size that `ml.chunk_size` chooses from its "
        f"budget of {CACHE_BUDGET / 2**20:g} MiB.\n\n"
    )
    sizes = sorted({size for curve in results.curves for size in curve.points})
    rows = []
    for size in sizes:
        cells = []
        for curve in results.curves:
            nearest = max((known for known in curve.points if known <= curve.chosen), default=1)
            spent = str(curve.points.get(size, ""))
            cells.append(f"**{spent}**" if size == nearest else spent)
        rows.append((size, *cells))
    heads = [f"({curve.shape.name}), chosen {curve.chosen}" for curve in results.curves]
    return text + table(("variants together", *heads), rows)


def _phases(results: Results) -> str:
    if not results.phases:
        return ""
    text = (
        "## Phases: where the time goes\n\nShare of the time of one training, measured around each part (which itself "
        "costs a little). `rest` is the loop, the exact costs at the end and what is set up.\n\n"
    )
    names = list(next(iter(results.phases.values())))
    rows = [(label, *(f"{100 * shares[name]:.0f} %" for name in names)) for label, shares in results.phases.items()]
    return text + table(("shape", *names), rows)


def _works(results: Results) -> str:
    if not results.works:
        return ""
    text = "## Equal work\n\nThe loss is the mean over the last epoch of the costs seen while training.\n\n"
    rows = [
        (label, one.side, one.epochs, f"{one.steps:,}", digits(one.loss))
        for label, works in results.works.items()
        for one in works
    ]
    return text + table(("shape", "who", "epochs", "steps", "loss"), rows)
