"""``--set key=value``."""

from pathlib import Path

import pytest

from descent.schemas import ConfigError, LinearRange, config_from, load_config

from ..complaints import SEARCH_KEYS, TOP_KEYS

DOCUMENT = {
    "data": {"source": "a.csv", "target": "y"},
    "search": {
        "early_stopping": None,
        "models": [
            {"kind": "linear", "lambda": [0, 1]},
            {"kind": "network", "layers": [8], "optimizer": [{"kind": "sgd"}]},
        ],
    },
}


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("search.epochs=50", "search.epochs", 50),
        (" search.epochs = 50", "search.epochs", 50),
        ("name=a=b", "name", "a=b"),
        ("name='50'", "name", "50"),
        ("data.exclude=[casual, 'a b', \"c,d\"]", "data.exclude", ("casual", "a b", "c,d")),
        ("search.models[0].lambda=[0.5,1e-3]", "search.models.0.lambda_", (0.5, 0.001)),
        ("search.models[1].optimizer[0].learning_rate=0.5", "search.models.1.optimizer.0.learning_rate", 0.5),
        ("search.early_stopping.patience=3", "search.early_stopping.patience", 3),
        ("select.metric=rmse", "select.metric", "rmse"),
        ("features.degree={linear: [1, 3], count: 3}", "features.degree", LinearRange(linear=(1, 3), count=3)),
        ("validate.folds=0", "validation.folds", 0),
        ("data.group=", "data.group", None),
    ],
)
def test_an_override_writes_one_value(override: str, path: str, value: object) -> None:
    found: object = config_from(DOCUMENT, [override])
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, tuple) else getattr(found, part)
    assert found == value


def test_later_overrides_win_and_the_mapping_is_left_alone() -> None:
    config = config_from(DOCUMENT, ["search.epochs=1", "search={epochs: 2}", "search.epochs=3"])
    assert (config.search.epochs, config.search.models) == (3, None)
    assert "epochs" not in DOCUMENT["search"]


MODELS = "kind, lambda, degree, optimizer, batch, seed"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("search.epoch=3", f"there is no key `epoch` in search: did you mean `epochs`? Keys there: {SEARCH_KEYS}"),
        (
            "serch.epochs=3",
            f"there is no key `serch` in the configuration: did you mean `search`? Keys there: {TOP_KEYS}",
        ),
        ("search.models[0].layers=3", f"there is no key `layers` in search.models[0]. Keys there: {MODELS}"),
        (
            "search.models[1].optimizer[0].rate=3",
            "there is no key `rate` in search.models[1].optimizer[0]. "
            "Keys there: kind, learning_rate, schedule, clip_norm",
        ),
        ("search.models[2].lambda=1", "search.models has 2 entries, counted from [0]: [2] does not exist"),
        ("search.models.lambda=1", "search.models is a list of 2: say which, such as search.models[0].lambda"),
        ("search[0]=1", "search is not a list: [0] does not exist"),
        ("features[0]=1", "features is not given, so there is no [0] to change: write the whole list"),
        ("data.target.x=2", "data.target is a plain value: there is no `x` in it"),
        ("data.source[0]=2", "data.source is not a list: [0] does not exist"),
        ("search", "write key=value, such as search.epochs=50 or search.models[0].lambda=[0,1]"),
        ("=3", "write key=value, such as search.epochs=50 or search.models[0].lambda=[0,1]"),
        ("a..b=3", "write key=value, such as search.epochs=50 or search.models[0].lambda=[0,1]"),
        ("search.models[x]=3", "write key=value, such as search.epochs=50 or search.models[0].lambda=[0,1]"),
        (
            "search.epochs=[",
            "the value is not valid YAML (column 2): expected the node content, "
            "but found '<stream end>', while parsing a flow node",
        ),
        ("search.epochs=0", "search.epochs: 0 is not allowed: must be ≥ 1"),
        ("search.epochs=fifty", "search.epochs: fifty is not a whole number"),
        ("search.models[0].lambda=[0,-1]", "search.models[0].lambda[1]: -1 is not allowed: must be ≥ 0"),
        ("data={source: b.csv}", "data.target: required, but not given: the column to predict"),
        ("search.models={kind: linear}", "search.models: {kind: linear} is not a list: write [{kind: linear}]"),
    ],
)
def test_a_wrong_override_is_named_with_what_exists(override: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_from(DOCUMENT, [override])
    assert str(caught.value) == f"--set {override}: {message}"


def test_file_and_override_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("data: {source: a.csv, target: y}\nsearch:\n  epochs: 0\n  early_stopping: {patience: 0}\n")
    with pytest.raises(ConfigError) as caught:
        load_config(path, ["search.early_stopping.min_delta=-1", "split.seed=-1"])
    assert sorted(str(caught.value).splitlines()) == sorted(
        [
            f"{path}:3: search.epochs: 0 is not allowed: must be ≥ 1",
            f"{path}:4: search.early_stopping.patience: 0 is not allowed: must be ≥ 1",
            "--set search.early_stopping.min_delta=-1: search.early_stopping.min_delta: -1 is not allowed: must be ≥ 0",
            "--set split.seed=-1: split.seed: -1 is not allowed: must be ≥ 0",
        ]
    )


def test_an_override_of_a_file_that_is_no_mapping(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("- a\n")
    with pytest.raises(ConfigError, match="--set name=x: the configuration is a list of 1"):
        load_config(path, ["name=x"])


def test_the_place_behind_the_last_entry_takes_a_further_one() -> None:
    given = {"data": {"source": "a.csv", "target": "y"}, "search": {"models": [{"kind": "linear"}]}}
    config = config_from(given, overrides=["search.models[1]={kind: network, layers: [[16], [64, 32]]}"])
    assert config.search.models is not None
    assert [model.kind for model in config.search.models] == ["linear", "network"]
    with pytest.raises(ConfigError, match=r"has 1 entries"):
        config_from(given, overrides=["search.models[2]={kind: network, layers: [16]}"])
