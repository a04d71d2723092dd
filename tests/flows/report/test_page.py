"""The report's page: it holds everything, and nothing that it is given becomes markup."""

from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from descent.flows.report import page
from descent.flows.report.contents import TestRows
from descent.flows.report.drawing import Drawing, Shown

from .made import HOSTILE, contents, result, rows

VOID = {"meta", "link", "br", "img", "input", "hr"}
TASKS = ("regression", "binary", "multiclass")


class Read(HTMLParser):
    """Elements and texts of a page; complains about tags that do not match."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


@pytest.mark.parametrize("task", TASKS)
def test_hostile_texts_stay_texts(task: str) -> None:
    read = Read(page.render(contents(task))[0])
    assert {tag for tag, _ in read.elements} & {"script", "img", "iframe", "object", "link"} == set()
    assert not [name for _, attributes in read.elements for name in attributes if name.startswith("on")]
    assert read.text.count(HOSTILE) > 20
    assert "49" not in read.text.replace("{{ 7 * 7 }}", "").split()  # no text is a template


@pytest.mark.parametrize("task", TASKS)
def test_nothing_is_fetched(task: str) -> None:
    html, failures = page.render(contents(task, hostile="plain"))
    assert failures == []
    read = Read(html)
    sources = [
        value
        for _, attributes in read.elements
        for name, value in attributes.items()
        if name in ("src", "href", "action", "data", "xlink:href")
    ]
    assert sources
    assert all(value and value.startswith("#") for value in sources)
    assert "url(" not in html
    assert "@import" not in html
    assert "default-src 'none'" in html


@pytest.mark.parametrize(
    ("task", "pictures"),
    [
        ("regression", ["True against predicted", "Residuals", "Size of the errors"]),
        ("binary", ["ROC", "Precision and recall", "Calibration"]),
        ("multiclass", ["ROC", "Precision and recall", "Calibration"]),
    ],
)
def test_the_sections_answer_the_questions_in_order(task: str, pictures: list[str]) -> None:
    read = Read(page.render(contents(task, hostile="plain"))[0])
    expected = [
        "Can plain be predicted",
        "(97.5 % interval",
        "probability 70 %",
        "Findings before training",
        "target leakage",
        "Between bias and variance",
        "Over the epochs",
        "Leaderboard",
        "What the numbers say",
        "What to do next",
        "Predicted: J_cv falls by 0.1",
        "Over training rows",
        "540 (predicted)",
        "Over λ",
        "By model size",
        "opened by 2 different models",
        "Bonferroni",
        *pictures,
        "2" * 64,
        "Which columns matter",
        "descent run runs/x/experiment.yaml",
        "Exact configuration",
        "name: 'plain'",
        "Python",
    ]
    at = 0
    for words in expected:
        assert words in read.text[at:], words
        at += read.text[at:].index(words)


@pytest.mark.parametrize("task", TASKS)
def test_it_can_be_read_without_seeing_it(task: str) -> None:
    read = Read(page.render(contents(task, hostile="plain"))[0])
    levels = [int(tag[1]) for tag, _ in read.elements if tag in ("h1", "h2", "h3")]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert all(attributes.get("scope") in ("row", "col") for attributes in read.of("th"))
    assert all(a.get("aria-label") for a in read.of("svg") if a.get("role") == "img")
    targets = {str(attributes["href"]).removeprefix("#") for attributes in read.of("a")}
    identifiers = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert targets <= set(identifiers)
    assert len(identifiers) == len(set(identifiers))
    assert read.of("html") == [{"lang": "en"}]


def test_the_selected_variant_is_on_the_board_however_far_down() -> None:
    about = result("regression", hostile="plain")
    last = about.selected.model_copy(update={"name": "variant 13 plain"})
    drawing = replace(contents("regression", hostile="plain").drawing, winner="variant 13 plain")
    html = page.render(
        contents("regression", hostile="plain", result=about.model_copy(update={"selected": last}), drawing=drawing)
    )[0]
    assert html.count('<tr class="selected">') == 2  # among the first, and in its place


def bare(task: str, **changes: Any) -> str:
    """The page of a result that has nothing to show beyond the least."""
    one = Shown("only", 0.0, 0.5, 0.6)
    about = result(
        task,
        diagnosis={"verdict": "good fit", "evidence": [], "advice": []},
        test={"metrics": {"accuracy": 1.0}, "baseline": {}},
        variants=[
            {
                "name": "only",
                "params": {},
                "cost": {"train": 0.5, "cv": None},
                "metrics": {"cv": {}},
                "epochs": 1,
                "status": "completed",
            }
        ],
        selected={"name": "only", "params": {}, "cv": {"mean": None, "se": None, "folds": []}, "metric": "accuracy"},
        data={"rows": 5, "digest": "ab", "splits": {"train": 3, "cv": 1, "test": 1}},
    )
    given = {"result": about, "drawing": Drawing([one], "only"), "importance": None, "columns": [], "versions": {}}
    return page.render(contents(task, **(given | changes)))[0]


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("count", [1, 2, 15])
def test_the_least_can_be_shown(task: str, count: int) -> None:
    read = Read(bare(task, rows=rows(task, count)))
    assert "None: the checks found no leak" in read.text
    assert "Which columns matter" not in read.text


def test_one_class_alone_in_the_test_rows_has_no_roc() -> None:
    read = Read(bare("binary", rows=TestRows(np.zeros(30, int), np.linspace(-2, 1, 30), ("no", "yes"))))
    assert "ROC" not in read.text
    assert "Calibration" in read.text


def test_many_classes_are_joined_in_the_confusion_matrix() -> None:
    y = np.repeat(np.arange(40), np.arange(40, 0, -1))
    classes = tuple(f"c{code}" for code in range(40))
    read = Read(bare("multiclass", rows=TestRows(y, 9.0 * np.eye(40)[y], classes)))
    assert "21 others" in read.text
    assert "c18" in read.text
    assert "c19" not in read.text


def test_a_picture_that_fails_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("no width")

    monkeypatch.setattr(page.pictures.sweep, "lambda_curve", fail)
    monkeypatch.setattr(page.pictures.outcomes, "_calibration", fail)
    about = result("binary", hostile="plain", warnings=["the figures could not be made: nobody knows why"])
    html, failures = page.render(contents("binary", hostile="plain", result=about))
    read = Read(html)
    assert [failure.split(" could")[0] for failure in failures] == [
        "the picture lambda_curve",
        "the picture calibration",
    ]
    assert all("ZeroDivisionError: no width (test_page.py, line" in failure for failure in failures)
    assert all(said in read.text for said in (*failures, *about.warnings))
    assert "Over λ" not in read.text
    assert all(title in read.text for title in ("Over the epochs", "By model size", "ROC", "Reproduce"))


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    page.write(contents("binary"), tmp_path / "report.html", tmp_path / "figures")
    assert {file.name for file in tmp_path.iterdir()} == {"report.html", "figures"}
    assert (tmp_path / "report.html").read_text(encoding="utf-8").endswith("</html>\n")
    assert (tmp_path / "report.html").stat().st_size < 1_000_000


def test_many_findings_of_a_kind_fold_away_but_none_is_left_out() -> None:
    about = result("regression", hostile="plain")
    one = about.data.findings[0]
    many = tuple(one.model_copy(update={"evidence": f"column {k} is odd"}) for k in range(30))
    changed = about.model_copy(update={"data": about.data.model_copy(update={"findings": many})})
    read = Read(page.render(contents("regression", hostile="plain", result=changed))[0])
    assert "27 more findings of the kind “target leakage”" in read.text
    assert [k for k in range(30) if f"column {k} is odd" not in read.text] == []
