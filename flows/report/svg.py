"""A chart as SVG: text in the page's own font, colours by class, so that it follows light and dark.

A plotting library's SVG bakes colours and sizes in. These few marks are ElementTree's, which escapes what it is given.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from pathlib import Path
from xml.etree import ElementTree as Tree

from descent.flows.report.axes import Axis
from descent.flows.report.figure import Figure, Key

TEMPLATES = Path(__file__).parent / "templates"
STYLE = TEMPLATES / "figure.css"
"""Colours and strokes of the marks, for the page and for pictures that stand alone."""
WIDTH = 440
TOP, RIGHT, BOTTOM = 26, 14, 44
TITLE, ENTRY, EDGE = 30, 18, 10
"""Height of the title and of a line of the legend, and the margin, where a picture stands alone."""
STAR = "M0-9 2.6-3 9-2.6 4 1.6 5.6 8 0 4.4-5.6 8-4 1.6-9-2.6-2.6-3Z"
LETTER, WIDEST = 6.3, 8.6
"""Width of a digit at the size of the ticks, and at the larger one that a phone shows (style.css)."""


class Plot:
    """Marks between two axes. ``kind`` is a class of the style sheet: train, cv, test, chosen, other, level, dummy."""

    def __init__(self, x: Axis, y: Axis, description: str, height: int = 280) -> None:
        self.x, self.y, self.height = x, y, height
        self.left = 12 + LETTER * max((len(text) for _, text in y.ticks), default=1)
        self.wide, self.high = WIDTH - self.left - RIGHT, height - TOP - BOTTOM
        self._names: list[tuple[dict[str, str], str]] = []
        self._svg = Tree.Element(
            "svg",
            {"viewBox": f"0 0 {WIDTH} {height}", "role": "img", "aria-label": description, "class": "plot"},
        )
        self._draw_axes()
        # A nested svg cuts off what lies outside the axes, without the ids that a clip path needs.
        self._marks = Tree.SubElement(
            self._svg,
            "svg",
            {"x": _n(self.left), "y": _n(TOP), "width": _n(self.wide), "height": _n(self.high)},
        )

    def line(self, xs: Iterable[float], ys: Iterable[float], kind: str) -> None:
        """A line through the points; a point that is not finite breaks it."""
        path, move = [], True
        for x, y in zip(xs, ys, strict=True):
            if not (isfinite(x) and isfinite(y)):
                move = True
                continue
            path.append(f"{'M' if move else 'L'}{_n(self._px(x))} {_n(self._py(y))}")
            move = False
        if path:
            Tree.SubElement(self._marks, "path", {"d": "".join(path), "class": f"line {kind}"})

    def band(self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float], kind: str) -> None:
        """The area between two lines."""
        points = [(x, y) for x, y in zip(xs, highs, strict=True)]
        points += [(x, y) for x, y in zip(reversed(xs), reversed(lows), strict=True)]
        if all(isfinite(x) and isfinite(y) for x, y in points):
            corners = " ".join(f"{_n(self._px(x))},{_n(self._py(y))}" for x, y in points)
            Tree.SubElement(self._marks, "polygon", {"points": corners, "class": f"band {kind}"})

    def dots(
        self, xs: Iterable[float], ys: Iterable[float], kind: str, titles: Iterable[str] = (), radius: float = 3.5
    ) -> None:
        """Points; ``titles`` are shown where the pointer rests on one."""
        names = list(titles)
        for index, x, y in self._finite(xs, ys):
            place = {"cx": _n(x), "cy": _n(y), "r": _n(radius), "class": f"dot {kind}"}
            dot = Tree.SubElement(self._marks, "circle", place)
            if names:
                Tree.SubElement(dot, "title").text = names[index]

    def squares(self, xs: Iterable[float], ys: Iterable[float], kind: str) -> None:
        """Points as squares: told from dots without colour."""
        for _, x, y in self._finite(xs, ys):
            corner = {"x": _n(x - 3.2), "y": _n(y - 3.2), "width": "6.4", "height": "6.4"}
            Tree.SubElement(self._marks, "rect", corner | {"class": f"dot {kind}"})

    def star(self, x: float, y: float, kind: str, title: str) -> None:
        """The one point that matters."""
        for _, left, top in self._finite([x], [y]):
            place = {"d": STAR, "transform": f"translate({_n(left)} {_n(top)})", "class": f"star {kind}"}
            Tree.SubElement(Tree.SubElement(self._marks, "path", place), "title").text = title

    def area(self, x0: float, x1: float, y0: float, y1: float, kind: str, text: str = "") -> None:
        """A shaded rectangle in data coordinates, named in its upper left corner, above all marks."""
        left, right = (min(max(self._px(x), 0.0), self.wide) for x in (x0, x1))
        top, bottom = (min(max(self._py(y), 0.0), self.high) for y in (y1, y0))
        if right - left <= 0 or bottom - top <= 0:
            return
        corner = {"x": _n(left), "y": _n(top), "width": _n(right - left), "height": _n(bottom - top)}
        Tree.SubElement(self._marks, "rect", corner | {"class": f"area {kind}"})
        if text and right - left > WIDEST * len(text) and bottom - top > 14:
            place = {"x": _n(left + 6), "y": _n(top + 14), "class": "region"}
            self._names.append((place, text))

    def bars(self, edges: Sequence[float], heights: Sequence[float], kind: str) -> None:
        """A histogram: ``heights`` (n,) over ``edges`` (n + 1,)."""
        base = self._py(max(self.y.low, 0.0))
        for left, right, height in zip(edges, edges[1:], heights, strict=False):
            top = self._py(height)
            x, width = self._px(left) + 0.5, max(self._px(right) - self._px(left) - 1, 0.5)
            corner = {"x": _n(x), "y": _n(top), "width": _n(width), "height": _n(max(base - top, 0.0))}
            Tree.SubElement(self._marks, "rect", corner | {"class": f"bar {kind}"})

    def across(self, y: float, kind: str) -> None:
        """A horizontal reference line."""
        if self.y.low <= y <= self.y.high:
            self.segment((0.0, self._py(y)), (self.wide, self._py(y)), kind)

    def upright(self, x: float, kind: str) -> None:
        """A vertical reference line."""
        if self.x.low <= x <= self.x.high:
            self.segment((self._px(x), 0.0), (self._px(x), self.high), kind)

    def diagonal(self, kind: str) -> None:
        """Where x and y are equal."""
        low, high = max(self.x.low, self.y.low), min(self.x.high, self.y.high)
        self.segment((self._px(low), self._py(low)), (self._px(high), self._py(high)), kind)

    def segment(self, start: tuple[float, float], end: tuple[float, float], kind: str) -> None:
        """A straight line between two points of the drawing."""
        self._marks.append(_line(*start, *end, f"rule {kind}"))

    def __str__(self) -> str:
        while self._names:  # last, so that no mark hides them
            place, text = self._names.pop()
            Tree.SubElement(self._marks, "text", place).text = text
        return Tree.tostring(self._svg, encoding="unicode")

    def _finite(self, xs: Iterable[float], ys: Iterable[float]) -> Iterator[tuple[int, float, float]]:
        """Numbers of the points that are finite, and where they lie in the drawing."""
        for index, (x, y) in enumerate(zip(xs, ys, strict=True)):
            if isfinite(x) and isfinite(y):
                yield index, self._px(x), self._py(y)

    def _px(self, x: float) -> float:
        return self.x.at(x) * self.wide

    def _py(self, y: float) -> float:
        return (1 - self.y.at(y)) * self.high

    def _draw_axes(self) -> None:
        bottom, right = TOP + self.high, self.left + self.wide
        for value, text in self.y.ticks:
            y = TOP + self._py(value)
            self._svg.append(_line(self.left, y, right, y, "grid"))
            self._text(self.left - 6, y + 3.8, text, "tick end")
        self._svg.append(_line(self.left, bottom, right, bottom, "base"))
        taken = -1e9
        for value, text in self.x.ticks:
            x = self.left + self._px(value)
            half = WIDEST * len(text) / 2
            if x - half < taken + 4:
                continue
            taken = x + half
            self._svg.append(_line(x, bottom, x, bottom + 4, "base"))
            self._text(min(x, WIDTH - half), bottom + 17, text, "tick middle")
        self._text(0, 12, self.y.label, "label")
        self._text(self.left + self.wide / 2, self.height - 6, self.x.label, "label middle")

    def _text(self, x: float, y: float, text: str, kind: str) -> None:
        Tree.SubElement(self._svg, "text", {"x": _n(x), "y": _n(y), "class": kind}).text = text


def standalone(figure: Figure) -> str:
    """A file of its own: the picture with title, legend and style."""
    plot = Tree.fromstring(figure.svg)  # ours, as `Plot` wrote it
    wide, high = map(int, plot.attrib["viewBox"].split()[2:])
    entries, x, y = [], 0.0, TITLE + high + 14.0
    for key in figure.legend:
        width = 36 + 6.8 * len(key.text)
        if x > 0 and x + width > wide:
            x, y = 0.0, y + ENTRY
        entries.append((key, x, y))
        x += width
    height = (y if entries else TITLE + high) + EDGE
    whole = wide + 2 * EDGE
    size = {"viewBox": f"{-EDGE} 0 {whole} {_n(height)}", "width": _n(1.5 * whole), "height": _n(1.5 * height)}
    svg = Tree.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", **size})
    Tree.SubElement(svg, "title").text = figure.title
    Tree.SubElement(svg, "desc").text = figure.caption
    Tree.SubElement(svg, "style").text = STYLE.read_text(encoding="utf-8")
    Tree.SubElement(svg, "rect", {"x": str(-EDGE), "width": "100%", "height": "100%", "class": "paper"})
    inner = Tree.SubElement(svg, "g", {"class": "plot"})
    Tree.SubElement(inner, "text", {"x": "0", "y": "20", "class": "heading"}).text = figure.title
    del plot.attrib["class"]  # its size is that of the page
    plot.attrib.update({"y": str(TITLE), "width": str(wide), "height": str(high)})
    inner.append(plot)
    for key, x, y in entries:
        inner.append(_symbol(key, x, y))
        Tree.SubElement(inner, "text", {"x": _n(x + 20), "y": _n(y), "class": "key-text"}).text = key.text
    return Tree.tostring(svg, encoding="unicode")


def _symbol(key: Key, x: float, y: float) -> Tree.Element:
    if key.shape == "dot":
        return Tree.Element("circle", {"cx": _n(x + 8), "cy": _n(y - 4), "r": "4", "class": f"dot {key.kind}"})
    if key.shape == "square":
        corner = {"x": _n(x + 4.5), "y": _n(y - 7.5), "width": "7", "height": "7"}
        return Tree.Element("rect", corner | {"class": f"dot {key.kind}"})
    if key.shape == "star":
        move = f"translate({_n(x + 8)} {_n(y - 4)}) scale(.7)"
        return Tree.Element("path", {"d": STAR, "transform": move, "class": f"star {key.kind}"})
    kind = {"line": "line", "dashes": "line dashed", "dots": "line dotted", "rule": "rule"}[key.shape]
    return _line(x, y - 4, x + 16, y - 4, f"{kind} {key.kind}")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Tree.Element:
    return Tree.Element("line", {"x1": _n(x1), "y1": _n(y1), "x2": _n(x2), "y2": _n(y2), "class": kind})


def _n(value: float) -> str:
    """A coordinate with a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0")
