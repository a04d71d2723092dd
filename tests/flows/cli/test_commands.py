"""The commands around ``run``, and what each says to input that cannot work."""

import gzip
import json
import shlex
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from descent.schemas import json_schema, load_config

from ..embedded import ROOT, Answer, Embedded
from ..tables import churn, prices, write

pytestmark = pytest.mark.integration

COMMANDS = ("run", "check", "init", "schema", "ui", "status", "down")

HELP = """
import sys
from descent.flows.cli.app import main
try:
    main()
finally:
    heavy = {"prefect", "mlflow", "pandas", "numpy", "sklearn", "matplotlib"} & sys.modules.keys()
    print("imported:", *sorted(heavy), file=sys.stderr)
"""


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example_and_imports_nothing_heavy(command: str, home: Embedded) -> None:
    answer = home.python("-c", HELP, command, "--help")
    assert answer.code == 0
    assert f"descent {command}" in answer.stdout.split("Example")[1]
    assert answer.stderr == "imported:\n"


def test_help_lists_every_command(home: Embedded) -> None:
    answer = home.python("-c", HELP, "--help")
    assert answer.code == 0
    assert all(f" {command} " in answer.stdout for command in COMMANDS)
    assert answer.stderr == "imported:\n"


# ---- check, init, schema, status ----------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a user has a table of flats."""
    write(prices(120), tmp_path / "flats.csv")
    return tmp_path


@pytest.fixture
def nowhere(home: Embedded, tmp_path: Path) -> Embedded:
    """A home in which nothing has run, to see what a command leaves in it."""
    return Embedded.at(tmp_path / "fresh" / ".descent")


def test_check_shows_roles_and_plan_and_writes_nothing(folder: Path, nowhere: Embedded) -> None:
    answer = nowhere.descent("check", "flats.csv", "--target", "price", cwd=folder)
    assert (answer.code, answer.stderr) == (0, "")
    for part in ("120 rows; regression of 'price'", "72 train, 24 cv, 24 test", "categorical", "numeric", "Plan: ",
                 "one selected by rmse (one-standard-error)", "Nothing was trained"):  # fmt: skip
        assert part in answer.stdout
    assert [path.name for path in folder.iterdir()] == ["flats.csv"]


def test_check_as_json_is_one_object_that_names_every_variant(folder: Path, nowhere: Embedded) -> None:
    answer = nowhere.descent("check", "flats.csv", "-t", "price", "--json", cwd=folder)
    plan = answer.json
    assert plan["task"] == "regression"
    assert {column["name"]: column["role"] for column in plan["columns"]} == {
        "area": "numeric", "city": "categorical", "noise": "numeric",
    }  # fmt: skip
    assert plan["splits"] == {"train": 72, "cv": 24, "test": 24}
    for fleet in plan["fleets"]:
        assert sum(fleet["chunks"]) == len(fleet["variants"])
    names = [name for fleet in plan["fleets"] for name in fleet["variants"]]
    assert len(names) == len(set(names))
    assert plan["config"]["data"]["task"] == "regression"


def test_init_writes_an_experiment_that_check_accepts(folder: Path, nowhere: Embedded) -> None:
    made = nowhere.descent("init", "flats.csv", "--target", "price", "-o", "flats.yaml", cwd=folder)
    assert (made.code, made.stdout) == (0, "")
    assert "descent check flats.yaml" in made.stderr
    text = (folder / "flats.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=")
    assert (folder / text.splitlines()[0].split("=", 1)[1]).resolve() == ROOT / "schemas/experiment.schema.json"
    from_table = nowhere.descent("check", "flats.csv", "-t", "price", "--json", cwd=folder).json
    from_file = nowhere.descent("check", "flats.yaml", "--json", cwd=folder).json
    for one in (from_table, from_file):
        one.pop("notes")  # what was inferred for the one is written in the other
        one.pop("estimated_seconds")  # is measured
    assert from_file == from_table


def test_init_replaces_no_file_unless_forced(folder: Path, nowhere: Embedded) -> None:
    (folder / "flats.yaml").write_text("mine", encoding="utf-8")
    words = ("init", "flats.csv", "-t", "price", "-o", "flats.yaml")
    refused = nowhere.descent(*words, cwd=folder)
    assert refused.code == 2
    assert "flats.yaml: the file exists" in refused.stderr
    assert (folder / "flats.yaml").read_text(encoding="utf-8") == "mine"
    assert nowhere.descent(*words, "--force", cwd=folder).code == 0
    assert load_config(folder / "flats.yaml").data.target == "price"
    assert sorted(path.name for path in folder.iterdir()) == ["flats.csv", "flats.yaml"]


