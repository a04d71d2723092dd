"""Three pictures of an experiment: costs over the epochs, costs over λ, and where the variants stand between bias
and variance.

matplotlib's object interface throughout: no global state, and no import before something is drawn.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from descent.flows.errors import attempt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito (2008): told apart by every kind of colour vision, and by their lightness in print.
TRAIN, CV, CHOSEN, OTHERS, LEVEL = "#0072B2", "#D55E00", "#000000", "#8C8C8C", "#009E73"
STYLE = {
    "font.size": 11,
    "axes.titlesize": 13,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": "#E6E6E6",
    "legend.frameon": False,
    "lines.linewidth": 2.0,
}
MANY_DECADES = 20.0  # a range of costs wider than this needs a logarithmic axis
LONGEST_NAME = 48


@dataclass(frozen=True)
class Shown:
    """A variant as the figures need it. ``family``: what it shares with variants that differ in λ alone."""

    name: str
    family: str
    lambda_: float
    cost_train: float
    cost_cv: float
    curve_train: Sequence[float] = ()
    curve_cv: Sequence[float] = ()
    best_epoch: int | None = None  # counted from 1
    linear: bool = False


@dataclass(frozen=True)
class Drawing:
    """Everything that is drawn. Costs are J, in ``unit``; ``dummy`` is J of a model that knows no features, ``level``
    the J that bias is counted from. Above ``high_bias`` J_train, and above ``high_variance`` J_cv − J_train, is high.
    """

    variants: Sequence[Shown]
    winner: str
    finalists: Sequence[str] = ()
    unit: str = ""
    verdict: str = ""
    dummy: float | None = None
    level: float | None = None
    high_bias: float | None = None
    high_variance: float | None = None

    @property
    def chosen(self) -> Shown:
        """The winner."""
        return next(variant for variant in self.variants if variant.name == self.winner)


def draw(drawing: Drawing, folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Draw what the experiment has to show as PNG files in ``folder``; by name, those that make sense for it.

    Also gives a sentence about every one that should have been drawn and could not.
    """
    import matplotlib

    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, Path] = {}
    failures: list[str] = []
    pictures: dict[str, Callable[[Drawing], Figure | None]] = {
        "epoch_curves": epoch_curves,
        "lambda_curve": lambda_curve,
        "bias_variance_map": bias_variance_map,
    }
    with matplotlib.rc_context(STYLE):
        for name, picture in pictures.items():
            file = attempt(f"the figure {name}", partial(_saved, picture, drawing, folder / f"{name}.png"), failures)
            if file is not None:
                files[name] = file
    return files, failures


def _saved(picture: "Callable[[Drawing], Figure | None]", drawing: Drawing, path: Path) -> Path | None:
    figure = picture(drawing)
    if figure is None:
        return None
    figure.savefig(path, dpi=140)
    return path


def epoch_curves(drawing: Drawing) -> "Figure | None":
    """J_train and J_cv of the winner after every epoch, the other finalists' J_cv behind; None without curves."""
    winner = drawing.chosen
    if not any(isfinite(cost) for cost in (*winner.curve_train, *winner.curve_cv)):
        return None
    figure, axes = _canvas(f"Learning of {_short(winner.name)}", "epoch", _cost_label(drawing))
    others = [v for v in drawing.variants if v.name in drawing.finalists and v.name != winner.name and v.curve_cv]
    for number, other in enumerate(others):
        label = "J_cv of the other finalists" if number == 0 else None
        axes.plot(_epochs(other.curve_cv), other.curve_cv, color=OTHERS, linewidth=1.2, alpha=0.7, label=label)
    axes.plot(_epochs(winner.curve_train), winner.curve_train, color=TRAIN, label="J_train (during the epoch)")
    axes.plot(_epochs(winner.curve_cv), winner.curve_cv, color=CV, label="J_cv (after it)")
    best = winner.best_epoch
    if best and best <= len(winner.curve_cv) and isfinite(winner.curve_cv[best - 1]):
        axes.plot(best, winner.curve_cv[best - 1], "o", color=CHOSEN, markersize=7, label=f"kept: epoch {best}")
    _scale_costs(axes, [*winner.curve_train, *winner.curve_cv])
    _level_lines(axes.axhline, drawing, lowest=0.0 if axes.get_yscale() == "log" else -inf)
    _whole_numbers(axes)
    axes.legend()
    return figure


