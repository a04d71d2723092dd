"""From YAML or a mapping to a configuration."""

import pickle
from pathlib import Path

import pytest
from pydantic import ValidationError

from descent.schemas import (
    METRICS,
    ConfigError,
    EarlyStopping,
    LogRange,
    check_task,
    config_from,
    load_config,
    resolved,
)
from descent.schemas.config.optimizers import Adam, Momentum, Newton

SKETCH = """\
name: housing
data:     {source: data/samples/diabetes.csv, target: progression, task: regression, exclude: [id]}
split:    {train: 0.6, cv: 0.2, test: 0.2, by: random, seed: 0}       # stratified for classes
features: {scale: standard, impute: median, degree: [1, 2]}           # lists are swept, here and below
search:
  epochs: 200
  early_stopping: {patience: 20}
  models:
    - {kind: linear, lambda: [0, 0.1, 1, 10, 100]}                    # logistic or softmax when the task asks for it
    - {kind: network, layers: [[16], [64, 32]], activation: relu, lambda: {log: [1.0e-3, 10], count: 5},
       optimizer: [{kind: adam, learning_rate: [1.0e-3, 1.0e-2]}, {kind: momentum, learning_rate: 0.05}], batch: 128}
validate: {folds: 5, finalists: 3}
select:   {metric: rmse, rule: one-standard-error}
diagnose: {baseline: null}                                            # human or competing performance, when known
compute:  {workers: auto}
"""
LEAST = {"data": {"source": "folder/prices.csv.gz", "target": "y"}}


@pytest.fixture
def sketch(tmp_path: Path) -> Path:
    path = tmp_path / "x.yaml"
    path.write_text(SKETCH, encoding="utf-8")
    return path


def test_the_flow_style_that_users_write_loads(sketch: Path) -> None:
    config = load_config(sketch)
    assert config.name == config.title == "housing"
    assert config.data.exclude == ("id",)
    assert config.features.degree == (1, 2)
    assert config.search.models is not None
    linear, network = config.search.models
    assert linear.kind == "linear"
    assert linear.lambda_ == (0, 0.1, 1, 10, 100)
    assert network.kind == "network"
    assert network.layers == ((16,), (64, 32))
    assert network.lambda_ == LogRange(log=(0.001, 10), count=5)
    assert network.optimizer == (Adam(learning_rate=(0.001, 0.01)), Momentum(learning_rate=0.05))
    assert config.diagnose.baseline is None


def test_only_source_and_target_must_be_given() -> None:
    config = config_from(LEAST)
    assert config.title == "prices"
    assert (config.split.train, config.split.cv, config.split.test, config.split.by) == (0.6, 0.2, 0.2, None)
    assert (config.search.epochs, config.search.early_stopping) == (200, EarlyStopping(patience=20))
    assert config.search.models is None
    assert (config.validation.folds, config.validation.finalists) == (5, 3)
    assert (config.select.metric, config.select.rule) == (None, "one-standard-error")
    assert (config.compute.workers, config.compute.dtype) == ("auto", "float32")


@pytest.mark.parametrize(
    ("source", "title"),
    [("a.csv", "a"), ("x/my table.CSV.gz", "my table"), ("a.b.parquet", "a.b"), ("noending", "noending")],
)
def test_the_title_is_the_name_of_the_table(source: str, title: str) -> None:
    assert config_from({"data": {"source": source, "target": "y"}}).title == title


def test_linear_models_default_to_newton_and_networks_to_adam() -> None:
    models = [{"kind": "linear"}, {"kind": "network", "layers": [4]}]
    config = config_from(LEAST | {"search": {"models": models}})
    assert config.search.models is not None
    assert [model.optimizer for model in config.search.models] == [Newton(), Adam()]


def test_whole_numbers_serve_as_numbers() -> None:
    config = config_from(LEAST | {"diagnose": {"baseline": 3}})
    assert config.diagnose.baseline == 3.0
    assert type(config.diagnose.baseline) is float


def test_a_configuration_is_a_frozen_hashable_value(sketch: Path) -> None:
    config = load_config(sketch)
    assert hash(config) == hash(load_config(sketch))
    with pytest.raises(ValidationError):
        config.name = "other"  # type: ignore[misc]


def test_where_it_was_written_is_no_part_of_its_value(sketch: Path, tmp_path: Path) -> None:
    other = tmp_path / "y.yaml"
    other.write_text("# moved down\n\n" + SKETCH, encoding="utf-8")
    assert load_config(sketch) == load_config(other)
    assert pickle.loads(pickle.dumps(load_config(sketch))) == load_config(sketch)


