"""A plain script that imports ``run_experiment``: the same numbers every time, and test rows that stay sealed.

One process runs all the experiments of this file, one after another. It has imported MLflow and Prefect before, as
notebooks have.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from descent.data import infer, read_table, split_rows
from descent.flows.table import ledger
from descent.schemas import ExperimentResult

from .embedded import Answer, Embedded
from .tables import prices, write

pytestmark = pytest.mark.integration

# No `if __name__ == "__main__"`, as people write scripts: no worker may run it again.
SCRIPT = """
import gc, json, sys
import mlflow, prefect
import pandas as pd
from descent import run_experiment
from descent.flows import tasks
from descent.schemas import config_from

release = tasks.release

def release_and_look():
    release()
    frames = [one for one in gc.get_objects() if type(one) is pd.DataFrame and "price" in one]
    if table is None and any(len(one) == 200 for one in frames):
        raise SystemExit("after the split, a frame of all rows is in memory")

tasks.release = release_and_look
with open(sys.argv[1], encoding="utf-8") as file:
    configurations = json.load(file)
for name, configuration in configurations.items():
    path = configuration.pop("table", None)
    table = None if path is None else pd.read_parquet(path)
    result = run_experiment(config_from(configuration), table=table, fresh=True)
    print(json.dumps({name: json.loads(result.model_dump_json())}), flush=True)
"""

SECRET = "s3cr3t-of-the-database"
FRAME = {"source": f"postgresql://me:{SECRET}@host/flats", "target": "price"}
GOOD = {
    "kind": "network",
    "layers": [8],
    "lambda": [0.1, 1],
    "batch": 32,
    "optimizer": {"kind": "momentum", "learning_rate": 0.01},
}
HOPELESS = GOOD | {"optimizer": {"kind": "momentum", "learning_rate": [0.01, 1e6]}}
LINES = {"kind": "linear", "lambda": [0, 1, 10]}


def experiment(path: Path, *models: dict[str, Any], **sections: dict[str, Any]) -> dict[str, Any]:
    return {
        "data": {"source": str(path), "target": "price"},
        "search": {"epochs": 8, "models": models},
        "validate": {"folds": 3, "finalists": 2},
        **sections,
    }


def with_other_test_rows(table: pd.DataFrame, path: Path) -> pd.DataFrame:
    """The table with prices, areas and cities of its test rows changed, and nothing else."""
    frame, inference = infer(read_table(path), "price")
    rows = frame.index[split_rows(frame, inference).test]
    other = table.copy()
    other.loc[rows, "price"] = table.loc[rows, "price"].to_numpy()[::-1] + 1234.5
    other.loc[rows, "area"] = table.loc[rows, "area"].to_numpy()[::-1] * 1.5
    other.loc[rows, "city"] = table.loc[rows, "city"].to_numpy()[::-1]
    return other


@pytest.fixture(scope="module")
def answer(home: Embedded, tmp_path_factory: pytest.TempPathFactory) -> Answer:
    folder = tmp_path_factory.mktemp("scripts")
    table = prices()
    table["price"] += 1  # rows of their own: the ledger of this home counts who else has looked at the same
    path = write(table, folder / "plain" / "flats.csv")
    other = write(with_other_test_rows(table, path), folder / "other" / "flats.csv")
    parquet = write(table, folder / "parquet" / "flats.parquet")
    experiments = {
        "first": experiment(path, LINES, GOOD, compute={"workers": 2}),
        "other test rows": experiment(other, LINES, GOOD),
        "beside the diverging": experiment(path, LINES, HOPELESS, validate={"folds": 0}, diagnose={"curves": False}),
        "a frame": experiment(path, LINES, GOOD, compute={"workers": 1}) | {"data": FRAME, "table": str(parquet)},
    }
    (folder / "experiments.json").write_text(json.dumps(experiments), encoding="utf-8")
    (folder / "script.py").write_text(SCRIPT, encoding="utf-8")
    return home.python(folder / "script.py", folder / "experiments.json", cwd=folder)


@pytest.fixture(scope="module")
def results(answer: Answer) -> dict[str, dict[str, Any]]:
    assert answer.code == 0, answer.stderr
    found: dict[str, dict[str, Any]] = {}
    for line in answer.stdout.splitlines():
        found |= json.loads(line)
    return found


def numbers(result: dict[str, Any], *parts: str) -> str:
    """What an experiment found, to the last digit; the chunks' numbering is not a finding."""
    return json.dumps({part: result[part] for part in parts})


def test_a_script_without_a_main_guard_runs_once_and_says_nothing_of_its_own(answer: Answer) -> None:
    assert answer.code == 0, answer.stderr
    assert len(answer.stdout.splitlines()) == 4
    assert answer.stderr == ""


def test_after_the_split_no_frame_of_all_rows_is_in_memory(answer: Answer) -> None:
    assert "a frame of all rows is in memory" not in answer.stderr
    assert answer.code == 0, answer.stderr


def test_results_are_the_values_that_the_command_prints(results: dict[str, dict[str, Any]]) -> None:
    for result in results.values():
        assert ExperimentResult.model_validate(result).experiment == "flats"


