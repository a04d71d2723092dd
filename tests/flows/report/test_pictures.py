"""The pictures: files of their own, and that odd experiments can be drawn at all."""

from dataclasses import replace
from math import inf, nan
from pathlib import Path
from xml.etree import ElementTree as Tree

import pytest

from descent.flows.report import pictures, sweep
from descent.flows.report.drawing import Drawing, Shown
from descent.flows.report.svg import standalone

from .made import HOSTILE, contents

SVG = "{http://www.w3.org/2000/svg}"


def texts(file: Path) -> list[str]:
    return [text.text or "" for text in Tree.parse(file).getroot().iter(f"{SVG}text")]


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_every_picture_is_a_file_with_title_legend_and_style(task: str, tmp_path: Path) -> None:
    drawn = pictures.draw(contents(task))
    drawn.write(tmp_path / "figures")
    assert drawn.failures == []
    files = {file.stem: file for file in (tmp_path / "figures").iterdir()}
    assert set(files) == {*drawn.training, *drawn.curves, *drawn.outcomes}
    assert {"epoch_curves", "bias_variance_map", "learning_curve", "lambda_curve", "capacity_curve"} < set(files)
    for name, figure in {**drawn.training, **drawn.curves, **drawn.outcomes}.items():
        root = Tree.parse(files[name]).getroot()
        assert root.tag == f"{SVG}svg"
        assert {figure.title, *(key.text for key in figure.legend)} <= set(texts(files[name]))
        assert "--train" in (root.findtext(f"{SVG}style") or "")
        assert [element for element in root.iter() if element.tag in (f"{SVG}script", f"{SVG}img")] == []
    assert HOSTILE in files["bias_variance_map"].read_text("utf-8").replace("&lt;", "<").replace("&gt;", ">").replace(
        "&amp;", "&"
    )


def test_a_legend_wraps_and_stays_inside(tmp_path: Path) -> None:
    drawn = pictures.draw(contents("multiclass", hostile="plain"))
    figure = drawn.training["epoch_curves"]
    root = Tree.fromstring(standalone(replace(figure, legend=figure.legend * 3)))
    wide, high = map(float, root.attrib["viewBox"].split()[2:])
    entries = [text for text in root.iter(f"{SVG}text") if text.get("class") == "key-text"]
    assert len(entries) == 3 * len(figure.legend)
    assert len({text.get("y") for text in entries}) > 1
    assert all(float(text.attrib["x"]) < wide and float(text.attrib["y"]) < high for text in entries)


def test_the_map_counts_what_it_cannot_show() -> None:
    near, odd = Shown("near", 0.2, 0.2, 0.3), [Shown("diverged", 0.0, nan, inf), Shown("far", 0.0, 1e6, 2e6)]
    figure = sweep.bias_variance_map(Drawing([near, *odd], "near"))
    assert figure is not None
    assert figure.caption.endswith(" 2 not shown: diverged, or far outside.")


@pytest.mark.parametrize(
    "one",
    [
        Shown("only", 0.0, 1500.0, 1700.0),
        Shown("flat", 1.0, 0.0, 0.0, [0.0, 0.0], [0.0, 0.0], 1),
        Shown("broken", 1.0, nan, nan, [1.0, nan, 0.5], [2.0, inf, 1.0], 1),
        Shown("lost", 1.0, nan, nan, [nan], [nan]),
        Shown("$a_b$ costs $5", 0.5, 1e-9, 2e-9, [1e6, 1e-9], [1e6, 2e-9], 2),
        Shown("x" * 200, 0.5, 1.0, 0.9),
    ],
    ids=lambda one: one.name[:10],
)
def test_one_variant_alone_can_be_drawn_however_odd(one: Shown) -> None:
    for drawing in (
        Drawing([one], one.name, unit="½ (price in $)²"),
        Drawing([one], one.name, dummy=nan, level=inf, high_bias=0.1, high_variance=0.1),
    ):
        for figure in (sweep.bias_variance_map(drawing), sweep.epoch_curves(drawing)):
            assert figure is None or Tree.fromstring(standalone(figure)).tag == f"{SVG}svg"