def test_init_refuses_a_folder_and_leaves_nothing_beside_it(folder: Path, nowhere: Embedded) -> None:
    (folder / "taken").mkdir()
    refused = nowhere.descent("init", "flats.csv", "-t", "price", "-o", "taken", "--force", cwd=folder)
    assert (refused.code, refused.stderr) == (2, "descent: taken: a folder: name a file in it\n")
    assert sorted(path.name for path in folder.iterdir()) == ["flats.csv", "taken"]


def test_init_without_a_file_writes_to_stdout(folder: Path, nowhere: Embedded) -> None:
    answer = nowhere.descent("init", "flats.csv", "-t", "price", "--set", "search.epochs=7", cwd=folder)
    assert answer.code == 0
    (folder / "piped.yaml").write_text(answer.stdout, encoding="utf-8")
    assert load_config(folder / "piped.yaml").search.epochs == 7


def test_schema_is_the_json_schema_that_the_repository_ships(nowhere: Embedded) -> None:
    assert nowhere.descent("schema").json == json_schema()
    assert json.loads((ROOT / "schemas/experiment.schema.json").read_text(encoding="utf-8")) == json_schema()


def test_status_and_down_where_nothing_runs(nowhere: Embedded) -> None:
    status = nowhere.descent("status")
    assert (status.code, status.stderr) == (0, "")
    assert "nothing has run here yet" in status.stdout
    assert "no local server is running" in status.stdout
    down = nowhere.descent("down")
    assert (down.code, down.stdout) == (0, "nothing was running\n")
    assert not nowhere.home.exists()


def test_ui_where_nothing_has_run_says_so(nowhere: Embedded) -> None:
    answer = nowhere.descent("ui")
    assert answer.code == 1
    assert "there are no runs" in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_a_name_that_is_not_registered_is_bad_input(command: str, nowhere: Embedded) -> None:
    answer = nowhere.descent(command, "huosing")
    assert (answer.code, answer.stdout) == (2, "")
    assert answer.stderr.startswith("descent: huosing: no registered model has this name in MLflow at sqlite:///")
    assert answer.stderr.endswith("--set register.name=huosing\n")


