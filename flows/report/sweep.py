"""Pictures of the training: where the variants stand, and how costs went over epochs, rows, λ and capacity."""

from collections.abc import Sequence
from math import isfinite, nan

from descent.flows.report import axes
from descent.flows.report.drawing import Drawing, borders, gap
from descent.flows.report.figure import Figure, FigureTable, Key, finite, number, thinned
from descent.flows.report.svg import Plot
from descent.schemas.results import CapacityPoint, LambdaPoint, LearningPoint, Projection

TRAIN = Key("train", "dot", "J_train")
CV = Key("cv", "square", "J_cv")
MOST_POINTS = 300
"""Points that a line over the epochs needs at this width."""
MOST_BELOW = 5
"""A level further below the curves than this factor would squeeze them against the top."""
ROWS = 12
"""Rows of a table beside a picture."""


def bias_variance_map(drawing: Drawing) -> Figure | None:
    """Every variant at (J_train, J_cv − J_train): bias grows to the right, variance upwards; None if none is finite."""
    shown = [v for v in drawing.variants if isfinite(v.cost_train) and isfinite(v.cost_cv)]
    if not shown:
        return None
    right, top = borders(drawing, shown)
    inside = [v for v in shown if v.cost_train <= right and gap(v) <= top]
    lowest = min([gap(v) for v in inside] + [0.0])
    x = axes.linear(_in("J_train", drawing), [0.0, right], room=0.02)
    y = axes.linear(_in("J_cv − J_train", drawing), [lowest, top], room=0.06)
    plot = Plot(x, y, f"Map of {len(inside)} variants between bias and variance", height=320)
    if drawing.high_bias is not None and drawing.high_variance is not None:
        bias, variance = min(drawing.high_bias, x.high), drawing.high_variance
        plot.area(x.low, bias, y.low, variance, "good", "good fit")
        plot.area(bias, x.high, y.low, variance, "bias", "high bias")
        plot.area(x.low, bias, variance, y.high, "variance", "high variance")
        plot.area(bias, x.high, variance, y.high, "both", "both high")
    plot.across(0.0, "zero")
    keys = [Key("chosen", "star", "chosen")]
    if dummy := finite(drawing.dummy):
        plot.upright(dummy[0], "dummy")
        keys.append(Key("dummy", "rule", f"dummy: {number(dummy[0])}"))
    if level := finite(drawing.level):
        plot.upright(level[0], "level")
        keys.append(Key("level", "rule", f"level: {number(level[0])}"))
    for kind, text in (("train", "network"), ("cv", "linear model")):
        some = [v for v in inside if v.linear == (kind == "cv") and v.name != drawing.winner]
        if some:
            titles = [f"{v.name}: J_train {number(v.cost_train)}, J_cv {number(v.cost_cv)}" for v in some]
            draw = [v.cost_train for v in some], [gap(v) for v in some]
            plot.dots(*draw, kind, titles, radius=4)
            keys.append(Key(kind, "dot", f"{len(some)} {text}{'s' if len(some) > 1 else ''}"))
    winner = drawing.chosen
    plot.star(winner.cost_train, gap(winner), "chosen", winner.name)
    absent = len(drawing.variants) - len(inside)
    caption = "Each point is a variant: bias grows to the right, variance upwards; the lower left is best."
    if absent:
        caption += f" {absent} not shown: diverged, or far outside."
    best = sorted(inside, key=lambda v: v.cost_cv)[:ROWS]
    table = FigureTable(
        ("variant", "J_train", "J_cv", "J_cv − J_train"),
        tuple((v.name, number(v.cost_train), number(v.cost_cv), number(gap(v))) for v in best),
    )
    return Figure("Between bias and variance", caption, str(plot), tuple(keys), table)