def lambda_curve(drawing: Drawing) -> "Figure | None":
    """J_train and J_cv of the winner's family over λ; None if it was tried with one λ only.

    Where a family was trained several times with one λ (other learning rates, other seeds are families of their own),
    the best J_cv counts.
    """
    winner = drawing.chosen
    best: dict[float, Shown] = {}
    for variant in drawing.variants:
        if variant.family == winner.family and isfinite(variant.cost_cv) and isfinite(variant.cost_train):
            known = best.get(variant.lambda_)
            if known is None or variant.cost_cv < known.cost_cv:
                best[variant.lambda_] = variant
    if len(best) < 2:
        return None
    lambdas = sorted(best)
    figure, axes = _canvas(f"Regularisation of {_short(winner.family)}", "λ", _cost_label(drawing))
    axes.plot(lambdas, [best[x].cost_train for x in lambdas], "o-", color=TRAIN, label="J_train")
    axes.plot(lambdas, [best[x].cost_cv for x in lambdas], "s-", color=CV, label="J_cv")
    if isfinite(winner.cost_cv):
        axes.plot(
            winner.lambda_, winner.cost_cv, "*", color=CHOSEN, markersize=16, label=f"chosen: λ = {winner.lambda_:g}"
        )
    _scale_lambdas(axes, lambdas)
    _scale_costs(axes, [cost for variant in best.values() for cost in (variant.cost_train, variant.cost_cv)])
    _level_lines(axes.axhline, drawing, lowest=0.0 if axes.get_yscale() == "log" else -inf)
    axes.legend()
    return figure


def bias_variance_map(drawing: Drawing) -> "Figure | None":
    """Every variant at (J_train, J_cv − J_train): bias grows to the right, variance upwards; None if none is finite."""
    shown = [v for v in drawing.variants if isfinite(v.cost_train) and isfinite(v.cost_cv)]
    if not shown:
        return None
    figure, axes = _canvas(
        "Bias and variance of the variants", f"J_train{_in(drawing)}", f"J_cv − J_train{_in(drawing)}"
    )
    right, top = borders(drawing, shown)
    inside = [v for v in shown if v.cost_train <= right and gap(v) <= top]
    for variant in inside:
        if variant.name == drawing.winner:
            axes.plot(variant.cost_train, gap(variant), "*", color=CHOSEN, markersize=18, linestyle="none",
                      label=f"chosen: {_short(variant.name)}", zorder=3)  # fmt: skip
    if rest := [v for v in inside if v.name != drawing.winner]:
        axes.scatter([v.cost_train for v in rest], [gap(v) for v in rest], s=36, color=TRAIN, alpha=0.6, linewidths=0,
                     label=f"{len(rest)} more variant{'s' if len(rest) > 1 else ''}", zorder=2)  # fmt: skip
    axes.axhline(0, color="#BFBFBF", linewidth=1, zorder=1)
    _level_lines(axes.axvline, drawing, highest=right)
    lowest = min([gap(v) for v in inside] + [0.0])
    axes.set_xlim(-0.03 * right, 1.04 * right)
    axes.set_ylim(lowest - 0.1 * (top - lowest), top + 0.1 * (top - lowest))
    axes.ticklabel_format(useOffset=False)
    _regions(axes, drawing)
    notes = [f"verdict: {drawing.verdict}"] if drawing.verdict else []
    if absent := len(drawing.variants) - len(inside):
        notes.append(f"{absent} not shown: diverged or far outside")
    axes.set_title("Bias and variance of the variants", pad=22)
    axes.text(0, 1.02, "  ·  ".join(notes), transform=axes.transAxes, fontsize=10, color="#555555", va="bottom")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=2, fontsize=10)
    return figure


