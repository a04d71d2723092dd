"""Pictures of the predictions on the test rows: ROC, precision-recall and calibration, or residuals."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from descent.flows.report import axes
from descent.flows.report.contents import TestRows
from descent.flows.report.figure import Figure, FigureTable, Key, number, thinned
from descent.flows.report.svg import Plot
from descent.ml.statistics.metrics import average_precision, roc_auc
from descent.ml.statistics.rows import probabilities

Array = NDArray[Any]
Picture = Callable[[], Figure | None]

MOST_CURVES = 4
"""Classes that get a curve of their own: more lines than this cannot be told apart."""
MOST_DOTS = 1500
MOST_STEPS = 200
BINS = 10


def of_classes(rows: TestRows) -> dict[str, Picture]:
    """ROC, precision-recall and calibration, by name; fewer where the test rows hold one class only."""
    p = probabilities(np.asarray(rows.outputs, np.float64))
    shown = _curves_for(rows, p)
    both = {"roc": lambda: _roc(rows, p, shown), "precision_recall": lambda: _precision_recall(rows, p, shown)}
    return {**(both if shown else {}), "calibration": lambda: _calibration(rows, p)}


def of_numbers(rows: TestRows, target: str) -> dict[str, Picture]:
    """Predicted against true, residuals against predicted, and the residuals' distribution, by name."""
    y, predicted = np.asarray(rows.y, np.float64), np.asarray(rows.outputs, np.float64)
    residuals = y - predicted
    return {
        "true_against_predicted": lambda: _against(y, predicted, target),
        "residuals": lambda: _residuals(predicted, residuals, target),
        "histogram": lambda: _histogram(residuals, target),
    }


def confusion(rows: TestRows, most: int = 20) -> tuple[list[str], list[list[int]]]:
    """Labels, and counts by true (row) and predicted (column) class; beyond ``most`` the rarest are joined."""
    y, guess = np.asarray(rows.y), probabilities(rows.outputs).argmax(axis=1)
    count = len(rows.classes)
    counts = np.bincount(y * count + guess, minlength=count * count).reshape(count, count)
    labels = list(rows.classes)
    if count > most:
        common = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[: most - 1])
        place = np.full(count, most - 1)
        place[common] = np.arange(most - 1)
        joined = np.zeros((most, most), counts.dtype)
        np.add.at(joined, (place[:, None], place[None, :]), counts)
        labels, counts = [labels[i] for i in common] + [f"{count - most + 1} others"], joined
    return labels, counts.tolist()


def _curves_for(rows: TestRows, p: Array) -> list[int]:
    """Codes of the classes to draw: the positive one, or the most frequent; only those that the test rows can judge."""
    held = np.bincount(rows.y, minlength=p.shape[1])
    usable = [code for code in range(p.shape[1]) if 0 < held[code] < len(rows.y)]
    if p.shape[1] == 2:
        return [1] if 1 in usable else []
    return sorted(sorted(usable, key=lambda code: -held[code])[:MOST_CURVES])


def _roc(rows: TestRows, p: Array, shown: Sequence[int]) -> Figure:
    from sklearn.metrics import roc_curve

    plot = Plot(axes.shares("false positive rate"), axes.shares("true positive rate"), "ROC curves on the test rows")
    plot.diagonal("zero")
    keys, table = [], []
    for place, code in enumerate(shown, start=1):
        truth, score = rows.y == code, p[:, code]
        wrong, right, _ = roc_curve(truth, score)
        at = thinned(len(wrong), MOST_STEPS)
        plot.line(wrong[at], right[at], f"series-{place}")
        area = roc_auc(truth, score)
        keys.append(Key(f"series-{place}", "line", f"{rows.classes[code]}: area {number(area)}"))
        table.append((rows.classes[code], number(area)))
    keys.append(Key("zero", "rule", "chance"))
    caption = "True positives found against false alarms raised, over all thresholds; the upper left corner is best."
    return Figure("ROC", caption, str(plot), tuple(keys), FigureTable(("class", "area under the curve"), tuple(table)))


def _precision_recall(rows: TestRows, p: Array, shown: Sequence[int]) -> Figure:
    from sklearn.metrics import precision_recall_curve

    plot = Plot(axes.shares("recall"), axes.shares("precision"), "Precision-recall curves on the test rows")
    keys, table = [], []
    for place, code in enumerate(shown, start=1):
        truth, score = rows.y == code, p[:, code]
        precision, recall, _ = precision_recall_curve(truth, score)
        at = thinned(len(recall), MOST_STEPS)
        plot.line(recall[at], precision[at], f"series-{place}")
        average, share = average_precision(truth, score), float(truth.mean())
        keys.append(Key(f"series-{place}", "line", f"{rows.classes[code]}: average {number(average)}"))
        table.append((rows.classes[code], number(average), number(share)))
        if len(shown) == 1:
            plot.across(share, "zero")
            keys.append(Key("zero", "rule", f"chance: {number(share)}"))
    caption = (
        "Precision (the share of predicted positives that are positive) against recall (the share of positives "
        "that are found)."
    )
    table_ = FigureTable(("class", "average precision", "share of rows"), tuple(table))
    return Figure("Precision and recall", caption, str(plot), tuple(keys), table_)


