"""The main job, end to end, as a user runs it: real processes, a real Prefect server, a real MLflow store.

The example of the README runs in a Python that has imported nothing.
"""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from descent.schemas import ExperimentResult, load_config

from .embedded import ROOT, Answer, Embedded
from .tables import churn, prices, write
from .waiting import eventually

pytestmark = pytest.mark.integration

EXAMPLE = "experiments/penguins.yaml"
KEYS = {
    "": "experiment task data variants selected diagnosis test seconds mlflow model",
    "data": "rows digest splits",
    "selected": "name params cv",
    "diagnosis": "verdict evidence advice",
    "test": "metrics baseline linear intervals confidence opening",
    "seconds": "total load features train crossvalidate track",
    "mlflow": "tracking_uri experiment_id run_id",
}
METRICS = {
    "regression": {"rmse", "mae", "r2"},
    "binary": {"accuracy", "log_loss", "f1_macro", "roc_auc", "average_precision"},
    "multiclass": {"accuracy", "log_loss", "f1_macro", "roc_auc"},
}


def refuse_noise(text: str) -> None:
    """Neither a traceback nor a line of a library's log."""
    for noise in ("Traceback", "Warning", "prefect", "mlflow.", "INFO", "WARN", "ERROR", "loky", "leaked"):
        assert noise not in text, text


# ---- the example of the README, told as JSON ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def example(home: Embedded) -> Answer:
    answer = home.cold("run", EXAMPLE, "--set", "search.epochs=5", "--json")
    assert answer.code == 0, answer.stderr
    return answer


def test_json_is_one_object_with_the_keys_that_were_promised(example: Answer) -> None:
    result = example.json
    for part, keys in KEYS.items():
        assert set(keys.split()) <= set(result[part] if part else result)
    assert set(result["data"]["splits"]) == {"train", "cv", "test"}
    assert set(result["selected"]["cv"]) == {"mean", "se", "folds"}
    for variant in result["variants"]:
        assert {"name", "params", "cost", "metrics", "epochs", "status"} <= set(variant)
        assert set(variant["cost"]) == {"train", "cv"}
        assert set(variant["metrics"]["cv"]) == METRICS["multiclass"]
    for part in ("metrics", "baseline", "linear", "intervals"):
        assert set(result["test"][part]) == METRICS["multiclass"]
    assert ExperimentResult.model_validate(result).model_dump(mode="json") == result


def test_the_result_is_about_this_table(example: Answer) -> None:
    result = example.json
    assert (result["experiment"], result["task"]) == ("penguins", "multiclass")
    assert result["data"]["rows"] == sum(result["data"]["splits"].values()) == 344
    networks = [row for row in result["variants"] if row["params"]["kind"] == "network"]
    assert len(networks) == 12
    assert all(row["epochs"] <= 5 for row in networks)
    assert result["selected"]["name"] in [row["name"] for row in result["variants"]]
    assert result["test"]["metrics"]["log_loss"] < result["test"]["baseline"]["log_loss"]
    cv = [row["metrics"]["cv"]["log_loss"] for row in result["variants"]]
    assert cv == sorted(cv)


def test_progress_goes_to_stderr_and_nothing_else_does(example: Answer) -> None:
    assert "206 train, 69 cv, 69 test" in example.stderr
    assert "17 variants in 3 fleets" in example.stderr
    assert "cross-validating 4 finalists on 5 folds" in example.stderr
    refuse_noise(example.stderr)


def test_the_folder_of_the_run_holds_what_it_leaves_and_no_scratch(example: Answer) -> None:
    result = example.json
    model = Path(result["model"])
    assert sorted(path.name for path in model.parent.iterdir()) == [
        "experiment.yaml",
        "model",
        "report.html",
        "result.json",
    ]
    kept = json.loads((model.parent / "result.json").read_text(encoding="utf-8"))
    assert {**kept, "seconds": None} == {**result, "seconds": None}
    kept_config = load_config(model.parent / "experiment.yaml")
    assert kept_config.data.source == load_config(ROOT / EXAMPLE).data.source
    assert kept_config.select.metric == "log_loss"


def test_the_seconds_of_the_stages_fit_into_the_total(example: Answer) -> None:
    seconds = dict(example.json["seconds"])
    total, other, beside = seconds.pop("total"), seconds.pop("other"), seconds.pop("beside")
    assert all(value >= 0 for value in (*seconds.values(), *other.values()))
    assert set(beside) == {"tracking"}
    assert sum(seconds.values()) + sum(other.values()) <= total + 0.01


