"""What ``descent run`` says to input that cannot work: one message, exit code 2, and nothing left behind."""

import gzip
import shlex
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from ..embedded import Answer, Embedded
from ..tables import prices, write

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Bad:
    """Words behind ``descent run``, and what the one message must name: where it is, and what to do."""

    words: str
    names: tuple[str, ...]
    make: Callable[[Path], object] = lambda folder: None


def _table(
    change: Callable[[pd.DataFrame], pd.DataFrame], source: Callable[[], pd.DataFrame] = prices
) -> Callable[[Path], object]:
    return lambda folder: write(change(source()), folder / "t.csv")


def _text(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / name).write_text(text, encoding="utf-8")


def _yaml(text: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        write(prices(), folder / "t.csv")
        (folder / "x.yaml").write_text("data: {source: t.csv, target: price}\n" + text, encoding="utf-8")

    return make


CASES = {
    "missing table": Bad("nothing.csv -t y", ("nothing.csv",)),
    "missing experiment": Bad("nothing.yaml", ("nothing.yaml",)),
    "table of an experiment missing": Bad(
        "x.yaml", ("gone.csv",), _text("x.yaml", "data: {source: gone.csv, target: y}")
    ),
    "empty file": Bad("t.csv -t y", ("t.csv", "empty"), _text("t.csv", "")),
    "header alone": Bad("t.csv -t b", ("t.csv",), _text("t.csv", "a,b\n")),
    "no target": Bad("t.csv", ("t.csv", "--target"), _table(lambda t: t)),
    "wrong target": Bad("t.csv -t prise", ("t.csv", "prise", "'price'"), _table(lambda t: t)),
    "unknown key": Bad("x.yaml", ("x.yaml:2", "epoch", "epochs"), _yaml("search: {epoch: 5}\n")),
    "wrong type": Bad("x.yaml", ("x.yaml:2", "search.epochs", "many"), _yaml("search: {epochs: many}\n")),
    "wrong override": Bad("t.csv -t price --set search.epochs=many", ("--set", "search.epochs"), _table(lambda t: t)),
    "negative λ": Bad(
        "x.yaml", ("x.yaml:2", "lambda", "-1"), _yaml("search: {models: [{kind: linear, lambda: -1}]}\n")
    ),
    "fractions": Bad("x.yaml", ("x.yaml:2", "split", "1"), _yaml("split: {train: 0.6, cv: 0.2, test: 0.3}\n")),
    "wrong kind for the task": Bad(
        "x.yaml", ("x.yaml:2", "softmax", "regression"), _yaml("search: {models: [{kind: softmax}]}\n")
    ),
    "no YAML": Bad("x.yaml", ("x.yaml:3",), _yaml("search: {epochs: [1\n")),
    "text in a numeric role": Bad(
        "t.csv -t price --set data.numeric=[city]", ("t.csv", "'city'", "row 1", "data.numeric"), _table(lambda t: t)
    ),
    "unreadable Parquet": Bad("t.parquet -t price", ("t.parquet",), _text("t.parquet", "no parquet")),
    "a folder": Bad("t.csv -t price", ("t.csv",), lambda folder: (folder / "t.csv").mkdir()),
    "one row": Bad("t.csv -t price", ("t.csv", "1 row with a target is", "10"), _table(lambda t: t[:1])),
    "ragged rows": Bad("t.csv -t b", ("t.csv", "line 3", "3 cells"), _text("t.csv", "a,b\n1,2\n1,2,3\n")),
    "a name twice": Bad("t.csv -t b", ("t.csv", "'a'", "2 times"), _text("t.csv", "a,b,a\n1,2,3\n")),
    "constant target": Bad("t.csv -t price", ("t.csv", "'price'", "one value"), _table(lambda t: t.assign(price=1))),
    "target without values": Bad("t.csv -t price", ("'price'", "no value"), _table(lambda t: t.assign(price=None))),
    "target of free text": Bad(
        "t.csv -t price",
        ("'price'", "names, not classes"),
        _table(lambda t: t.assign(price=[f"{chr(97 + k // 26)}{chr(97 + k % 26)} lane" for k in range(len(t))])),
    ),
    "mixed types": Bad(
        "t.csv -t price",
        ("'area'", "row 5", "n/k", "(1 such value)", "data.missing"),
        _table(lambda t: t.assign(area=[*t["area"][:4], "n/k", *t["area"][5:]])),
    ),
    "1e308": Bad(
        "t.csv -t price",
        ("'area'", "row 3", "1e+308", "data.missing"),
        _table(lambda t: t.assign(area=[*t["area"][:2], 1e308, *t["area"][3:]])),
    ),
    "endless line": Bad(
        "t.csv -t b", ("t.csv", "line 2", "5,000,000 bytes"), _text("t.csv", "a,b\n" + "7" * 5_000_000 + "\n")
    ),
    "wrong encoding": Bad(
        "t.csv -t price --set data.encoding=utf-16", ("t.csv", "utf-16", "data.encoding"), _table(lambda t: t)
    ),
    "no such encoding": Bad("t.csv -t price --set data.encoding=utf8x", ("utf8x", "did you mean"), _table(lambda t: t)),
    "cut off": Bad(
        "t.csv.gz -t price",
        ("t.csv.gz", "damaged or cut off"),
        lambda folder: (folder / "t.csv.gz").write_bytes(gzip.compress(b"a,price\n1,2\n" * 99)[:-20]),
    ),
    "zip bomb": Bad(
        "t.csv.gz -t b",
        ("t.csv.gz", "unpack to more than"),
        lambda folder: (folder / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n" + bytes(3 << 27))),
    ),
    "failing query": Bad(
        "sqlite:///d.db -t b --set 'data.query=SELECT * FROM gone'",
        ("d.db", "no such table: gone"),
        lambda folder: sqlite3.connect(folder / "d.db").execute("CREATE TABLE t (b)").connection.close(),
    ),
    "no query": Bad("sqlite:///d.db -t b", ("d.db", "data.query")),
    "variable not set": Bad("postgresql://me:${NOT_SET}@h/d -t b --set data.query=x", ("NOT_SET", "export")),
    "no driver": Bad("s3://b/t.csv -t b", ("s3://", "pip install s3fs")),
    "unknown suffix": Bad("t.xlsx -t price", ("t.xlsx",), _text("t.xlsx", "no table")),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {name: tmp_path_factory.mktemp("bad") for name in CASES}
    for name, folder in made.items():
        CASES[name].make(folder)
    return made


@pytest.fixture(scope="module")
def refused(home: Embedded, folders: dict[str, Path]) -> dict[str, Answer]:
    """What ``descent run`` says in every case."""
    return {name: home.descent("run", *shlex.split(case.words), cwd=folders[name]) for name, case in CASES.items()}


@pytest.mark.parametrize("name", CASES)
def test_bad_input_is_refused_in_one_message(name: str, refused: dict[str, Answer]) -> None:
    answer = refused[name]
    assert (answer.code, answer.stdout) == (2, ""), answer
    assert answer.stderr.startswith("descent: ")
    assert answer.stderr.count("descent: ") == 1
    for part in CASES[name].names:
        assert part in answer.stderr
    for noise in ("Traceback", "pydantic", "Error:", "http"):
        assert noise not in answer.stderr


def test_a_process_that_has_imported_nothing_ends_with_the_same_message(
    refused: dict[str, Answer], folders: dict[str, Path], home: Embedded
) -> None:
    name = "wrong target"
    assert home.cold("run", *shlex.split(CASES[name].words), cwd=folders[name]) == refused[name]


def test_bad_input_leaves_no_run_behind(refused: dict[str, Answer], home: Embedded) -> None:
    assert len(refused) == len(CASES)
    for title in ("t", "x", "nothing", "gone"):
        assert home.runs(title) == {}
        assert home.flow_runs(title) == []
        assert home.folders(title) == []


def test_an_unknown_option_is_bad_input(nowhere: Embedded) -> None:
    answer = nowhere.descent("run", "t.csv", "--tagret", "y")
    assert answer.code == 2
    assert "--target" in answer.stderr