def epoch_curves(drawing: Drawing) -> Figure | None:
    """J_train and J_cv of the winner after every epoch, the other finalists' J_cv behind; None without curves."""
    winner = drawing.chosen
    if len(finite(*winner.curve_train)) < 2:
        return None
    others = [v for v in drawing.variants if v.name in drawing.finalists and v.name != winner.name and v.curve_cv]
    long = max(len(winner.curve_train), *(len(v.curve_cv) for v in others), 1)
    costs = [*winner.curve_train, *winner.curve_cv]
    lowest = min((cost for cost in finite(*costs) if cost > 0), default=0.0)
    near = [level for level in finite(drawing.level) if level >= lowest / MOST_BELOW]
    y = axes.costs(_in("cost J", drawing), [*costs, *near])
    plot = Plot(axes.linear("epoch", [1, long], room=0.02, whole=True), y, f"Costs over {long} epochs")
    keys = [Key("train", "dashes", "J_train, during the epoch")]
    for other in others:
        _curve(plot, other.curve_cv, "other")
    _curve(plot, winner.curve_train, "train dashed")
    if finite(*winner.curve_cv):
        _curve(plot, winner.curve_cv, "cv")
        keys.append(Key("cv", "line", "J_cv, after it"))
    if others:
        keys.append(Key("other", "line", "J_cv of the other finalists"))
    _levels(plot, drawing, keys)
    best, caption = winner.best_epoch, f"Costs of {winner.name} during training."
    if best and best <= len(winner.curve_cv):
        plot.star(best, winner.curve_cv[best - 1], "chosen", f"epoch {best}")
        keys.append(Key("chosen", "star", f"kept: epoch {best}"))
        caption += f" The weights of epoch {best}, where J_cv was lowest, were kept."
    at = thinned(len(winner.curve_train), ROWS)
    curve_cv = winner.curve_cv or [nan] * len(winner.curve_train)
    rows = tuple((str(i + 1), number(winner.curve_train[i]), number(curve_cv[i])) for i in at)
    return Figure("Over the epochs", caption, str(plot), tuple(keys), FigureTable(("epoch", "J_train", "J_cv"), rows))


def lambda_curve(points: Sequence[LambdaPoint], drawing: Drawing) -> Figure | None:
    """J_train and J_cv over λ; None if fewer than two were tried."""
    if len(points) < 2:
        return None
    xs = [point.lambda_ for point in points]
    x = axes.tried("λ", xs)
    plot, keys = _pair(x, xs, points, drawing, f"J_train and J_cv for {len(points)} values of λ")
    chosen = drawing.chosen
    if chosen.lambda_ in xs:
        plot.star(chosen.lambda_, chosen.cost_cv, "chosen", chosen.name)
        keys.append(Key("chosen", "star", f"chosen: λ = {chosen.lambda_:g}"))
    best = min((p for p in points if finite(p.cv)), key=lambda p: p.cv or 0.0, default=None)
    caption = "Left of the minimum the model overfits (variance), right of it it underfits (bias)."
    if best is not None:
        caption += f" J_cv is lowest at λ = {best.lambda_:g}."
    rows = tuple((f"{p.lambda_:g}", number(p.train), number(p.cv)) for p in points)
    return Figure("Over λ", caption, str(plot), tuple(keys), FigureTable(("λ", "J_train", "J_cv"), rows))


def capacity_curve(points: Sequence[CapacityPoint], drawing: Drawing) -> Figure | None:
    """J_train and J_cv over the number of parameters; None if only one size was tried."""
    if len(points) < 2:
        return None
    xs = [float(point.parameters) for point in points]
    x = axes.logarithmic("parameters", xs) if max(xs) > 8 * min(xs) else axes.linear("parameters", xs, whole=True)
    plot, keys = _pair(x, xs, points, drawing, f"J_train and J_cv for {len(points)} sizes of model")
    best = min((p for p in points if finite(p.cv)), key=lambda p: p.cv or 0.0, default=None)
    caption = "Every size at its best λ and learning rate: a larger model has less bias and more variance."
    if best is not None:
        caption += f" J_cv is lowest for {best.label}."
    rows = tuple((p.label, f"{p.parameters:,}", number(p.train), number(p.cv)) for p in points)
    table = FigureTable(("model", "parameters", "J_train", "J_cv"), rows)
    return Figure("By model size", caption, str(plot), tuple(keys), table)


