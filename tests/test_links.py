"""What the pages point to is there: links, paths in backticks, headings, and modules to run."""

import re
from pathlib import Path

import pytest

from .import_graph import ROOT

TOPS = "flows|ml|data|schemas|benchmarks|tests|docs|deploy|experiments|descent"
FOLDERS = (ROOT, *(ROOT / name for name in ("docs", "benchmarks", "data", "deploy")))
PAGES = sorted({*ROOT.glob("*.md"), *(page for folder in FOLDERS[1:] for page in folder.rglob("*.md"))})
SOURCES = sorted(path for name in TOPS.split("|")[:5] for path in (ROOT / name).rglob("*.py"))

LINK = re.compile(r"\]\(([^)\s]+)\)")
QUOTED = re.compile(rf"`((?:{TOPS})/[\w./-]*)`")
FILE = re.compile(rf"(?<![\w/.-])((?:{TOPS})/[\w/-]+\.(?:py|md|yaml))\b")
MODULE = re.compile(r"-m (benchmarks[\w.]*\w)")


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def headings(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings of a page."""
    titles = re.findall(r"^#+ +(.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.replace("`", "").lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue  # another site
        file, _, anchor = link.partition("#")
        target = page.parent / file if file else page
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in headings(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_in_backticks_exists(page: Path) -> None:
    named = QUOTED.findall(page.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_every_module_that_one_is_told_to_run_exists() -> None:
    named = {name for path in (*PAGES, *SOURCES) for name in MODULE.findall(path.read_text(encoding="utf-8"))}
    assert len(named) > 10
    files = {name: ROOT.joinpath(*name.split(".")) for name in named}
    missing = {
        name
        for name, path in files.items()
        if not (path.with_suffix(".py").exists() or (path / "__main__.py").exists())
    }
    assert missing == set()
