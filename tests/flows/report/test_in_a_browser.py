"""The report in a real browser: on a phone and a desk, in light and dark, by keyboard, with nothing fetched."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from descent.flows.report import page

from ...browser import Browser, browser, missing
from .made import HOSTILE, contents

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]
WIDTHS = {"phone": 360, "desk": 1400}


@pytest.fixture(scope="module")
def window() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    made = {}
    for task in ("regression", "binary", "multiclass"):
        made[task] = folder / f"{task}.html"
        page.write(contents(task), made[task], folder / task)
    return made


@pytest.mark.parametrize("width", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_it_fits_the_window_and_fetches_nothing(task: str, width: int, window: Browser, pages: dict[str, Path]) -> None:
    window.emulate(width)
    window.open(pages[task].as_uri())
    assert window.run("return document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert window.run("return performance.getEntriesByType('resource').map(e => e.name)") == []
    assert window.run("return document.scripts.length") == 0
    assert HOSTILE in window.text()


def test_it_can_be_read_without_seeing_and_without_a_mouse(window: Browser, pages: dict[str, Path]) -> None:
    window.emulate(WIDTHS["desk"])
    window.open(pages["binary"].as_uri())
    unnamed = "return [...document.querySelectorAll('svg:not(svg svg)')].filter(s => !(s.getAttribute('aria-label') || "
    unnamed += "s.getAttribute('aria-labelledby') || s.querySelector('title') || s.getAttribute('aria-hidden'))).length"
    assert window.run(unnamed) == 0
    levels = window.run("return [...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert window.run("return [...document.querySelectorAll('th')].every(t => t.scope)")
    assert window.run("return document.documentElement.lang") == "en"
    assert window.run("return [...document.querySelectorAll('nav a')].every(a => document.querySelector(a.hash))")
    focusable = "return [...document.querySelectorAll('a[href], summary, [tabindex]')].filter(e => {"
    focusable += "if (!e.checkVisibility()) return false; e.focus(); return document.activeElement !== e}).length"
    assert window.run(focusable) == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_letters_stand_out_in_light_and_in_dark(scheme: str, window: Browser, pages: dict[str, Path]) -> None:
    """WCAG's contrast of the body's text is at least 7, of the softer text 4.5."""
    window.emulate(WIDTHS["desk"], scheme)
    window.open(pages["binary"].as_uri())
    back = window.run("return getComputedStyle(document.body).backgroundColor")
    assert (scheme == "dark") == (sum(map(int, back[4:-1].split(", "))) < 300)
    assert window.run(CONTRAST, "body") >= 7
    assert window.run(CONTRAST, ".small") >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_numbers_stand_out_on_every_colour_of_the_confusion_matrix(
    scheme: str, window: Browser, pages: dict[str, Path]
) -> None:
    window.emulate(WIDTHS["desk"], scheme)
    window.open(pages["multiclass"].as_uri())
    contrasts = window.run(CELLS)
    assert len(contrasts) == 9
    assert min(contrasts) >= 4.5


def test_letters_of_pictures_can_be_read_on_a_phone(window: Browser, pages: dict[str, Path]) -> None:
    window.emulate(WIDTHS["phone"])
    window.open(pages["binary"].as_uri())
    sizes = window.run(
        "return [...document.querySelectorAll('svg.plot text')].filter(t => t.checkVisibility())"
        ".map(t => t.getScreenCTM().a * parseFloat(getComputedStyle(t).fontSize))"
    )
    assert len(sizes) > 50
    assert min(sizes) >= 9


def test_on_paper_it_is_light_and_says_how_to_reproduce_it(window: Browser, pages: dict[str, Path]) -> None:
    window.emulate(WIDTHS["desk"], "dark", media="print")
    window.open(pages["binary"].as_uri())
    assert window.run("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert window.run(CONTRAST, "body") >= 7
    unopened = "return [...document.querySelectorAll('details.paper > :last-child')].map(e => e.offsetHeight)"
    heights = window.run(unopened)
    assert len(heights) >= 3
    assert min(heights) > 10
    assert not window.run("return document.querySelector('nav').checkVisibility()")


CELLS = """
const parse = c => c.match(/[\\d.]+/g).map(Number);
const linear = v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
const light = c => { const [r, g, b] = c.map(v => linear(v / 255));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b };
const paper = parse(getComputedStyle(document.body).backgroundColor);
return [...document.querySelectorAll('.cell')].map(cell => {
  const style = getComputedStyle(cell), [r, g, b, alpha = 1] = parse(style.backgroundColor);
  const back = [r, g, b].map((v, i) => alpha * v + (1 - alpha) * paper[i]);
  const [x, y] = [light(parse(style.color).slice(0, 3)), light(back)].sort((p, q) => q - p);
  return (x + 0.05) / (y + 0.05) });
"""
CONTRAST = """
const parse = c => c.match(/[\\d.]+/g).slice(0, 3).map(Number).map(v => v / 255)
  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const light = c => { const [r, g, b] = parse(c); return 0.2126 * r + 0.7152 * g + 0.0722 * b };
const back = getComputedStyle(document.body).backgroundColor;
const front = getComputedStyle(document.querySelector(arguments[0])).color;
const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
return (a + 0.05) / (b + 0.05);
"""


def test_pictures_stand_alone_as_images(window: Browser, pages: dict[str, Path], tmp_path: Path) -> None:
    files = sorted((pages["binary"].parent / "binary").iterdir())
    images = "".join(f'<img src="{file.as_uri()}">' for file in files)
    (tmp_path / "page.html").write_text(f"<!doctype html>{images}", encoding="utf-8")
    window.emulate(WIDTHS["desk"])
    window.open((tmp_path / "page.html").as_uri())
    window.wait("[...document.images].every(image => image.complete)")
    assert window.run("return [...document.images].map(image => image.naturalWidth)") == [690] * len(files)