def test_a_dataframe_of_a_parquet_file_and_one_worker_give_the_same(results: dict[str, dict[str, Any]]) -> None:
    frame, first, tested = results["a frame"], results["first"], ("metrics", "baseline", "linear")
    assert numbers(frame, "variants", "selected", "diagnosis") == numbers(first, "variants", "selected", "diagnosis")
    assert numbers(frame["test"], *tested) == numbers(first["test"], *tested)


def test_a_password_in_the_source_of_a_dataframe_is_kept_nowhere(
    results: dict[str, dict[str, Any]], home: Embedded
) -> None:
    frame = results["a frame"]
    assert frame["data"]["source"] == "postgresql://me:***@host/flats"
    holding = [path for path in home.home.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert holding == []


def test_every_opening_of_test_rows_is_in_the_ledger_and_counted(
    results: dict[str, dict[str, Any]], home: Embedded
) -> None:
    openings = {name: result["test"]["opening"] for name, result in results.items()}
    assert {name: opening["number"] for name, opening in openings.items()} == {
        "first": 1,
        "other test rows": 1,
        "beside the diverging": 2,
        "a frame": 3,
    }
    assert results["a frame"]["test"]["confidence"] == pytest.approx(1 - 0.05 / 3)
    entered, unreadable = ledger.read(home.home / ledger.NAME)
    assert unreadable == 0
    flats = [(opening.run, opening.sealed, opening.config) for opening in entered if opening.experiment == "flats"]
    assert flats == [(one["run"], one["sealed_digest"], one["config_digest"]) for one in openings.values()]
    for result in results.values():
        run, opening = result["mlflow"]["run_id"], result["test"]["opening"]
        tags = dict(home.mlflow("select key, value from tags where run_uuid = ?", run))
        assert tags["test.sealed.sha256"] == opening["sealed_digest"]
        assert tags["test.opening"] == str(opening["number"])
        logged = dict(home.mlflow("select key, value from metrics where run_uuid = ?", run))
        assert [logged["test/rmse_low"], logged["test/rmse_high"]] == result["test"]["intervals"]["rmse"]
        assert logged["linear/rmse"] == result["test"]["linear"]["rmse"]


def test_the_test_rows_decide_nothing_but_the_test(results: dict[str, dict[str, Any]]) -> None:
    first, other = results["first"], results["other test rows"]
    assert first["data"]["digest"] != other["data"]["digest"]
    assert first["data"]["splits"] == other["data"]["splits"]
    parts = ("variants", "selected", "diagnosis")
    assert numbers(other, *parts) == numbers(first, *parts)
    assert first["test"]["metrics"]["rmse"] < other["test"]["metrics"]["rmse"] / 2  # labels that fit no feature
    assert first["test"]["baseline"]["rmse"] == pytest.approx(other["test"]["baseline"]["rmse"], rel=0.1)


def test_variants_that_diverge_are_named_and_disturb_no_other(results: dict[str, dict[str, Any]]) -> None:
    alone, beside = results["first"]["variants"], results["beside the diverging"]["variants"]
    diverged = [row for row in beside if row["status"] == "diverged"]
    assert [row["params"]["learning_rate"] for row in diverged] == [1e6, 1e6]
    assert beside[-2:] == diverged
    assert all("epoch" in row["message"] for row in diverged)
    good = [(row["cost"], row["metrics"], row["params"]) for row in beside[:-2]]
    assert good == [(row["cost"], row["metrics"], row["params"]) for row in alone]


def test_without_folds_there_is_no_standard_error(results: dict[str, dict[str, Any]]) -> None:
    cv = results["beside the diverging"]["selected"]["cv"]
    assert (cv["se"], cv["folds"]) == (None, [])
    assert cv["mean"] == results["beside the diverging"]["variants"][0]["metrics"]["cv"]["rmse"]


def test_all_runs_ended(results: dict[str, dict[str, Any]], home: Embedded) -> None:
    for result in results.values():
        place = result["mlflow"]
        assert home.mlflow("select status from runs where run_uuid = ?", place["run_id"]) == [("FINISHED",)]
    assert home.prefect("select count(*) from flow_run where name = 'flats' and state_name <> 'Completed'") == [(0,)]


def test_the_served_model_makes_the_tested_error(results: dict[str, dict[str, Any]], tmp_path: Path) -> None:
    """rmse in the target's unit: once more, from the raw rows, by the model's own folder and scikit-learn."""
    from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

    from descent.flows.serving.predictor import Predictor

    table = prices().assign(price=lambda made: made["price"] + 1)
    frame, inference = infer(read_table(write(table, tmp_path / "flats.csv")), "price")
    split = split_rows(frame, inference)
    held, learned = frame.iloc[split.test], frame.drop(frame.index[split.test])
    predicted = Predictor(Path(results["first"]["model"])).predict(held)["prediction"]
    tested = results["first"]["test"]["metrics"]
    assert tested["rmse"] == pytest.approx(root_mean_squared_error(held["price"], predicted), rel=1e-5)
    assert tested["mae"] == pytest.approx(mean_absolute_error(held["price"], predicted), rel=1e-5)
    assert tested["r2"] == pytest.approx(r2_score(held["price"], predicted), rel=1e-5)
    dummy = [learned["price"].mean()] * len(held)
    assert results["first"]["test"]["baseline"]["rmse"] == pytest.approx(
        root_mean_squared_error(held["price"], dummy), rel=1e-5
    )
