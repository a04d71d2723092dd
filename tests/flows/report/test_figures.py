"""The pictures: what they show, and that odd experiments can be drawn at all."""

from math import inf, nan
from pathlib import Path

import pytest

from descent.flows.report import figures
from descent.flows.report.figures import Drawing, Shown

LAMBDAS = (0.0, 0.1, 1.0, 10.0)


def variants() -> list[Shown]:
    return [
        Shown(
            f"network-{number}", "network", lambda_, 0.2 + 0.1 * number, 0.5 - 0.02 * number,
            [1 / epoch for epoch in range(1, 31)], [1.1 / epoch for epoch in range(1, 31)], 30,
        )
        for number, lambda_ in enumerate(LAMBDAS)
    ]  # fmt: skip


def drawing(**changes: object) -> Drawing:
    about: dict[str, object] = {
        "variants": variants(), "winner": "network-1", "finalists": ("network-0", "network-1"), "unit": "log loss",
        "verdict": "good fit", "dummy": 0.69, "level": 0.2, "high_bias": 0.25, "high_variance": 0.05,
    }  # fmt: skip
    return Drawing(**(about | changes))  # type: ignore[arg-type]


def test_all_three_are_written_as_png(tmp_path: Path) -> None:
    files, failures = figures.draw(drawing(), tmp_path / "figures")
    assert failures == []
    assert set(files) == {"epoch_curves", "lambda_curve", "bias_variance_map"}
    for file in files.values():
        content = file.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 10_000


def test_a_figure_that_fails_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: Drawing) -> None:
        raise ValueError("no ticks\nand more")

    monkeypatch.setattr(figures, "lambda_curve", fail)
    files, failures = figures.draw(drawing(), tmp_path)
    assert set(files) == {"epoch_curves", "bias_variance_map"} == {file.stem for file in tmp_path.iterdir()}
    (failure,) = failures
    assert failure.startswith("the figure lambda_curve could not be made: ValueError: no ticks (test_figures.py, line ")


def lines(figure: object) -> dict[str, tuple[list[float], list[float]]]:
    (axes,) = figure.axes  # type: ignore[attr-defined]
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines}


def test_the_epoch_curves_are_those_of_the_winner() -> None:
    shown = lines(figures.epoch_curves(drawing()))
    assert shown["J_cv (after it)"] == (list(range(1, 31)), [1.1 / epoch for epoch in range(1, 31)])
    assert shown["kept: epoch 30"] == ([30], [1.1 / 30])
    assert "J_cv of the other finalists" in shown


def test_the_lambda_curve_takes_the_best_variant_of_each_lambda_of_the_family() -> None:
    others = [Shown("worse", "network", 1.0, 0.1, 0.9), Shown("stranger", "linear", 5.0, 0.1, 0.1)]
    shown = lines(figures.lambda_curve(drawing(variants=variants() + others)))
    assert shown["J_cv"][0] == list(LAMBDAS)
    assert shown["J_cv"][1] == pytest.approx([0.5, 0.48, 0.46, 0.44])
    assert shown["J_train"][1] == pytest.approx([0.2, 0.3, 0.4, 0.5])
    assert shown["chosen: λ = 0.1"] == ([0.1], [0.48])


def test_one_lambda_is_no_curve() -> None:
    assert figures.lambda_curve(drawing(variants=variants()[1:2])) is None


def test_the_map_counts_what_it_cannot_show() -> None:
    odd = [Shown("diverged", "x", 0.0, nan, inf), Shown("far", "x", 0.0, 1e6, 2e6)]
    figure = figures.bias_variance_map(drawing(variants=variants() + odd))
    assert figure is not None
    (axes,) = figure.axes
    texts = [text.get_text() for text in axes.texts]
    assert "verdict: good fit  ·  2 not shown: diverged or far outside" in texts
    assert {"good fit", "high bias", "high variance", "both high"} <= set(texts)
    (points,) = axes.collections
    assert points.get_offsets().tolist() == [pytest.approx(point) for point in ((0.2, 0.3), (0.4, 0.06), (0.5, -0.06))]


@pytest.mark.parametrize(
    "one",
    [
        Shown("only", "only", 0.0, 1500.0, 1700.0),
        Shown("flat", "only", 1.0, 0.0, 0.0, [0.0], [0.0], 1),
        Shown("broken", "only", 1.0, nan, nan, [1.0, nan], [2.0, inf], 1),
        Shown("lost", "only", 1.0, nan, nan, [nan], [nan]),
        Shown("$a_b$ costs $5", "$family$", 0.5, 1e-9, 2e-9, [1e6, 1e-9], [1e6, 2e-9], 2),
        Shown("x" * 200, "y" * 200, 0.5, 1.0, 0.9),
    ],
    ids=lambda one: one.name[:10],
)
def test_one_variant_alone_can_be_drawn_however_odd(one: Shown, tmp_path: Path) -> None:
    figures.draw(Drawing([one], one.name, unit="½ (price in $)²"), tmp_path)
    figures.draw(Drawing([one], one.name, dummy=nan, level=inf, high_bias=0.1, high_variance=0.1), tmp_path)


def test_no_global_state_is_left() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    figures.epoch_curves(drawing())
    assert dict(matplotlib.rcParams) == before