# ---- bad input ----------------------------------------------------------------------------------------------------


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
    "table of an experiment missing": Bad("x.yaml", ("gone.csv",),
                                          _text("x.yaml", "data: {source: gone.csv, target: y}")),
    "empty file": Bad("t.csv -t y", ("t.csv", "empty"), _text("t.csv", "")),
    "header alone": Bad("t.csv -t b", ("t.csv",), _text("t.csv", "a,b\n")),
    "no target": Bad("t.csv", ("t.csv", "--target"), _table(lambda t: t)),
    "wrong target": Bad("t.csv -t prise", ("t.csv", "prise", "'price'"), _table(lambda t: t)),
    "unknown key": Bad("x.yaml", ("x.yaml:2", "epoch", "epochs"), _yaml("search: {epoch: 5}\n")),
    "wrong type": Bad("x.yaml", ("x.yaml:2", "search.epochs", "many"), _yaml("search: {epochs: many}\n")),
    "wrong override": Bad("t.csv -t price --set search.epochs=many", ("--set", "search.epochs"), _table(lambda t: t)),
    "negative λ": Bad("x.yaml", ("x.yaml:2", "lambda", "-1"),
                      _yaml("search: {models: [{kind: linear, lambda: -1}]}\n")),
    "fractions": Bad("x.yaml", ("x.yaml:2", "split", "1"), _yaml("split: {train: 0.6, cv: 0.2, test: 0.3}\n")),
    "wrong kind for the task": Bad("x.yaml", ("x.yaml:2", "softmax", "regression"),
                                   _yaml("search: {models: [{kind: softmax}]}\n")),
    "no YAML": Bad("x.yaml", ("x.yaml:3",), _yaml("search: {epochs: [1\n")),
    "class of one row": Bad("t.csv -t churn", ("t.csv", "churn", "unsure", "row"),
                            _table(lambda t: t.assign(churn=["unsure", *t["churn"][1:]]), churn)),
    "all-missing column": Bad("x.yaml", ("t.csv", "'area'"), lambda folder: (
        write(prices().assign(area=None), folder / "t.csv"),
        _text("x.yaml", "data: {source: t.csv, target: price, numeric: [area]}")(folder))),
    "text in a numeric role": Bad("t.csv -t price --set data.numeric=[city]",
                                  ("t.csv", "'city'", "row 1", "data.numeric"), _table(lambda t: t)),
    "unreadable Parquet": Bad("t.parquet -t price", ("t.parquet",), _text("t.parquet", "no parquet")),
    "a folder": Bad("t.csv -t price", ("t.csv",), lambda folder: (folder / "t.csv").mkdir()),
    "one row": Bad("t.csv -t price", ("t.csv", "1 row with a target is", "10"), _table(lambda t: t[:1])),
    "ragged rows": Bad("t.csv -t b", ("t.csv", "line 3", "3 cells"), _text("t.csv", "a,b\n1,2\n1,2,3\n")),
    "a name twice": Bad("t.csv -t b", ("t.csv", "'a'", "2 times"), _text("t.csv", "a,b,a\n1,2,3\n")),
    "constant target": Bad("t.csv -t price", ("t.csv", "'price'", "one value"), _table(lambda t: t.assign(price=1))),
    "target without values": Bad("t.csv -t price", ("'price'", "no value"), _table(lambda t: t.assign(price=None))),
    "target of free text": Bad("t.csv -t price", ("'price'", "names, not classes"),
                               _table(lambda t: t.assign(price=[f"about {k} or so" for k in range(len(t))]))),
    "mixed types": Bad("t.csv -t price", ("'area'", "row 5", "n/k", "(1 such value)", "data.missing"),
                       _table(lambda t: t.assign(area=[*t["area"][:4], "n/k", *t["area"][5:]]))),
    "1e308": Bad("t.csv -t price", ("'area'", "row 3", "1e+308", "data.missing"),
                 _table(lambda t: t.assign(area=[*t["area"][:2], 1e308, *t["area"][3:]]))),
    "endless line": Bad("t.csv -t b", ("t.csv", "line 2", "5,000,000 bytes"),
                        _text("t.csv", "a,b\n" + "7" * 5_000_000 + "\n")),
    "wrong encoding": Bad("t.csv -t price --set data.encoding=utf-16", ("t.csv", "utf-16", "data.encoding"),
                          _table(lambda t: t)),
    "no such encoding": Bad("t.csv -t price --set data.encoding=utf8x", ("utf8x", "did you mean"), _table(lambda t: t)),
    "cut off": Bad("t.csv.gz -t price", ("t.csv.gz", "damaged or cut off"), lambda folder: (
        folder / "t.csv.gz").write_bytes(gzip.compress(b"a,price\n1,2\n" * 99)[:-20])),
    "zip bomb": Bad("t.csv.gz -t b", ("t.csv.gz", "unpack to more than"), lambda folder: (
        folder / "t.csv.gz").write_bytes(gzip.compress(b"a,b\n" + bytes(3 << 27)))),
    "failing query": Bad("sqlite:///d.db -t b --set 'data.query=SELECT * FROM gone'", ("d.db", "no such table: gone"),
                         lambda folder: sqlite3.connect(folder / "d.db").execute("CREATE TABLE t (b)").connection.close()),  # noqa: E501
    "no query": Bad("sqlite:///d.db -t b", ("d.db", "data.query")),
    "variable not set": Bad("postgresql://me:${NOT_SET}@h/d -t b --set data.query=x", ("NOT_SET", "export")),
    "no driver": Bad("s3://b/t.csv -t b", ("s3://", "pip install s3fs")),
    "unknown suffix": Bad("t.xlsx -t price", ("t.xlsx",), _text("t.xlsx", "no table")),
}  # fmt: skip


MANY = """
import contextlib, io, json, os, sys
from descent.flows.cli.app import app

for folder, words in json.load(sys.stdin):
    os.chdir(folder)
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            app(["run", *words])
        except SystemExit as end:
            code = end.code
    print(json.dumps([code, out.getvalue(), err.getvalue()]))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {name: tmp_path_factory.mktemp("bad") for name in CASES}
    for name, folder in made.items():
        CASES[name].make(folder)
    return made


@pytest.fixture(scope="module")
def refused(home: Embedded, folders: dict[str, Path]) -> dict[str, Answer]:
    """What ``descent run`` says in every case, one after another in one process: the imports take longest."""
    asked = [[str(folders[name]), shlex.split(CASES[name].words)] for name in CASES]
    answer = home.python("-c", MANY, stdin=json.dumps(asked))
    assert (answer.code, answer.stderr) == (0, "")
    return {name: Answer(*json.loads(line)) for name, line in zip(CASES, answer.stdout.splitlines(), strict=True)}


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


@pytest.mark.parametrize("name", ["missing table", "wrong target", "negative λ"])
def test_the_whole_process_ends_with_the_same_message(
    name: str, refused: dict[str, Answer], folders: dict[str, Path], home: Embedded
) -> None:
    assert home.descent("run", *shlex.split(CASES[name].words), cwd=folders[name]) == refused[name]


def test_bad_input_leaves_no_run_behind(refused: dict[str, Answer], home: Embedded) -> None:
    assert len(refused) == len(CASES)
    for title in ("t", "x", "nothing", "gone"):
        assert home.runs(title) == {}
        assert home.flow_runs(title) == []
        assert home.folders(title) == []


def test_an_unknown_option_is_bad_input(home: Embedded) -> None:
    answer = home.descent("run", "t.csv", "--tagret", "y")
    assert answer.code == 2
    assert "--target" in answer.stderr
