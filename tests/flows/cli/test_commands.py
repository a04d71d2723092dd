"""The commands around ``run``: check, init, schema, status, and what promote says to a name that is not there."""

import json
from pathlib import Path

import pytest

from descent.schemas import json_schema, load_config

from ..embedded import ROOT, Embedded

pytestmark = pytest.mark.integration


def test_check_shows_roles_and_plan_and_writes_nothing(folder: Path, nowhere: Embedded) -> None:
    answer = nowhere.descent("check", "flats.csv", "--target", "price", cwd=folder)
    assert (answer.code, answer.stderr) == (0, "")
    for part in (
        "120 rows; regression of 'price'",
        "72 train, 24 cv, 24 test",
        "categorical",
        "numeric",
        "Plan: ",
        "one selected by rmse (one-standard-error)",
        "Nothing was trained",
    ):
        assert part in answer.stdout
    finalists = (
        "Then: the best 3 (always including the best linear one and the plain one (λ = 1)) on 5 folds (drawn 2 times), "
    )
    assert finalists in " ".join(answer.stdout.split())
    assert [path.name for path in folder.iterdir()] == ["flats.csv"]


def test_check_as_json_is_one_object_that_names_every_variant(folder: Path, nowhere: Embedded) -> None:
    answer = nowhere.descent("check", "flats.csv", "-t", "price", "--json", cwd=folder)
    plan = answer.json
    assert plan["task"] == "regression"
    assert {column["name"]: column["role"] for column in plan["columns"]} == {
        "area": "numeric",
        "city": "categorical",
        "noise": "numeric",
    }
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