def test_prefect_has_one_completed_run_with_a_task_per_step_chunk_and_fold(example: Answer, home: Embedded) -> None:
    once = {"split rows", "plan", "leaderboard", "select", "diagnose", "refit", "final test", "record"}

    def completed() -> list[str]:
        found = home.prefect(
            "select task_run.name, task_run.state_name from task_run join flow_run on flow_run.id = flow_run_id "
            "where flow_run.name = 'penguins'"
        )
        steps = [re.sub(r"-\w{3}$", "", name) for name, _ in found]
        return steps if {state for _, state in found} == {"Completed"} and once <= {*steps} else []

    assert home.flow_runs("penguins") == ["Completed"]
    steps = eventually(completed)  # the server writes down tasks and their states a little later
    assert {name for name in steps if steps.count(name) == 1} >= once
    assert sum(name.startswith("score fold") for name in steps) == 5
    assert sum(name.startswith("train ") for name in steps) >= 3


def test_prefect_shows_leaderboard_and_diagnosis_and_links_the_rest(example: Answer, home: Embedded) -> None:
    shown = {
        key: (kind, json.loads(data))
        for key, kind, data in home.prefect(
            "select key, type, artifact.data from artifact join flow_run on flow_run.id = artifact.flow_run_id "
            "where flow_run.name = 'penguins'"
        )
    }
    assert {key: kind for key, (kind, _) in shown.items()} == {
        "leaderboard": "table",
        "diagnosis": "markdown",
        "mlflow-run": "markdown",
        "report": "markdown",
    }
    result = example.json
    board = json.loads(shown["leaderboard"][1])
    assert [row["variant"] for row in board] == [row["name"] for row in result["variants"]]
    assert board[0]["cv/log_loss"] == pytest.approx(result["variants"][0]["metrics"]["cv"]["log_loss"], rel=1e-5)
    assert result["diagnosis"]["verdict"] in shown["diagnosis"][1]
    for key in ("mlflow-run", "report"):
        assert f"/runs/{result['mlflow']['run_id']}" in shown[key][1]
    assert "report.html" in shown["report"][1]


def test_mlflow_has_one_finished_parent_with_a_nested_run_per_variant(example: Answer, home: Embedded) -> None:
    result = example.json
    parent = result["mlflow"]["run_id"]
    assert set(home.runs("penguins").values()) == {"FINISHED"}
    nested = home.mlflow(
        "select run_uuid, name from runs join tags using (run_uuid) where key = 'mlflow.parentRunId' and value = ?",
        parent,
    )
    assert len(home.runs("penguins")) == 1 + len(nested)
    assert {name for _, name in nested} == {row["name"] for row in result["variants"]}
    epochs = {row["name"]: row["epochs"] for row in result["variants"] if row["params"]["kind"] == "network"}
    for run, name in nested:
        curves = dict(home.mlflow("select key, count(*) from metrics where run_uuid = ? group by key", run))
        assert {"train/cost", "cv/cost", "cv/log_loss"} <= set(curves)
        if name in epochs:
            assert (curves["train/cost"], curves["cv/cost"]) == (epochs[name], epochs[name])


def test_the_parent_run_says_verdict_and_data_and_keeps_figures_and_leaderboard(
    example: Answer, home: Embedded
) -> None:
    result = example.json
    parent = result["mlflow"]["run_id"]
    tags = dict(home.mlflow("select key, value from tags where run_uuid = ?", parent))
    assert tags["verdict"] == result["diagnosis"]["verdict"]
    assert tags["dataset.sha256"] == result["data"]["digest"]
    assert result["diagnosis"]["verdict"] in tags["mlflow.note.content"]
    contexts = home.mlflow(
        "select input_tags.value, dataset_profile from inputs join datasets on source_id = dataset_uuid "
        "join input_tags using (input_uuid) where destination_id = ?",
        parent,
    )
    assert {context: json.loads(profile)["num_rows"] for context, profile in contexts} == result["data"]["splits"]
    metrics = dict(home.mlflow("select key, value from metrics where run_uuid = ?", parent))
    assert metrics["test/log_loss"] == pytest.approx(result["test"]["metrics"]["log_loss"])
    ((place,),) = home.mlflow("select artifact_uri from runs where run_uuid = ?", parent)
    artifacts = Path(place.removeprefix("file://"))
    drawn = {path.name for path in (artifacts / "figures").iterdir()}
    assert {"epoch_curves.svg", "lambda_curve.svg", "bias_variance_map.svg", "roc.svg"} <= drawn
    table = json.loads((artifacts / "leaderboard.json").read_text(encoding="utf-8"))
    assert [row[0] for row in table["data"]] == [row["name"] for row in result["variants"]]
    assert load_config(artifacts / "config.yaml").search.epochs == 5


