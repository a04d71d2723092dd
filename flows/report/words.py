"""The test result in words and in rows of a table, for the terminal and for notes."""

from math import isfinite

from descent.schemas import ExperimentResult


def number(value: float | None) -> str:
    """Four significant digits, as a reader compares them; a dash where there is none."""
    return "–" if value is None or not isfinite(value) else f"{value + 0.0:.4g}"  # + 0.0: never -0


def spread(value: float | None) -> str:
    """Two significant digits of a standard error or deviation: more mean nothing."""
    return "–" if value is None or not isfinite(value) else number(float(f"{value:.2g}"))


def chance(share: float) -> str:
    """A probability in per cent; never 0 or 100, which no finite evidence gives."""
    return "under 1 %" if share < 0.005 else "over 99 %" if share > 0.995 else f"{100 * share:.0f} %"


def headline(result: ExperimentResult) -> str:
    """How many rows, and how often they have been looked at."""
    rows, opening = result.data.splits.test, result.test.opening
    times = "once" if opening is None or opening.number == 1 else f"by {opening.number} different models now"
    return f"Test set: {rows:,} rows, opened {times}"


def columns(result: ExperimentResult) -> list[str]:
    """Titles: the metric, this model, its interval, and the models that know less."""
    dummy = "always the mean" if result.task == "regression" else "always the class shares"
    return ["", "this model", f"{100 * result.test.confidence:.4g} % interval", "plain linear", dummy]


def rows(result: ExperimentResult) -> list[list[str]]:
    """One row per metric, in the order of `columns`."""
    test = result.test
    return [
        [name, number(value), _interval(result, name), number(test.linear.get(name)), number(test.baseline.get(name))]
        for name, value in test.metrics.items()
    ]


def caveats(result: ExperimentResult) -> list[str]:
    """What makes the test result worth less than it seems."""
    opening, found = result.test.opening, []
    if opening is None:
        return []
    if opening.number > 1:
        found.append(
            f"{opening.number} different models have looked at these test rows, so chance favours the best of them: "
            f"the intervals are widened to {100 * result.test.confidence:.4g} % each (Bonferroni). Only rows that "
            "nobody has looked at are as good as new"
        )
    if opening.elsewhere:
        sets = "set of test rows was" if opening.elsewhere == 1 else "sets of test rows were"
        found.append(
            f"{opening.elsewhere} other {sets} drawn from this table and opened before (split.seed, fractions)"
        )
    if opening.unreadable:
        lines = "line" if opening.unreadable == 1 else "lines"
        found.append(f"{opening.unreadable} {lines} of .descent/openings.jsonl cannot be read and may hide openings")
    return found


def _interval(result: ExperimentResult, name: str) -> str:
    low, high = result.test.intervals.get(name, (None, None))
    return "–" if low is None or high is None else f"{number(low)} to {number(high)}"