def _canvas(title: str, x: str, y: str) -> "tuple[Figure, Axes]":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    return figure, axes


def gap(variant: Shown) -> float:
    """J_cv − J_train."""
    return variant.cost_cv - variant.cost_train


def borders(drawing: Drawing, shown: Sequence[Shown]) -> tuple[float, float]:
    """How far right and up the map goes: past the dummy, the limits and the winner, not to variants far worse."""
    winner = drawing.chosen
    costs = [
        cost for cost in (drawing.dummy, drawing.high_bias, winner.cost_train) if cost is not None and isfinite(cost)
    ]
    right = 1.1 * max(costs or [v.cost_train for v in shown]) or 1.0
    gaps = [gap for gap in (drawing.high_variance, gap(winner)) if gap is not None and isfinite(gap)]
    gaps += [gap(v) for v in shown if v.cost_train <= right and gap(v) <= right]
    return right, 1.1 * max([*gaps, 0.0]) or 0.1 * right


def _regions(axes: "Axes", drawing: Drawing) -> None:
    """Shade and name the quarters of the map that the limits make."""
    if drawing.high_bias is None or drawing.high_variance is None:
        return
    from matplotlib.patches import Rectangle

    (left, right), (bottom, top) = axes.get_xlim(), axes.get_ylim()
    x, y = min(drawing.high_bias, right), drawing.high_variance
    quarters = (
        ("good fit", left, x, bottom, y, "#E3F2EC"),
        ("high bias", x, right, bottom, y, "#F7F7F7"),
        ("high variance", left, x, y, top, "#F7F7F7"),
        ("both high", x, right, y, top, "#EFEFEF"),
    )
    for name, west, east, south, north, colour in quarters:
        axes.add_patch(Rectangle((west, south), east - west, north - south, facecolor=colour, linewidth=0, zorder=0))
        axes.annotate(
            name, (west, north), xytext=(6, -5), textcoords="offset points", va="top", fontsize=10, style="italic",
            color="#666666", bbox={"facecolor": colour, "edgecolor": "none", "pad": 1}, zorder=1.5,
        )  # fmt: skip


def _level_lines(line: Callable[..., Any], drawing: Drawing, lowest: float = -inf, highest: float = inf) -> None:
    marks = (("dummy", drawing.dummy, OTHERS, ":"), ("level", drawing.level, LEVEL, "-."))
    for name, value, colour, style in marks:
        if value is not None and isfinite(value) and lowest < value <= highest:
            line(value, color=colour, linestyle=style, linewidth=1.4, zorder=1, label=f"{name}: {value:.4g}")


def _scale_costs(axes: "Axes", costs: Sequence[float]) -> None:
    positive = [cost for cost in costs if isfinite(cost) and cost > 0]
    if positive and max(positive) > MANY_DECADES * min(positive):
        axes.set_yscale("log")
        axes.set_ylim(bottom=min(positive) / 5)  # other curves may go on to where nothing is left to see


def _scale_lambdas(axes: "Axes", lambdas: Sequence[float]) -> None:
    """Logarithmic, with room for zero; every λ that was tried is a tick if there is space for it."""
    from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

    positive = [value for value in lambdas if value > 0]
    if 0 in lambdas:
        axes.set_xscale("symlog", linthresh=min(positive), linscale=0.6)
    else:
        axes.set_xscale("log")
    ticks = lambdas if len(lambdas) <= 9 else lambdas[:: -(-len(lambdas) // 9)]
    axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))


def _whole_numbers(axes: "Axes") -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _epochs(curve: Sequence[float]) -> list[int]:
    return list(range(1, len(curve) + 1))


def _cost_label(drawing: Drawing) -> str:
    return f"cost J{_in(drawing)}"


def _in(drawing: Drawing) -> str:
    return f"  [{_plain(drawing.unit)}]" if drawing.unit else ""


def _short(name: str) -> str:
    return _plain(name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…")


def _plain(text: str) -> str:
    """A pair of dollars would begin a formula."""
    return text.replace("$", r"\$")