@pytest.mark.filterwarnings("ignore")  # MLflow's and of what it imports are not the question
def test_the_model_in_mlflow_predicts_the_raw_table_without_pickle(
    example: Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    import mlflow.pyfunc

    place = example.json["mlflow"]
    mlflow.set_tracking_uri(None)  # type: ignore[arg-type]  # another test may have set one
    monkeypatch.setenv("MLFLOW_TRACKING_URI", place["tracking_uri"])
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    table = pd.read_csv(ROOT / "data/samples/penguins.csv")
    predicted = mlflow.pyfunc.load_model(f"runs:/{place['run_id']}/model").predict(table)
    assert (predicted["prediction"] == table["species"]).mean() > 0.9
    chances = predicted[[f"probability_{name}" for name in sorted(table["species"].unique())]]
    assert chances.sum(axis=1).to_numpy() == pytest.approx(1.0)


# ---- a table and the name of a column, no YAML --------------------------------------------------------------------


def test_a_csv_and_a_target_are_enough(home: Embedded, tmp_path: Path) -> None:
    answer = home.descent("run", write(prices(), tmp_path / "rents.csv"), "--target", "price", "--effort", "quick")
    assert answer.code == 0, answer.stderr
    assert answer.stderr == ""
    refuse_noise(answer.stdout)
    for part in (
        "regression of 'price'",
        "task: regression",
        "kind: linear",
        "Leaderboard",
        "Selected",
        "Diagnosis",
        "Test set: 40 rows, opened",
        "always the mean",
        "plain linear",
        "descent ui",
    ):
        assert part in answer.stdout
    (folder,) = home.folders("rents")
    result = ExperimentResult.model_validate_json((folder / "result.json").read_text(encoding="utf-8"))
    assert set(result.test.metrics) == METRICS["regression"]
    assert result.test.metrics["rmse"] < 40_000  # the noise is 20,000; missing areas cost the rest
    assert result.test.metrics["rmse"] < result.test.baseline["rmse"] / 2
    kept = load_config(folder / "experiment.yaml")
    assert kept.search.models  # the search that was inferred is written down
    assert home.flow_runs("rents") == ["Completed"]


def test_a_parquet_file_of_two_classes(home: Embedded, tmp_path: Path) -> None:
    path = write(churn(), tmp_path / "churn.parquet")
    answer = home.descent("run", path, "-t", "churn", "--effort", "quick", "--set", "search.epochs=20", "--json")
    assert answer.code == 0, answer.stderr
    result = answer.json
    assert result["task"] == "binary"
    assert set(result["test"]["metrics"]) == METRICS["binary"]
    assert result["test"]["metrics"]["roc_auc"] > 0.9
    assert result["test"]["baseline"]["roc_auc"] == 0.5


# ---- following the best advice ------------------------------------------------------------------------------------


def test_the_best_advice_is_followed_before_the_test_and_wins_by_the_rule(home: Embedded, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"]).assign(y=x[:, 0] ** 2 + x[:, 1] + 0.3 * rng.normal(size=400))
    frame.to_csv(tmp_path / "bent.csv", index=False)
    (tmp_path / "bent.yaml").write_text(
        "data: {source: bent.csv, target: y}\nfeatures: {degree: 1}\n"
        "search: {epochs: 40, models: [{kind: linear, lambda: [0, 1]}]}\ndiagnose: {follow: true}\n",
        encoding="utf-8",
    )
    answer = home.descent("run", "bent.yaml", "--json", cwd=tmp_path)
    assert answer.code == 0, answer.stderr
    result = ExperimentResult.model_validate(answer.json)
    followed = result.diagnosis.followed
    assert followed is not None
    assert followed.selected
    assert followed.realised is not None and followed.se is not None and followed.predicted.low is not None
    assert followed.realised > followed.se
    assert result.selected.name in followed.variants
    assert len(result.selected.cv.folds) == 5
    assert {row.name for row in result.variants} > set(followed.variants)
    assert (result.test.metrics["r2"] or 0.0) > 0.8  # a straight line explains a third