def test_json_of_a_configuration_is_a_configuration(sketch: Path) -> None:
    config = load_config(sketch)
    assert type(config).model_validate_json(config.model_dump_json()) == config
    assert config_from(config.model_dump(mode="json")) == config


def test_inferred_values_can_be_written_in(sketch: Path) -> None:
    config = config_from(LEAST | {"search": {"models": [{"kind": "linear"}]}})
    written = resolved(config, name="n", task="binary", split_by="group", group="g", metric="roc_auc")
    assert (written.name, written.data.task, written.data.group) == ("n", "binary", "g")
    assert (written.split.by, written.select.metric) == ("group", "roc_auc")
    assert config.data.task is None
    assert resolved(written) == written
    assert written.search == config.search


def test_what_is_written_in_must_be_allowed_and_fit_the_task() -> None:
    config = config_from(LEAST)
    with pytest.raises(ConfigError, match=r"^data\.task: classes is not allowed\. Allowed: regression, binary, multi"):
        resolved(config, task="classes")
    with pytest.raises(ConfigError, match=r"^select\.metric: rmse does not fit a binary task\. Allowed: log_loss, acc"):
        resolved(config, task="binary", metric="rmse")


def test_a_metric_or_kind_that_does_not_fit_the_given_task_is_an_error_of_its_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(
        "data: {source: a.csv, target: y, task: multiclass}\n"
        "search:\n  models:\n    - kind: linear\n    - lambda: 1\n      kind: logistic\n"
        "select:\n  metric: average_precision\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(caught.value).splitlines() == [
        f"{path}:6: search.models[1].kind: logistic does not fit a multiclass task. Allowed: linear, softmax, network",
        f"{path}:8: select.metric: average_precision does not fit a multiclass task. "
        "Allowed: log_loss, accuracy, f1_macro, roc_auc",
    ]


def test_the_task_that_was_inferred_is_checked_with_the_same_lines(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("data: {source: a.csv, target: y, positive: a}\nselect: {metric: accuracy}\n", encoding="utf-8")
    config = load_config(path, ["search.models=[{kind: softmax}]"])
    check_task(config, "multiclass") if config.data.positive is None else None
    with pytest.raises(ConfigError) as caught:
        check_task(config, "regression")
    allowed = ", ".join(METRICS["regression"])
    assert str(caught.value).splitlines() == [
        f"{path}:1: data.positive: names a label of a binary task, but the task is regression: leave it out",
        f"{path}:2: select.metric: accuracy does not fit a regression task. Allowed: {allowed}",
        "--set search.models=[{kind: softmax}]: search.models[0].kind: softmax does not fit a regression task. "
        "Allowed: linear, network",
    ]


def test_an_unknown_task_is_an_error() -> None:
    with pytest.raises(ConfigError, match="ranking is not a task: one of regression, binary, multiclass"):
        check_task(config_from(LEAST), "ranking")


@pytest.mark.parametrize(
    ("task", "metric", "given"),
    [
        ("regression", "mae", "rmse or r2"),
        *(("binary", name, "log_loss") for name in ("accuracy", "f1_macro", "roc_auc", "average_precision")),
        *(("multiclass", name, "log_loss") for name in ("accuracy", "f1_macro", "roc_auc")),
    ],
)
def test_a_baseline_must_be_a_level_that_determines_a_cost(task: str, metric: str, given: str) -> None:
    config = config_from(LEAST | {"select": {"metric": metric}, "diagnose": {"baseline": 0.95}})
    with pytest.raises(ConfigError) as caught:
        check_task(config, task)
    assert str(caught.value) == (
        f"diagnose.baseline: 0.95 is a level of select.metric, and no cost J follows from {metric} to compare with: "
        f"give the level as {given} and set select.metric to that, or leave baseline out"
    )
    check_task(config_from(LEAST | {"select": {"metric": metric}}), task)


@pytest.mark.parametrize(
    ("task", "metric"),
    [("regression", None), ("regression", "rmse"), ("regression", "r2"), ("binary", "log_loss"), ("multiclass", None)],
)
def test_a_baseline_of_the_other_metrics_is_fine(task: str, metric: str | None) -> None:
    config = config_from(LEAST | {"select": {"metric": metric}, "diagnose": {"baseline": 0.3}})
    check_task(config, task)
    assert resolved(config, task=task, metric=metric).diagnose.baseline == 0.3