def learning_curve(points: Sequence[LearningPoint], projection: Projection | None, drawing: Drawing) -> Figure | None:
    """J_train and J_cv over the number of training rows, and what twice as many would give."""
    if len(points) < 2:
        return None
    xs = [float(point.rows) for point in points]
    ahead = [float(projection.rows)] if projection else []
    reach = finite(projection.cv, projection.low, projection.high) if projection else []
    x = axes.linear("training rows", [0.0, *xs, *ahead], room=0.02, whole=True)
    bounds = [v for p in points for v in finite(p.low, p.high)]
    plot, keys = _pair(x, xs, points, drawing, f"Costs at {len(points)} numbers of training rows", [*reach, *bounds])
    ranged = [p for p in points if p.low is not None and p.high is not None]
    if len(ranged) > 1:
        plot.band([p.rows for p in ranged], [p.low or 0 for p in ranged], [p.high or 0 for p in ranged], "cv")
    rows = [(f"{p.rows:,}", number(p.train), number(p.cv)) for p in points]
    caption = (
        "The winner trained on fewer rows. Where the curves have met, more rows hardly help; while the "
        "gap is closing, they do."
    )
    last = points[-1]
    if projection is not None and projection.cv is not None and last.cv is not None:
        plot.line([last.rows, projection.rows], [last.cv, projection.cv], "cv dotted")
        if projection.low is not None and projection.high is not None:
            plot.line([projection.rows] * 2, [projection.low, projection.high], "cv")
        plot.dots([projection.rows], [projection.cv], "cv hollow", [f"{projection.rows:,} rows, predicted"])
        keys.append(Key("cv", "dots", f"predicted at {projection.rows:,} rows, 80 % interval"))
        caption += (
            f" With {projection.rows:,} rows, J_cv is predicted to be {number(projection.cv)} "
            f"({number(projection.low)} to {number(projection.high)}), now {number(last.cv)}."
        )
        rows.append((f"{projection.rows:,} (predicted)", "–", number(projection.cv)))
    table = FigureTable(("training rows", "J_train", "J_cv"), tuple(rows))
    return Figure("Over training rows", caption, str(plot), tuple(keys), table)


def _pair(
    x: axes.Axis,
    xs: Sequence[float],
    points: Sequence[LambdaPoint | CapacityPoint | LearningPoint],
    drawing: Drawing,
    description: str,
    more: Sequence[float] = (),
) -> tuple[Plot, list[Key]]:
    """A plot of J_train and J_cv of ``points`` at ``xs``."""
    train = [nan if p.train is None else p.train for p in points]
    cv = [nan if p.cv is None else p.cv for p in points]
    plot = Plot(x, axes.costs(_in("cost J", drawing), [*train, *cv, *more]), description)
    keys = [TRAIN, CV]
    _levels(plot, drawing, keys)
    plot.line(xs, train, "train")
    plot.line(xs, cv, "cv")
    plot.dots(xs, train, "train")
    plot.squares(xs, cv, "cv")
    return plot, keys


def _levels(plot: Plot, drawing: Drawing, keys: list[Key]) -> None:
    for name, value in (("dummy", drawing.dummy), ("level", drawing.level)):
        for cost in finite(value):
            if plot.y.low < cost < plot.y.high:
                plot.across(cost, name)
                keys.append(Key(name, "rule", f"{name}: {number(cost)}"))


def _curve(plot: Plot, curve: Sequence[float], kind: str) -> None:
    at = thinned(len(curve), MOST_POINTS)
    plot.line([i + 1 for i in at], [curve[i] for i in at], kind)


def _in(what: str, drawing: Drawing) -> str:
    return f"{what}, {drawing.unit}" if drawing.unit else what