def _calibration(rows: TestRows, p: Array) -> Figure:
    """Said against seen, in groups of equal size: of the positive class, or of the class that was predicted."""
    if p.shape[1] == 2:
        said, seen, what = p[:, 1], rows.y == 1, rows.classes[1]
    else:
        said, seen, what = p.max(axis=1), p.argmax(axis=1) == rows.y, "the predicted class"
    groups = np.array_split(np.argsort(said, kind="stable"), min(BINS, max(1, len(said) // 10)))
    x, y = [float(said[g].mean()) for g in groups], [float(seen[g].mean()) for g in groups]
    error = sum(len(g) * abs(a - b) for g, a, b in zip(groups, x, y, strict=True)) / len(said)
    plot = Plot(
        axes.shares(f"predicted probability of {_short(what)}"),
        axes.shares("observed share"),
        f"Calibration in {len(groups)} groups of test rows",
    )
    plot.diagonal("zero")
    plot.line(x, y, "series-1")
    titles = [
        f"{len(g)} rows: predicted {number(a)}, observed {number(b)}" for g, a, b in zip(groups, x, y, strict=True)
    ]
    plot.dots(x, y, "series-1", titles)
    caption = (
        f"Where the points lie on the diagonal, 70 % means 70 %. On average they are {100 * error:.1f} points off "
        f"({len(groups)} groups of about {len(groups[0])} rows, so some of that is chance)."
    )
    rows_ = tuple((str(len(g)), number(a), number(b)) for g, a, b in zip(groups, x, y, strict=True))
    keys = (Key("series-1", "dot", "groups of equal size"), Key("zero", "rule", "perfect"))
    return Figure("Calibration", caption, str(plot), keys, FigureTable(("rows", "predicted", "observed"), rows_))


def _against(y: Array, predicted: Array, target: str) -> Figure:
    at = thinned(len(y), MOST_DOTS)
    both = [*y[at], *predicted[at]]
    x_axis, y_axis = axes.linear(f"predicted {_short(target)}", both), axes.linear(f"true {_short(target)}", both)
    plot = Plot(x_axis, y_axis, f"True against predicted values of {len(at)} test rows", height=320)
    plot.dots(predicted[at], y[at], "train faint", radius=2.4)
    plot.diagonal("zero")
    caption = "Points on the line are predicted exactly; above it the true value is higher." + _part(at, y)
    return Figure("True against predicted", caption, str(plot), (Key("zero", "rule", "perfect"),))


def _residuals(predicted: Array, residuals: Array, target: str) -> Figure:
    at = thinned(len(predicted), MOST_DOTS)
    x, y = axes.linear(f"predicted {_short(target)}", predicted[at]), axes.linear("true − predicted", residuals[at])
    plot = Plot(x, y, f"Residuals of {len(at)} test rows", height=320)
    plot.dots(predicted[at], residuals[at], "train faint", radius=2.4)
    plot.across(0.0, "zero")
    groups = np.array_split(np.argsort(predicted, kind="stable"), min(BINS, max(1, len(predicted) // 10)))
    centres = [float(predicted[g].mean()) for g in groups], [float(np.median(residuals[g])) for g in groups]
    plot.line(*centres, "cv")
    plot.squares(*centres, "cv")
    spreads = [float(np.std(residuals[g])) for g in groups]
    caption = (
        "A bent line is a pattern that the model misses; a funnel means errors that grow with the prediction."
        + _part(at, predicted)
    )
    rows = tuple(map(lambda a, b, s: (number(a), number(b), number(s)), *centres, spreads))
    table = FigureTable(("predicted (mean)", "median residual", "standard deviation"), rows)
    return Figure("Residuals", caption, str(plot), (Key("cv", "square", "median of a group of equal size"),), table)


def _histogram(residuals: Array, target: str) -> Figure:
    low, high = np.quantile(residuals, [0.005, 0.995])
    inside = residuals[(residuals >= low) & (residuals <= high)]
    heights, edges = np.histogram(inside, bins=min(30, max(5, len(inside) // 8)))
    plot = Plot(
        axes.linear(f"true − predicted {_short(target)}", edges, room=0.01),
        axes.linear("test rows", [0, *heights], room=0),
        "Histogram of the residuals",
    )
    plot.bars([float(edge) for edge in edges], [float(height) for height in heights], "train")
    plot.upright(0.0, "zero")
    parts = np.quantile(np.abs(residuals), [0.5, 0.9, 0.99])
    caption = (
        f"Half of the errors are smaller than {number(float(parts[0]))}, nine of ten smaller than "
        f"{number(float(parts[1]))}. The middle 99 % of the rows are shown."
    )
    named = zip(("half", "90 %", "99 %"), parts, strict=True)
    table = FigureTable(("of the rows", "error below"), tuple((name, number(float(part))) for name, part in named))
    return Figure("Size of the errors", caption, str(plot), (), table)


def _part(at: Sequence[int], every: Array) -> str:
    return f" {len(at):,} of {len(every):,} rows are shown." if len(at) < len(every) else ""


def _short(text: str) -> str:
    return text if len(text) <= 28 else f"{text[:27]}…"
